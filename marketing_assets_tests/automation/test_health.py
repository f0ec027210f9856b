"""What runs and connections tell of themselves: real runs, Dagster's own records, a DuckDB file."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from marketing_assets.automation.connection_status import Use, since_before, status_of, uses_of
from marketing_assets.automation.health import tell_connections, tell_runs
from marketing_assets.automation.run_history import RUN_HISTORY
from marketing_assets.ingest.assets import failure_metadata, is_worth_retrying
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.failures import Failure, PlatformError
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.installation import QUIET, range_tags, shipped, write_tenant

NOW = datetime(2026, 11, 12, 4, 30, tzinfo=UTC)
DEAD = PlatformError(
    Failure.AUTH_DEAD, connection="siam/meta_ads/101550000000001", path="/insights", message="token revoked"
)
API = {"calls": 12.0, "retries": 2.0, "throttled_seconds": 0.5, "bytes_received": 4096.0}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", tenants_dir=tmp_path)


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    write_tenant(tmp_path, "siam", shipped("siam"))
    read, problems = parse_tenant(tmp_path / "siam.yaml")
    assert read is not None, problems
    return read


def run(instance: dg.DagsterInstance, tenant: Tenant, meta_works: bool) -> str:
    """A run over two days: orders, a snapshot that skips, ads that may fail, and a mart of both."""
    days = dg.DailyPartitionsDefinition(start_date="2026-11-01")
    single = dg.BackfillPolicy.single_run()

    def key(path: str) -> dg.AssetKey:
        return dg.AssetKey(["siam", *path.split("/")])

    @dg.asset(key=key("raw/shopee_orders"), partitions_def=days, backfill_policy=single)
    def orders() -> dg.MaterializeResult:  # type: ignore[type-arg]
        metadata = {"dagster/row_count": 7, "api": dg.MetadataValue.json(API)}
        return dg.MaterializeResult(metadata=metadata)

    @dg.asset(key=key("raw/shopee_products"), partitions_def=days, backfill_policy=single)
    def products() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(metadata={"skipped": "a snapshot tells only of today"})

    @dg.asset(key=key("raw/meta_ads_insights"), partitions_def=days, backfill_policy=single)
    def insights() -> None:
        if not meta_works:
            told = failure_metadata(tenant, PLATFORMS["meta_ads"], DEAD)
            raise dg.Failure(f"siam/meta_ads: {DEAD}", metadata=told)

    @dg.asset(
        key=key("mart/daily_performance"),
        partitions_def=days,
        backfill_policy=single,
        deps=[orders, insights],
    )
    def mart() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(metadata={"dagster/row_count": 2, "bytes_billed": 2**40})

    job = dg.define_asset_job("siam_refresh", "*", executor_def=dg.in_process_executor)
    definitions = dg.Definitions([orders, products, insights, mart], jobs=[job])
    return (
        definitions.resolve_job_def("siam_refresh")
        .execute_in_process(
            instance=instance,
            tags=range_tags(DayRange(date(2026, 11, 10), date(2026, 11, 11))),
            run_config=QUIET,
            raise_on_error=False,
        )
        .run_id
    )


def test_every_run_is_told_once_with_what_became_of_each_table(settings: Settings, tenant: Tenant) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        failed = run(instance, tenant, meta_works=False)
        assert tell_runs(instance, tenant, settings) == 1
        worked = run(instance, tenant, meta_works=True)
        assert tell_runs(instance, tenant, settings) == 1, "the first one was told"
        assert tell_runs(instance, tenant, settings) == 0
    told = {
        (row["run_id"], row["table_name"]): row
        for row in open_warehouse(settings, "siam").read("ops", RUN_HISTORY.name).iter_rows(named=True)
    }
    assert len(told) == 8
    orders = told[failed, "raw.shopee_orders"]
    assert (orders["outcome"], orders["rows"], orders["platform"]) == ("written", 7, "shopee")
    assert (orders["api_calls"], orders["retries"], orders["bytes"]) == (12, 2, 4096)
    assert (orders["partitions"], orders["days"]) == ("2026-11-10..2026-11-11", 2)
    assert orders["started_at"] <= orders["ended_at"]
    assert told[failed, "raw.shopee_products"]["outcome"] == "skipped"
    insights = told[failed, "raw.meta_ads_insights"]
    assert (insights["outcome"], insights["failure"], insights["rows"]) == ("failed", "auth-dead", None)
    assert "marketing connections authorize siam meta_ads" in insights["error"]
    assert told[failed, "mart.daily_performance"]["outcome"] == "not_run"
    mart = told[worked, "mart.daily_performance"]
    assert (mart["outcome"], mart["bytes"], mart["cost"]) == ("written", 2**40, Decimal("6.25"))


def test_a_dead_login_is_broken_until_a_run_succeeds(settings: Settings, tenant: Tenant) -> None:
    def told() -> dict[str, dict[str, object]]:
        tell_connections(instance, tenant, settings, datetime.now(UTC))
        rows = open_warehouse(settings, "siam").read("ops", "connection_status").iter_rows(named=True)
        return {row["platform"]: row for row in rows}

    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, tenant, meta_works=False)
        first = told()
        assert {name: row["status"] for name, row in first.items()} == {
            "shopee": "valid",
            "meta_ads": "broken",
            "google_ads": "valid",
            "ecb": "valid",
        }
        assert "marketing connections authorize siam meta_ads" in str(first["meta_ads"]["remedy"])
        run(instance, tenant, meta_works=False)
        assert told()["meta_ads"]["since"] == first["meta_ads"]["since"], "since the first failure"
        run(instance, tenant, meta_works=True)
        mended = told()["meta_ads"]
        assert (mended["status"], mended["remedy"], mended["failure"]) == ("valid", None, None)
        assert {use.platform for use in uses_of(instance, tenant)} == {"shopee", "meta_ads"}


def use(hours_ago: int, failure: str | None = None, table: str = "orders", account: str = "42") -> Use:
    at = NOW - timedelta(hours=hours_ago)
    return Use("shopee", table, at, account if failure else None, failure, "mend it" if failure else None)


@pytest.mark.parametrize(
    ("uses", "status", "hours_ago"),
    [
        ([], "valid", None),
        ([use(9), use(3)], "valid", 9),
        ([use(9), use(6, "auth-dead"), use(3, "auth-dead")], "broken", 6),
        ([use(9, "auth-dead"), use(3)], "valid", 3),
        ([use(9), use(3, "transient")], "valid", 9),
        ([use(9), use(3, "auth-dead", account="43")], "valid", 9),
        ([use(9), use(3, "config"), use(2, table="products")], "broken", 3),
    ],
    ids=["unused", "works", "dead", "mended", "passing", "other account", "one table"],
)
def test_the_status_follows_the_newest_use_of_each_table(
    uses: list[Use], status: str, hours_ago: int | None
) -> None:
    found = status_of("shopee", "42", None, uses, NOW, "authorise")
    assert found.status == status
    assert found.since == (None if hours_ago is None else NOW - timedelta(hours=hours_ago))
    assert (found.remedy is not None) == (status == "broken")


@pytest.mark.parametrize(
    ("days", "status"), [(30, "valid"), (8, "valid"), (6, "expiring"), (0, "broken"), (-3, "broken")]
)
def test_a_sign_in_that_ends_is_told_a_week_before(days: int, status: str) -> None:
    ends = (NOW + timedelta(days=days)).timestamp()
    refreshed = Tokens("a" * 20, "r" * 20, expires_at=NOW.timestamp(), refresh_expires_at=ends)
    single = Tokens("a" * 20, expires_at=ends)
    for tokens in (refreshed, single):
        found = status_of("shopee", "42", tokens, [use(1)], NOW, "authorise")
        assert (found.status, found.expires_at) == (status, NOW + timedelta(days=days))
        assert found.remedy == (None if status == "valid" else "authorise")


def test_an_earlier_beginning_outlives_dagsters_records() -> None:
    found = status_of("shopee", "42", None, [use(3, "auth-dead")], NOW, "authorise")
    long_ago = NOW - timedelta(days=90)
    assert since_before(found, {("shopee", "42"): ("broken", long_ago)}).since == long_ago
    assert since_before(found, {("shopee", "42"): ("valid", long_ago)}).since == found.since


@pytest.mark.parametrize("failure", list(Failure))
def test_only_what_passes_by_itself_is_worth_a_retry(failure: Failure) -> None:
    passing = {"throttle-short", "throttle-long", "transient"}
    assert is_worth_retrying(PlatformError(failure, connection="siam/shopee/1")) == (failure.value in passing)
