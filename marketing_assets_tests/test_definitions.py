"""What Dagster loads: the snapshot of it, and what a tenant file more, less or broken changes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from marketing_assets.settings import Settings
from marketing_assets_tests.installation import shipped, write_tenant
from marketing_assets_tests.snapshots.definitions import FILE, described

pytestmark = pytest.mark.xdist_group("definitions")

Build = Callable[..., dg.Definitions]


@pytest.fixture(scope="module")
def build(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Definitions of a folder of tenant files given by name; None takes the shipped file."""

    def made(files: dict[str, Any], **settings: Any) -> dg.Definitions:
        folder = tmp_path_factory.mktemp("tenants")
        home = tmp_path_factory.mktemp("home")
        (home / "dbt").mkdir()
        (home / "dbt" / "parsed").symlink_to(parsed)
        for name, content in files.items():
            write_tenant(folder, name, shipped(name) if content is None else content)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MARKETING_HOME", str(home))
            patch.setenv("MARKETING_TENANTS_DIR", str(folder))
            from marketing_assets.code_location import build_definitions

            return build_definitions(Settings(home=home, tenants_dir=folder, **settings))

    return made


SHIPPED: dict[str, Any] = {"northwind": None, "siam": None}
ACME = shipped("siam", id="acme", display_name="Acme", time_zone="Europe/Berlin", start_date="2026-02-01")
for _connection in ACME["connections"]:
    _connection["secrets"] = {name: {"file": f"acme/{name}"} for name in _connection.get("secrets", {})}


@pytest.fixture(scope="module")
def definitions(build: Build) -> dg.Definitions:
    return build(SHIPPED)


@pytest.fixture(scope="module")
def now_described(definitions: dg.Definitions) -> dict[str, Any]:
    return described(definitions)


def test_the_definitions_are_those_of_the_snapshot(now_described: dict[str, Any]) -> None:
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    for part, found in now_described.items():
        assert found == kept[part], (
            f"{part} changed; if that is meant: python -m marketing_assets_tests.snapshots"
        )
    assert now_described.keys() == kept.keys()


def test_a_scheduled_run_takes_along_the_checks_that_have_no_job_of_their_own(
    definitions: dg.Definitions, tmp_path: Path
) -> None:
    schedule = definitions.resolve_schedule_def("siam_products_daily")
    at, repository = datetime(2026, 11, 12, 23, 0, tzinfo=UTC), definitions.get_repository_def()
    with (
        dg.DagsterInstance.local_temp(str(tmp_path)) as instance,
        dg.build_schedule_context(instance, at, repository_def=repository) as context,
    ):
        [request] = schedule.evaluate_tick(context).run_requests or []
    assets, checks = set(request.asset_selection or []), set(request.asset_check_keys or [])
    job = definitions.resolve_job_def("siam_refresh")
    assert checks == {k for k in job.asset_layer.asset_graph.asset_check_keys if k.asset_key in assets}
    assert {"contract", "dead_letters"} <= {k.name for k in checks}
    run = job.get_subset(asset_selection=assets, asset_check_selection=checks)
    assert "siam_checks_freshness" not in {node.name for node in run.nodes}


def _of_tenant(found: dict[str, Any], tenant: str) -> dict[str, Any]:
    """The part of a description that is a tenant's own."""

    def own(name: str) -> bool:
        return name.startswith((f"{tenant}/", f"{tenant}_"))

    return {
        part: [n for n in names if own(n)]
        if isinstance(names, list)
        else {n: v for n, v in names.items() if own(n)}
        for part, names in found.items()
    }


def _without_the_locations_own(found: dict[str, Any]) -> dict[str, Any]:
    """Without the sensors that a code location has once, whatever its tenants."""
    for name in ("tenants", "dead_runs"):
        found["sensors"].pop(name)
    return found


