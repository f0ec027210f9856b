"""Houses that several tests share: filling one costs more than all that is asked of it.

The worlds play in autumn 2026, over the end of New York's summer time. Both tenants start when their history
here starts, so that a late change of an older order does not fill days that no test looks at.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from marketing_assets.commands.demo.connect import connect
from marketing_assets.partitions import DayRange
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.e2e.forgetful import forgetful_instance
from marketing_assets_tests.e2e.house import House, open_house
from marketing_assets_tests.installation import SEED, shipped, write_tenant

FILLED_AT = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
"""Thursday before noon in Bangkok, Wednesday before midnight in New York."""

MOVED_TO = datetime(2026, 11, 15, 16, 30, tzinfo=UTC)

START = date(2026, 9, 28)
DAYS = {"siam": DayRange(START, date(2026, 11, 12)), "northwind": DayRange(START, date(2026, 11, 11))}
TENANTS = sorted(DAYS)


def _begin_at(house_tenants: Path, sandbox: Sandbox, start: date) -> None:
    for name in TENANTS:
        write_tenant(house_tenants, name, shipped(name, sandbox, start_date=start.isoformat()))


@pytest.fixture(scope="session")
def filled_house(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Both tenants, filled as of `FILLED_AT`. Tests only read in it."""
    house = open_house(
        tmp_path_factory.mktemp("filled_house"),
        parsed,
        FILLED_AT,
        SEED,
        instance=forgetful_instance(),
        start_date=f"{START}",
    )
    with house.sandbox:
        for name, days in DAYS.items():
            run = house.run(name, days)
            assert run.success, run.complaint
            assert run.failed_checks() == {}
        yield house


@pytest.fixture(scope="session")
def moved_house(filled_house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The filled house in a world of its own, which a test may move on."""
    folder = tmp_path_factory.mktemp("moved_house")
    shutil.rmtree(folder)
    installation = filled_house.installation.copy_to(folder)
    with Sandbox(SEED, FILLED_AT, port=0) as sandbox:
        sandbox.world.settings.update(filled_house.sandbox.world.settings.report())
        _begin_at(installation.tenants, sandbox, START)
        yield House(replace(installation, sandbox=sandbox), forgetful_instance())


@pytest.fixture(scope="session")
def small_house(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which nothing is filled."""
    house = open_house(tmp_path_factory.mktemp("small_house"), parsed, FILLED_AT, SEED)
    with house.sandbox:
        yield house


@pytest.fixture
def house(small_house: House) -> Iterator[House]:
    """The small house for one test: each takes days of its own; what it turned in the world is put back."""
    before, settings = small_house.sandbox.world.settings.report(), small_house.installation.settings
    secrets = {path: path.read_bytes() for path in settings.secrets_dir.rglob("*") if path.is_file()}
    yield small_house
    world = small_house.sandbox.world
    world.faults.clear()
    world.book.clear()
    world.settings.update(before)
    world.clock.set_as_of(FILLED_AT)
    world.clock.offset_seconds = 0
    for path, content in secrets.items():
        path.write_bytes(content)
    # Tokens that the test renewed are the only ones that live on; the former ones die some minutes later.
    for path in settings.tokens_dir.rglob("*.token"):
        path.unlink()
    connect(settings, small_house.sandbox.control_url)
