"""Freshness from Dagster's own records: what counts as loaded, when the sensor asks, what the job says."""

# Dagster reads the annotations of assets, so they are not left as text.
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from marketing_assets.automation.checks.freshness import (
    Expected,
    expectations,
    freshness_checks,
    freshness_job,
    freshness_sensor,
    judge,
    last_loaded,
)
from marketing_assets.automation.schedules import refresh_job
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import ONE_DAY, local_day, partitions_definition
from marketing_assets.rules import Freshness
from marketing_assets.verdicts import State
from marketing_assets_tests.automation.checks.small import PLATFORMS_OF, TENANT

ORDERS, ADS = (raw_asset_key(TENANT, name) for name in ("shopee_orders", "meta_ads_insights"))
PRODUCTS = raw_asset_key(TENANT, "shopee_products")
TODAY = local_day(now_utc(), TENANT.zone)
EXPECTED = [e for e in expectations(TENANT, PLATFORMS_OF, []) if e.key in (ORDERS, ADS, PRODUCTS)]
PARTITIONS = partitions_definition(TENANT.start_date, TENANT.time_zone)
HOUR = timedelta(hours=1)


@dg.asset(key=ORDERS, partitions_def=PARTITIONS)
def orders() -> None: ...


@dg.asset(key=ADS, partitions_def=PARTITIONS)
def ads() -> None: ...


@dg.asset(key=PRODUCTS, partitions_def=PARTITIONS)
def products() -> None: ...


@pytest.fixture
def defs() -> dg.Definitions:
    checks = freshness_checks(TENANT, EXPECTED)
    job = freshness_job(TENANT, checks)
    return dg.Definitions(
        assets=[orders, ads, products],
        asset_checks=[checks],
        jobs=[job, refresh_job(TENANT, apart=[checks])],
        sensors=[freshness_sensor(TENANT, EXPECTED, job)],
    )


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def load(instance: dg.DagsterInstance, *keys: dg.AssetKey, days_ago: int = 0, **metadata: Any) -> None:
    for key in keys or (ORDERS, ADS, PRODUCTS):
        day = f"{TODAY - days_ago * ONE_DAY}"
        instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=day, metadata=metadata))


def later(monkeypatch: pytest.MonkeyPatch, hours: float) -> datetime:
    """The clock of the checks goes ahead."""
    moment = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr("marketing_assets.automation.checks.freshness.now_utc", lambda: moment)
    return moment