def test_a_tenant_file_more_adds_that_tenant_and_changes_nothing_else(
    build: Build, now_described: dict[str, Any]
) -> None:
    more = described(build({**SHIPPED, "acme": ACME}))
    assert _of_tenant(more, "siam") == _of_tenant(now_described, "siam")
    assert _of_tenant(more, "northwind") == _of_tenant(now_described, "northwind")
    acme = _of_tenant(more, "acme")
    assert {part: len(names) for part, names in more.items()} == {
        part: len(names) + len(acme[part]) for part, names in now_described.items()
    }
    siam = _of_tenant(now_described, "siam")
    assert [n.replace("acme", "siam", 1) for n in acme["assets"]] == list(siam["assets"])
    assert acme["jobs"] == [
        "acme_alert_history",
        "acme_digest",
        "acme_expire",
        "acme_freshness",
        "acme_refresh",
    ]
    crons = {
        "digest": ("15 7 * * *", "digest"),
        "refresh_every_6_hours": ("0 */6 * * *", "refresh"),
        "products_daily": ("0 6 * * *", "refresh"),
        "restatement_nightly": ("30 3 * * *", "refresh"),
        "intelligence_daily": ("0 7 * * *", "refresh"),
        "retention": ("40 3 * * *", "expire"),
    }
    assert acme["schedules"] == {
        f"acme_{name}": {"cron": cron, "time_zone": "Europe/Berlin", "job": f"acme_{job}"}
        for name, (cron, job) in crons.items()
    }
    assert acme["sensors"].keys() == {
        "acme_alert_delivery",
        "acme_alerts_on_cancel",
        "acme_alerts_on_failure",
        "acme_alerts_on_success",
        "acme_automation",
        "acme_changed_orders",
        "acme_cost_files",
        "acme_freshness",
        "acme_webhooks",
    }
    assert {v.split(" | ")[2] for v in acme["assets"].values()} == {
        "0 0 * * * Europe/Berlin from 2026-02-01, offset 1"
    }


def test_a_tenants_own_hours_and_its_history_are_data_of_its_file(build: Build) -> None:
    hours = {"refresh": "at_6_14_22", "products": "05:15"}
    found = described(build({"acme": {**ACME, "schedules": hours, "backfill": True}}))
    crons = {name: told["cron"] for name, told in found["schedules"].items()}
    assert crons == {
        "acme_refresh_at_6_14_22": "0 6,14,22 * * *",
        "acme_products_daily": "15 5 * * *",
        "acme_restatement_nightly": "30 3 * * *",
        "acme_intelligence_daily": "0 7 * * *",
        "acme_digest": "15 7 * * *",
        "acme_retention": "40 3 * * *",
    }
    assert found["sensors"]["acme_history"] == "acme_refresh"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id: [broken", "is no valid YAML"),
        (
            {**shipped("siam"), "id": "acme", "time_zone": "Bangkok"},
            "`time_zone`: 'Bangkok' is no IANA time zone",
        ),
        ({**ACME, "connections": [{"platform": "shoppe", "account_id": 1}]}, "there is no platform 'shoppe'"),
    ],
    ids=["no YAML", "wrong value", "unknown platform"],
)
def test_a_broken_tenant_file_shows_as_an_asset_and_leaves_the_others_whole(
    build: Build, now_described: dict[str, Any], content: Any, said: str
) -> None:
    found = build({"siam": None, "acme": content})
    broken = dg.AssetKey(["tenants_not_loaded", "acme"])
    assert said in (found.resolve_asset_graph().get(broken).description or "")
    rest = _without_the_locations_own(described(found))
    rest["assets"].pop("tenants_not_loaded/acme")
    assert rest == _of_tenant(now_described, "siam")


def test_a_folder_without_tenants_loads_and_says_so(build: Build) -> None:
    graph = build({}).resolve_asset_graph()
    [key] = graph.get_all_asset_keys()
    assert key.path[0] == "tenants_not_loaded"
    assert "holds no tenant file; add one" in (graph.get(key).description or "")


@pytest.mark.parametrize("wanted", ["siam", " siam ,"])
def test_a_location_serves_the_tenants_it_is_told_and_no_other(
    build: Build, now_described: dict[str, Any], wanted: str
) -> None:
    found = described(build({**SHIPPED, "acme": "id: [broken"}, tenants=wanted))
    assert _without_the_locations_own(found) == _of_tenant(now_described, "siam")


def test_a_location_that_is_told_an_unknown_tenant_says_so(build: Build) -> None:
    graph = build(SHIPPED, tenants="simon").resolve_asset_graph()
    [key] = graph.get_all_asset_keys()
    assert key.to_user_string() == "tenants_not_loaded/simon"
    assert "MARKETING_TENANTS" in (graph.get(key).description or "")


