"""What every test shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from marketing_assets import redaction
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.installation import (
    FILLED,
    SEED,
    UNTHROTTLED,
    WORLD_DAY,
    Installation,
    build,
    range_tags,
    run_job,
)

# Machines differ in speed; a test fails for what it finds, never for how long it looked.
hypothesis.settings.register_profile(
    "project", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], max_examples=60
)
hypothesis.settings.load_profile("project")

# Runs in this process make as many objects as those in their own (marketing_assets/collector.py).
gc.set_threshold(50_000, 20, 50)

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def secrets_of_the_test() -> Iterator[None]:
    """What a test makes known as secret is not masked in another: some of their secrets are plain words."""
    known = set(redaction._known)
    yield
    redaction._known.intersection_update(known)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty MARKETING_HOME of its own, with the shipped tenants."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MARKETING_HOME", str(folder))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(REPOSITORY / "tenants"))
    yield folder


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dbt project is parsed once for all installations."""
    return tmp_path_factory.mktemp("parsed")


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """The sandbox of all installations; a test that turns something puts it back."""
    with Sandbox(seed=SEED, as_of=WORLD_DAY, port=0) as running:
        running.world.settings.update(UNTHROTTLED)
        yield running


@pytest.fixture(scope="session")
def filled(running_sandbox: Sandbox, parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation whose tenant siam is filled for five days. Tests that write work on a copy of it."""
    made = build(tmp_path_factory.mktemp("filled"), running_sandbox, parsed)
    result = run_job(made, made.definitions(), range_tags(FILLED))
    assert result.success
    return made


@pytest.fixture
def installation(filled: Installation, tmp_path: Path) -> Iterator[Installation]:
    """The filled installation, to write in. Faults, the clock and hand-made orders are put back."""
    yield filled.copy_to(tmp_path)
    world = filled.sandbox.world
    world.faults.clear()
    world.book.clear()
    world.clock.set_as_of(WORLD_DAY)


@pytest.fixture
def empty(running_sandbox: Sandbox, parsed: Path, tmp_path: Path) -> Installation:
    """An installation in which nothing has run yet."""
    return build(tmp_path, running_sandbox, parsed)
