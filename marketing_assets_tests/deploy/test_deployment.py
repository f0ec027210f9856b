"""Dagster on Postgres as it is deployed: code server, queue, daemon, UI, and a reload without a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg2
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.deploy.postgres import DAGSTER, USER, Postgres
from marketing_assets_tests.deploy.running import Deployment, deployed
from marketing_assets_tests.installation import WORLD_DAY, build, range_tags, shipped, write_tenant

# Three services start, which takes a busy machine a while.
pytestmark = [pytest.mark.xdist_group("postgres"), pytest.mark.timeout(900)]

WITHIN_SECONDS = 400
LOCATION = {"repositoryLocationName": "marketing_assets", "repositoryName": "__repository__"}

LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
RUN = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
RELOAD = """
mutation ($name: String!) {
  reloadRepositoryLocation(repositoryLocationName: $name) {
    __typename
    ... on PythonError { message }
  }
}
"""
ASSETS = "{ assetNodes { assetKey { path } } }"
HEALTH = "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }"


@pytest.fixture(scope="module")
def deployment(
    server: Postgres, running_sandbox: Sandbox, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    installation = build(tmp_path_factory.mktemp("deployed"), running_sandbox, parsed)
    (installation.tenants / "northwind.yaml").unlink()
    # Fewer assets load sooner, and five processes load them.
    siam = shipped("siam", running_sandbox)
    rates = [c for c in siam["connections"] if c["platform"] == "ecb"]
    write_tenant(installation.tenants, "siam", siam | {"connections": rates})
    with deployed(installation, server, tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture
def stored(server: Postgres) -> Iterator[Any]:
    """Rows of Dagster's database, read past Dagster."""
    connection = psycopg2.connect(
        host="127.0.0.1", port=server.port, user=USER, password=server.password, dbname=DAGSTER
    )
    connection.autocommit = True

    def read(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    yield read
    connection.close()


def _wait(is_so: Any, what: str) -> Any:
    give_up = time.monotonic() + WITHIN_SECONDS
    while not (found := is_so()):
        assert time.monotonic() < give_up, what
        time.sleep(0.5)
    return found


def _keys(deployment: Deployment) -> set[dg.AssetKey]:
    return {dg.AssetKey(node["assetKey"]["path"]) for node in deployment.ask(ASSETS)["assetNodes"]}


def test_a_run_goes_through_the_queue_and_all_of_it_is_in_postgres(
    deployment: Deployment, stored: Any
) -> None:
    asset = ["siam", "raw", "ecb_fx_rates"]
    tags = {**range_tags(DayRange(WORLD_DAY, WORLD_DAY)), "tenant": "siam"}
    launched = deployment.ask(
        LAUNCH,
        params={
            "selector": {**LOCATION, "pipelineName": "siam_refresh", "assetSelection": [{"path": asset}]},
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
        },
    )["launchPipelineExecution"]
    run = launched["run"]["runId"]
    ended = _wait(
        lambda: (s := deployment.ask(RUN, id=run)["runOrError"]["status"]) in {"SUCCESS", "FAILURE"} and s,
        "the run did not end",
    )
    assert ended == "SUCCESS"
    assert stored(f"select status from runs where run_id = '{run}'") == [("SUCCESS",)]
    kinds = [k for (k,) in stored(f"select dagster_event_type from event_logs where run_id = '{run}'")]
    assert {"PIPELINE_ENQUEUED", "PIPELINE_STARTING", "ASSET_MATERIALIZATION"} <= set(kinds)
    assert deployment.installation.warehouse().count_by_day(
        "raw", "ecb_fx_rates", DayRange(WORLD_DAY, WORLD_DAY)
    )[WORLD_DAY]


def test_schedules_sensors_and_daemons_keep_their_state_in_postgres(
    deployment: Deployment, stored: Any
) -> None:
    ticks = _wait(
        lambda: stored("select status from job_ticks where type = 'SENSOR' and status <> 'STARTED'"),
        "no sensor ticked",
    )
    assert {status for (status,) in ticks} <= {"SKIPPED", "SUCCESS"}
    instigators = " ".join(body for (body,) in stored("select instigator_body from instigators"))
    assert "siam_cost_files" in instigators
    assert "siam_refresh_every_6_hours" in instigators
    _wait(
        lambda: all(
            d["healthy"]
            for d in deployment.ask(HEALTH)["instance"]["daemonHealth"]["allDaemonStatuses"]
            if d["required"]
        ),
        "a daemon is not well",
    )
    assert stored("select count(*) from daemon_heartbeats")[0][0] >= 4


def test_a_new_tenant_is_there_after_a_reload_without_a_restart(
    deployment: Deployment, record_property: Any
) -> None:
    tenants = deployment.installation.tenants
    acme = shipped("siam", deployment.installation.sandbox, id="acme", display_name="Acme")
    for connection in acme["connections"]:
        connection["secrets"] = {name: {"file": f"acme/{name}"} for name in connection.get("secrets", {})}
    before = _keys(deployment)
    write_tenant(tenants, "acme", acme)
    start = time.monotonic()
    answer = deployment.ask(RELOAD, name="marketing_assets")["reloadRepositoryLocation"]
    assert answer["__typename"] == "WorkspaceLocationEntry", answer
    new = _keys(deployment) - before
    seconds = time.monotonic() - start
    print(f"reload with a new tenant: {seconds:.1f} s")
    record_property("reload_seconds", round(seconds, 1))
    assert {key.path[0] for key in new} == {"acme"}
    assert dg.AssetKey(["acme", "mart", "daily_performance"]) in new


def test_the_password_is_in_no_log(deployment: Deployment, server: Postgres) -> None:
    logs = {path.name: path.read_text() for path in deployment.folder.glob("*.log")}
    assert logs.keys() == {"code.log", "webserver.log", "daemon.log"}
    assert "Started Dagster code server" in logs["code.log"]
    assert server.password not in "".join(logs.values())
