"""A month of one tenant, launched, watched and read as the UI does it: real webserver, real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.daemon.services import Dagster
from marketing_assets_tests.installation import WORLD_DAY, Installation, build, processes_of
from marketing_assets_tests.ui.graphql import BACKFILL, LAUNCH, LOADED, RUNS, Ui, await_

pytestmark = [pytest.mark.xdist_group("ui"), pytest.mark.timeout(900)]

MONTH = DayRange(WORLD_DAY - 29 * ONE_DAY, WORLD_DAY)
SNAPSHOTS = {
    "shopee_products",
    "shopee_shops",
    "meta_ads_campaigns",
    "meta_ads_adsets",
    "meta_ads_ads",
    "meta_ads_accounts",
    "google_ads_campaigns",
    "google_ads_campaign_budgets",
    "google_ads_conversion_actions",
    "google_ads_accounts",
}


@dataclass(frozen=True)
class Served:
    installation: Installation
    ui: Ui


@pytest.fixture(scope="module")
def served(
    running_sandbox: Sandbox, parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Code server, webserver and daemon with the shipped `dagster.yaml`, in a home of their own."""
    at = build(tmp_path_factory.mktemp("ui"), running_sandbox, parsed)
    with Dagster(at) as dagster:
        dagster.webserver.start()
        ui = Ui(dagster.url)
        ui.stop_schedules()
        dagster.daemon.start()
        yield Served(at, ui)
    assert processes_of(at.home) == {}


@pytest.fixture(scope="module")
def run(served: Served) -> dict[str, Any]:
    """The run that a backfill of the month over all of siam's assets became."""
    definitions = served.installation.definitions()
    keys = [k.path for k in definitions.resolve_asset_graph().get_all_asset_keys() if k.path[0] == "siam"]
    params = {
        "assetSelection": [{"path": path} for path in keys],
        "partitionNames": [str(day) for day in MONTH],
        "title": "a month of siam",
    }
    launched = served.ui.ask(LAUNCH, params=params)
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    backfill = launched["backfillId"]

    def ended() -> dict[str, Any] | None:
        found = served.ui.ask(BACKFILL, id=backfill)
        assert found["status"] in {"REQUESTED", "COMPLETED_SUCCESS", "COMPLETED"}, found
        return found if found["status"].startswith("COMPLETED") else None

    assert await_(ended, "the backfill's end", 600)["numPartitions"] == len(MONTH)
    runs = served.ui.ask(RUNS, filter={"tags": [{"key": "dagster/backfill", "value": backfill}]})["results"]
    [only] = runs
    return dict(only)


def test_the_location_loads_without_an_error(served: Served) -> None:
    [location] = served.ui.ask(LOADED)["locationEntries"]
    assert location["loadStatus"] == "LOADED"
    assert location["locationOrLoadError"]["__typename"] == "RepositoryLocation", location


def test_the_whole_month_is_one_run(run: dict[str, Any]) -> None:
    assert (run["status"], run["stats"]["stepsFailed"]) == ("SUCCESS", 0)
    tags = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert tags["dagster/asset_partition_range_start"] == str(MONTH.first)
    assert tags["dagster/asset_partition_range_end"] == str(MONTH.last)


@pytest.mark.parametrize(
    ("layer", "table", "day_column"),
    [
        ("raw", "shopee_orders", "day"),
        ("raw", "shopee_escrow", "day"),
        ("raw", "meta_ads_insights", "day"),
        ("raw", "ecb_fx_rates", "day"),
        ("staging", "orders", "order_date"),
        ("staging", "ads_performance", "date"),
        ("staging", "fx_rates", "day"),
        ("mart", "daily_performance", "date"),
        ("mart", "shop_performance", "date"),
        ("mart", "campaign_performance", "date"),
    ],
)
def test_every_day_has_rows_in_every_layer(
    served: Served, run: dict[str, Any], layer: str, table: str, day_column: str
) -> None:
    rows = served.installation.warehouse().count_by_day(layer, table, MONTH, day_column)
    assert [day for day, count in rows.items() if count == 0] == []


def test_the_marts_add_up_to_what_the_platforms_sent(served: Served, run: dict[str, Any]) -> None:
    warehouse = served.installation.warehouse()
    bounds: dict[str, date] = {"first": MONTH.first, "last": MONTH.last}
    [(orders, revenue, spend)] = warehouse.query(
        "select sum(total_orders), sum(total_revenue), sum(total_ad_spend) from mart.daily_performance "
        "where date between $first and $last",
        bounds,
    ).rows()
    truth = served.installation.sandbox.control_url
    told = _truth(truth)
    assert orders == sum(row["orders"] or 0 for row in told)
    assert f"{revenue:.2f}" == f"{sum(float(row['revenue'] or 0) for row in told):.2f}"
    assert f"{spend:.2f}" == f"{sum(float(row['spend'] or 0) for row in told):.2f}"


def _truth(control: str) -> list[dict[str, Any]]:
    import httpx

    query = {"tenant": "siam", "from": str(MONTH.first), "to": str(MONTH.last)}
    return list(httpx.get(f"{control}/_world/truth", params=query, timeout=60).raise_for_status().json())


def test_the_ui_shows_partitions_rows_columns_and_checks(served: Served, run: dict[str, Any]) -> None:
    tables = {"raw": "shopee_orders", "staging": "orders", "mart": "daily_performance"}
    keys = [f"siam/{layer}/{table}" for layer, table in tables.items()]
    for key, node in served.ui.assets(*keys).items():
        assert node["partitionStats"] == {
            "numMaterialized": len(MONTH),
            "numFailed": 0,
            "numMaterializing": 0,
        }, key
        [event] = node["assetMaterializations"]
        shown = {e["label"]: e for e in [*node["metadataEntries"], *event["metadataEntries"]]}
        _, layer, table = key.split("/")
        rows = sum(served.installation.warehouse().count_by_day(layer, table, MONTH).values())
        assert shown["dagster/row_count"]["intValue"] == rows, key
        columns = shown["dagster/column_schema"]["schema"]["columns"]
        assert columns and all(c["type"] and c["description"] for c in columns), key


def test_every_check_of_the_tenant_ran_and_passed(served: Served, run: dict[str, Any]) -> None:
    keys = [
        key.to_user_string()
        for key in served.installation.definitions().resolve_asset_graph().get_all_asset_keys()
    ]
    own = [key for key in keys if key.startswith("siam/") and key.split("/")[2] not in SNAPSHOTS]
    verdicts = {
        f"{key}:{check['name']}": check["executionForLatestMaterialization"]
        for key, node in served.ui.assets(*own).items()
        for check in node["assetChecksOrError"]["checks"]
    }
    assert len(verdicts) > 50
    assert {n for n, v in verdicts.items() if v is None} == set()
    failed = {
        name: v
        for name, v in verdicts.items()
        if v["status"] != "SUCCEEDED" and (v["evaluation"] or {}).get("severity") != "WARN"
    }
    assert failed == {}


def test_the_other_tenant_was_not_touched(served: Served, run: dict[str, Any]) -> None:
    [node] = served.ui.assets("northwind/raw/shopee_orders").values()
    assert node["partitionStats"]["numMaterialized"] == 0
    assert not served.installation.warehouse("northwind").path.exists()
