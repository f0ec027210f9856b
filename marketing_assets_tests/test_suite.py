"""What the other tests rely on."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("suite")
def test_tests_of_one_group_run_on_one_worker(request: pytest.FixtureRequest) -> None:
    """Where tests are spread over workers, ids end with the group; else each worker would fill a house."""
    spread = hasattr(request.config, "workerinput")
    assert request.node.nodeid.endswith("@suite") == spread
