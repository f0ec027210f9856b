"""Running sandboxes for the platforms' clients."""

from collections.abc import Iterator
from datetime import date

import pytest

from marketing_assets.sandbox.server import Sandbox

AS_OF = date(2026, 11, 20)
SEED = 7


def _fast(running: Sandbox) -> Sandbox:
    running.world.settings.update(
        {
            "shopee_requests_per_second": 100_000,
            "shopee_burst": 100_000,
            "shopify_bucket": 1_000_000,
            "shopify_restore_per_second": 1_000_000,
        }
    )
    return running


@pytest.fixture(scope="session")
def shared() -> Iterator[Sandbox]:
    """For tests that only read."""
    with Sandbox(seed=SEED, as_of=AS_OF, port=0) as running:
        yield _fast(running)


@pytest.fixture
def sandbox(shared: Sandbox) -> Iterator[Sandbox]:
    """The shared sandbox with nothing in its request log; faults and settings are put back afterwards."""
    before = shared.world.settings.report()
    shared.world.visits.clear()
    yield shared
    shared.world.faults.clear()
    shared.world.book.clear()
    for store in shared.world.storefronts.values():
        store.forget()
    shared.world.settings.update(before)