def tick(defs: dg.Definitions, instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    sensor = defs.resolve_sensor_def(f"{TENANT.id}_freshness")
    context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
    found = sensor(context)
    assert isinstance(found, dg.SensorResult)
    return found


def run(defs: dg.Definitions, instance: dg.DagsterInstance) -> dict[str, dg.AssetCheckEvaluation]:
    result = defs.resolve_job_def(f"{TENANT.id}_freshness").execute_in_process(instance=instance)
    return {e.asset_key.path[-1]: e for e in result.get_asset_check_evaluations()}


@pytest.mark.parametrize(
    ("key", "hours", "state"),
    [
        (ORDERS, 11.9, State.PASSED),
        (ORDERS, 12.1, State.FAILED),
        (ADS, 12.1, State.FAILED),
        (PRODUCTS, 29, State.PASSED),
        (PRODUCTS, 31, State.FAILED),
    ],
)
def test_each_kind_of_table_has_its_own_age(key: dg.AssetKey, hours: float, state: State) -> None:
    [expected] = [e for e in EXPECTED if e.key == key]
    now = now_utc()
    found = judge(expected, now - timedelta(hours=hours), now - 99 * HOUR, now, Freshness())
    assert found.state is state
    if state is State.FAILED:
        assert found.severity is dg.AssetCheckSeverity.ERROR and found.next_step


def test_a_tenant_may_expect_more_or_less_and_a_new_one_is_not_late() -> None:
    orders_expected = Expected(ORDERS, 12 * HOUR)
    now = now_utc()
    strict = Freshness.model_validate({"hours": {"raw/shopee_orders": 2}})
    assert judge(orders_expected, now - 3 * HOUR, now - 99 * HOUR, now, strict).state is State.FAILED
    assert judge(orders_expected, None, None, now, strict).state is State.UNKNOWN
    assert judge(orders_expected, None, now - HOUR, now, strict).state is State.UNKNOWN
    assert judge(orders_expected, None, now - 3 * HOUR, now, strict).state is State.FAILED


def test_old_days_and_skipped_tables_are_no_news(instance: dg.DagsterInstance) -> None:
    now = now_utc()
    assert last_loaded(instance, ORDERS, now, TENANT) is None
    load(instance, ORDERS, days_ago=30)
    assert last_loaded(instance, ORDERS, now, TENANT) is None
    load(instance, ORDERS, days_ago=1)
    first = last_loaded(instance, ORDERS, now, TENANT)
    assert first is not None
    load(instance, ORDERS, skipped="none of these days had a changed record")
    assert last_loaded(instance, ORDERS, now, TENANT) == first
    load(instance, ORDERS)
    newest = last_loaded(instance, ORDERS, now, TENANT)
    assert newest is not None and newest > first


def test_stale_data_are_noticed_without_a_run_and_once(
    defs: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tick(defs, instance).skip_reason, "a tenant that was never filled is left alone"
    load(instance)
    assert tick(defs, instance).skip_reason, "fresh, and nothing else on record"

    later(monkeypatch, 13)
    asked = tick(defs, instance)
    assert asked.run_requests and len(asked.run_requests) == 1
    waiting = tick(defs, instance, asked.cursor)
    assert not waiting.run_requests, "the run that was asked for is under way"
    found = run(defs, instance)
    assert {name: e.passed for name, e in found.items()} == {
        "shopee_orders": False,
        "meta_ads_insights": False,
        "shopee_products": True,
    }
    assert "expected every 12 h" in str(found["shopee_orders"].description)
    later(monkeypatch, 14)
    assert not tick(defs, instance, asked.cursor).run_requests, "it is on record"

    monkeypatch.undo()
    load(instance)
    recovered = tick(defs, instance)
    assert recovered.run_requests, "and so is the recovery"
    assert all(e.passed for e in run(defs, instance).values())
    assert not tick(defs, instance).run_requests


def test_a_lost_run_is_asked_for_again(
    defs: dg.Definitions, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(instance)
    later(monkeypatch, 13)
    asked = tick(defs, instance)
    later(monkeypatch, 13.4)
    assert not tick(defs, instance, asked.cursor).run_requests
    later(monkeypatch, 13.6)
    again = tick(defs, instance, asked.cursor)
    assert again.run_requests and asked.run_requests
    assert again.run_requests[0].run_key != asked.run_requests[0].run_key


def test_a_refresh_leaves_freshness_to_its_own_job(
    defs: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    job = defs.resolve_job_def(f"{TENANT.id}_refresh")
    result = job.execute_in_process(instance=instance, partition_key=f"{TODAY}")
    assert result.success and not result.get_asset_check_evaluations()


def test_a_run_over_old_days_of_some_tables_tells_of_now(
    defs: dg.Definitions, instance: dg.DagsterInstance
) -> None:
    """Dagster takes along every check of assets that a run names; it says how fresh they are, whatever the
    days of the run."""
    load(instance, ORDERS)
    job = defs.resolve_job_def(f"{TENANT.id}_refresh")
    old = f"{TODAY - 40 * ONE_DAY}"
    for key, state in ((ORDERS, "passed"), (ADS, "not enough to say")):
        result = job.execute_in_process(instance=instance, partition_key=old, asset_selection=[key])
        [told] = result.get_asset_check_evaluations()
        assert (told.passed, told.metadata["state"].value) == (True, state)
