"""A house with a filled mart."""

from __future__ import annotations

from pathlib import Path

import pytest

from marketing_assets_tests.alerts import mart
from marketing_assets_tests.alerts.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    mart.fill(made.settings)
    return made
