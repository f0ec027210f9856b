"""What every test shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Machines differ in speed; a test fails for what it finds, never for how long it looked.
hypothesis.settings.register_profile(
    "project", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], max_examples=60
)
hypothesis.settings.load_profile("project")

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty MARKETING_HOME of its own, with the shipped tenants."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MARKETING_HOME", str(folder))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(REPOSITORY / "tenants"))
    yield folder
