"""The UI's own API, as the UI asks it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

Found = TypeVar("Found")

LAUNCH = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""

BACKFILL = """
query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill { status numPartitions error { message } }
    ... on BackfillNotFoundError { message }
  }
}
"""

RUNS = """
query ($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    ... on Runs { results {
      runId status tags { key value } stats { ... on RunStatsSnapshot { stepsFailed } } } }
  }
}
"""

ASSETS = """
query ($keys: [AssetKeyInput!]!) {
  assetNodes(assetKeys: $keys) {
    assetKey { path }
    partitionStats { numMaterialized numFailed numMaterializing }
    metadataEntries { ...entry }
    assetMaterializations(limit: 1) { metadataEntries { ...entry } }
    assetChecksOrError {
      ... on AssetChecks {
        checks { name executionForLatestMaterialization { status evaluation { success severity } } }
      }
    }
  }
}
fragment entry on MetadataEntry {
  label
  ... on IntMetadataEntry { intValue }
  ... on TableSchemaMetadataEntry { schema { columns { name type description } } }
}
"""

SCHEDULES = """
{ repositoriesOrError { ... on RepositoryConnection { nodes { schedules { scheduleState { id } } } } } }
"""

STOP = """
mutation ($id: String!) { stopRunningSchedule(id: $id) {
  __typename ... on ScheduleStateResult { scheduleState { status } } } }
"""

LOADED = """
{ workspaceOrError { ... on Workspace { locationEntries {
  name loadStatus locationOrLoadError { __typename ... on PythonError { message } } } } } }
"""


@dataclass(frozen=True)
class Ui:
    """A running webserver."""

    url: str

    def ask(self, query: str, **variables: Any) -> Any:
        """The one field of the answer's data."""
        answer = httpx.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60
        ).raise_for_status()
        body = answer.json()
        assert "errors" not in body, body["errors"]
        [found] = body["data"].values()
        return found

    def stop_schedules(self) -> None:
        """For a test that none may disturb when its hour comes."""
        [repository] = self.ask(SCHEDULES)["nodes"]
        for schedule in repository["schedules"]:
            stopped = self.ask(STOP, id=schedule["scheduleState"]["id"])
            assert stopped["scheduleState"]["status"] == "STOPPED", stopped

    def assets(self, *keys: str) -> dict[str, Mapping[str, Any]]:
        wanted = [{"path": key.split("/")} for key in keys]
        return {"/".join(n["assetKey"]["path"]): n for n in self.ask(ASSETS, keys=wanted)}


def await_(find: Callable[[], Found | None], what: str, seconds: float) -> Found:
    """What `find` finds, asked again and again; fails naming `what` when the time is up."""
    limit = time.monotonic() + seconds
    while (found := find()) is None:
        assert time.monotonic() < limit, f"{what}: not within {seconds:g} s"
        time.sleep(0.5)
    return found
