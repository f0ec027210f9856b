"""The checks on BigQuery: over the same bad data they say what they say on DuckDB, to the figure."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from marketing_assets.alerts.figures import Line, figures
from marketing_assets.alerts.message import ChartSpec
from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.schema import polars_schema
from marketing_assets.settings import Settings
from marketing_assets.transform.costs import WAREHOUSE_COSTS
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.automation.checks import small
from marketing_assets_tests.automation.checks.small import JUDGED, NOW, TENANT, TODAY, Row, Table
from marketing_assets_tests.automation.checks.test_execution import dead_letter, landed

pytestmark = pytest.mark.xdist_group("bigquery")

ONE = DayRange(JUDGED, JUDGED)
WEEK = DayRange(JUDGED - 6 * ONE_DAY, JUDGED)
OLD = TODAY - timedelta(days=14)
"""A day that should hold still."""
RULES = "rules: {warehouse_cost: {monthly_budget: 10}, budget_pacing: {monthly: {all: 100}, from_day: 1}}"
COST = "daily_performance:warehouse_cost"


def _on(days: DayRange, **fields: object) -> small.Edit:
    return lambda row: row | (fields if row["day"] in days else {})


def _taken_back(**fields: object) -> small.Edit:
    newest = (TODAY - OLD).days
    return lambda row: row | (fields if (row["day"], row["days_after"]) == (OLD, newest) else {})


def _of_tomorrow(row: Row) -> Row:
    return row | ({"order_timestamp": NOW + timedelta(days=9)} if row["day"] in ONE else {})


BAD: dict[Table, small.Edit] = {
    ("raw", "meta_ads_insights"): lambda row: None if row["day"] in ONE else row,
    ("staging", "orders"): _of_tomorrow,
    ("staging", "ads_performance"): _on(ONE, clicks=2000),
    ("mart", "daily_performance"): _on(WEEK, total_revenue=Decimal("250.005"), total_orders=10),
    ("mart", "daily_profit"): _on(WEEK, net_profit=Decimal(20)),
    ("mart", "ads_channel_performance"): _on(WEEK, spend=Decimal("500.01"), conversions=Decimal(2)),
    ("mart", "campaign_performance"): lambda row: row | {"conversions": Decimal(0)},
    ("ops", "ads_observations"): _taken_back(spend=Decimal(120)),
    ("ops", "order_observations"): _taken_back(revenue=Decimal(500), orders=20),
}
CHARTS = (
    ChartSpec(f"{JUDGED}"),
    ChartSpec(f"{JUDGED}", "campaign_performance.spend", {"campaign_id": "7"}),
)
EXPECTED = {
    "meta_ads_insights:volume",
    "meta_ads_insights:api_quota",
    "orders:values_in_range",
    "ads_performance:values_in_range",
    "daily_performance:totals_agree",
    "daily_performance:revenue_drop",
    "daily_performance:roas_under_target",
    "daily_profit:margin_drop",
    "ads_channel_performance:cpa_over_limit",
    "ads_channel_performance:unusual_spend",
    "ads_channel_performance:budget_pacing",
    "campaign_performance:no_conversions",
    "ads_observations:restatement",
    "order_observations:restatement",
}


def spoiled(settings: Settings) -> None:
    """A warehouse whose every check has something to find, and the platforms' counts beside it."""
    warehouse = open_warehouse(settings, TENANT.id)
    small.fill(warehouse, BAD)
    warehouse.replace_days("ops", DEAD_LETTERS, ONE, [dead_letter()])
    landed(settings.home, "shopee", "shopee_orders", ONE, {"rows": Decimal(43)})
    landed(settings.home, "meta_ads", "meta_ads_insights", ONE, {"spend": Decimal("40.5")}, quota_used=0.95)
    rules = settings.tenants_dir / TENANT.id / "alerts.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text(RULES)


def told(settings: Settings) -> dict[str, dict[str, object]]:
    """What every check says, all of it."""
    found = small.run(small.definitions(settings)).evaluations
    return {
        name: {"passed": e.passed, "severity": e.severity, "said": e.description}
        | {key: value.value for key, value in e.metadata.items()}
        for name, e in found.items()
    }


def test_every_check_says_on_bigquery_what_it_says_on_duckdb(
    settings: Settings, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = settings.model_copy(update={"tenants_dir": home / "tenants"})
    here = Settings(warehouse="duckdb", home=tmp_path / "duckdb", tenants_dir=tmp_path / "duckdb/tenants")
    found: dict[str, dict[str, dict[str, object]]] = {}
    drawn: list[list[list[Line]]] = []
    for each in (there, here):
        for name in ("home", "tenants_dir", "warehouse"):
            monkeypatch.setenv(f"MARKETING_{name.upper()}", str(getattr(each, name)))
        spoiled(each)
        if each is there:
            billed(each)
        found[each.warehouse] = told(each)
        drawn.append([figures(each, TENANT, spec) for spec in CHARTS])
    ours, theirs = found["duckdb"], found["bigquery"]
    cost = theirs.pop(COST)
    assert ours == theirs
    assert drawn[0] == drawn[1] and [len(lines) for lines in drawn[0]] == [2, 1]
    assert {name for name, said in theirs.items() if said["state"] == "failed"} == EXPECTED
    assert (cost["state"], cost["money_at_stake"], cost["currency"]) == ("failed", "2.50", "USD")
    links = [f["text"] for f in json.loads(str(theirs["daily_performance:totals_agree"]["findings"]))]
    assert len(links) == len(set(links)) >= 4
    assert any("platform says 42, raw says 40" in text for text in links), "the dead letter is known"


def billed(settings: Settings) -> None:
    """Two TiB of this month."""
    row = {"tenant_id": TENANT.id, "day": NOW.date(), "ended_at": NOW, "bytes_billed": 2 * 1024**4}
    texts = {c.name: "x" for c in WAREHOUSE_COSTS.columns if c.type.value == "STRING"}
    counts = {"bytes_processed": 0, "slot_ms": 0}
    frame = pl.DataFrame([texts | counts | row], schema=polars_schema(WAREHOUSE_COSTS.columns))
    open_warehouse(settings, TENANT.id).append_keyed("ops", WAREHOUSE_COSTS, frame)