def test_every_asset_says_whose_it_is_and_what_it_holds(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        tenant, layer, _ = key.path
        name = key.to_user_string()
        assert node.owners == [f"team:{tenant}"], name
        assert node.kinds and node.description, name
        zone = {"siam": "Asia/Bangkok", "northwind": "America/New_York"}[tenant]
        assert layer == "ops" or f"One partition is one day in {zone}." in node.description, name
        assert node.group_name == f"{tenant}_{layer}", name
        assert (node.tags["tenant"], node.tags["layer"]) == (tenant, layer), name
        assert node.backfill_policy == dg.BackfillPolicy.single_run(), name
        assert node.is_executable, name


def test_whatever_runs_by_itself_and_every_check_says_what_it_is_for(definitions: dg.Definitions) -> None:
    found = definitions.get_repository_def()
    told = {o.name: o.description for o in (*found.schedule_defs, *found.sensor_defs, *found.get_all_jobs())}
    told |= {str(s.key): s.description for a in found.asset_graph.assets_defs for s in a.check_specs}
    assert [name for name, text in told.items() if not text and not name.startswith("__")] == []


def test_raw_tables_and_marts_show_their_columns_before_any_run(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    shown = [k for k in graph.get_all_asset_keys() if k.path[1] in {"raw", "mart"}]
    assert len(shown) == 2 * (26 + 12) + 4  # northwind has a Shopify shop too
    for key in shown:
        schema = graph.get(key).metadata["dagster/column_schema"]
        assert isinstance(schema, dg.TableSchema)
        assert schema.columns and all(c.description for c in schema.columns), key.to_user_string()


def test_nothing_of_one_tenant_is_upstream_of_another(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        assert {p.path[0] for p in graph.get(key).parent_keys} <= {key.path[0]}


@pytest.mark.parametrize(
    ("instant", "siam", "northwind"),
    [
        # 16:59 UTC is still the day in Bangkok, 17:00 the next; New York follows 4 or 5 hours after UTC.
        (datetime(2026, 7, 1, 16, 59, tzinfo=UTC), "2026-07-01", "2026-07-01"),
        (datetime(2026, 7, 1, 17, 0, tzinfo=UTC), "2026-07-02", "2026-07-01"),
        (datetime(2026, 7, 2, 3, 59, tzinfo=UTC), "2026-07-02", "2026-07-01"),
        (datetime(2026, 7, 2, 4, 0, tzinfo=UTC), "2026-07-02", "2026-07-02"),
    ],
)
def test_partitions_end_with_today_in_the_tenants_own_zone(
    definitions: dg.Definitions, instant: datetime, siam: str, northwind: str
) -> None:
    graph = definitions.resolve_asset_graph()
    for tenant, today in {"siam": siam, "northwind": northwind}.items():
        partitions = graph.get(dg.AssetKey([tenant, "raw", "shopee_orders"])).partitions_def
        assert partitions is not None
        assert partitions.get_partition_keys(current_time=instant)[-1] == today


def test_today_is_a_partition_now(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for tenant, zone in {"siam": "Asia/Bangkok", "northwind": "America/New_York"}.items():
        partitions = graph.get(dg.AssetKey([tenant, "mart", "daily_performance"])).partitions_def
        assert partitions is not None
        before, last, after = (
            datetime.now(ZoneInfo(zone)).date().isoformat(),
            partitions.get_last_partition_key(),
            datetime.now(ZoneInfo(zone)).date().isoformat(),
        )
        assert last in {before, after}


def test_no_two_assets_have_the_same_table(build: Build) -> None:
    """Dagster links assets of one table name, and so would show a tenant's table beside another's."""
    graph = build(SHIPPED).resolve_asset_graph()
    names = Counter(
        node.metadata["dagster/table_name"]
        for node in graph.asset_nodes
        if "dagster/table_name" in node.metadata
    )
    assert len(names) >= 60
    assert [name for name, times in names.items() if times > 1] == []


def test_a_raw_day_by_hand_is_followed_by_its_models_and_no_others(definitions: dg.Definitions) -> None:
    own = [k for k in definitions.resolve_asset_graph().get_all_asset_keys() if k.path[0] == "siam"]
    orders, day = dg.AssetKey(["siam", "raw", "shopee_orders"]), "2026-09-05"

    def look(cursor: Any) -> tuple[set[str], Any]:
        selection = dg.AssetSelection.key_prefixes(["siam"])
        found = dg.evaluate_automation_conditions(
            definitions, instance, asset_selection=selection, cursor=cursor
        )
        asked = {k.to_user_string() for k in own if found.get_requested_partitions(k) == {day}}
        assert found.total_requested == len(asked)
        return asked, found.cursor

    with dg.DagsterInstance.ephemeral() as instance:
        for key in own:
            instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=day))
        nothing, cursor = look(None)
        assert nothing == set()
        instance.report_runless_asset_event(dg.AssetMaterialization(orders, partition=day))
        followed, cursor = look(cursor)
        assert {"siam/staging/orders", "siam/mart/daily_performance", "siam/mart/customer_value"} <= followed
        assert not {"siam/staging/ads_performance", "siam/staging/fx_rates"} & followed
        assert not any("/raw/" in name for name in followed)
        assert look(cursor)[0] == set()
