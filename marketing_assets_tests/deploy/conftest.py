"""The Postgres server that the tests of a deployment share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marketing_assets_tests.deploy.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running
