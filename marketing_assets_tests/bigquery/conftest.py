"""The servers that these tests share. Mark a module with `pytest.mark.xdist_group("bigquery")`: then one
worker starts them once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import bigquery

from marketing_assets.settings import Settings
from marketing_assets_tests.bigquery.local import LocalBigQuery
from marketing_assets_tests.bigquery.storage import LocalStorage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The comparison of engines first: its tenants are the longest work, and each takes a worker."""
    items.sort(key=lambda item: "test_parity" not in item.nodeid)


@pytest.fixture(scope="session")
def storage_server() -> Iterator[LocalStorage]:
    server = LocalStorage()
    yield server
    server.stop()


@pytest.fixture
def gcs(storage_server: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> LocalStorage:
    """The server of `gs://` objects, which Google's clients and fsspec then find by themselves."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_server.endpoint)
    return storage_server


@pytest.fixture(scope="session")
def bigquery_server(storage_server: LocalStorage) -> Iterator[LocalBigQuery]:
    server = LocalBigQuery(storage_server.endpoint)
    yield server
    server.stop()


@pytest.fixture(name="bigquery")
def well_behaved(bigquery_server: LocalBigQuery) -> Iterator[LocalBigQuery]:
    """The local BigQuery server, running and without a fault that a former test has ordered."""
    if not bigquery_server.running:
        bigquery_server.restart()
    bigquery_server.behave()
    yield bigquery_server


@pytest.fixture
def client(bigquery: LocalBigQuery) -> Iterator[bigquery.Client]:
    """Google's client, in a project of the test's own."""
    with bigquery.client(f"test-{uuid.uuid4().hex[:8]}") as found:
        yield found


@pytest.fixture
def settings(bigquery: LocalBigQuery, home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an installation on the local server, in a project of the test's own."""
    for name, value in {
        "WAREHOUSE": "bigquery",
        "BIGQUERY_PROJECT": f"test-{uuid.uuid4().hex[:8]}",
        "BIGQUERY_LOCATION": "EU",
        "BIGQUERY_ENDPOINT": bigquery.endpoint,
    }.items():
        monkeypatch.setenv(f"MARKETING_{name}", value)
    return Settings()
