"""One small installation is filled for all tests; each works on a copy."""

from pathlib import Path

import pytest

from marketing_assets_tests.protection.people import Small, small


@pytest.fixture(scope="session")
def filled_small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return small(tmp_path_factory.mktemp("people") / "installation").fill()


@pytest.fixture
def house(filled_small: Small, tmp_path: Path) -> Small:
    return filled_small.copy_to(tmp_path / "installation")
