"""The checks of raw tables that look beyond one fetch: volume against the weekday, and calls used up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal

from marketing_assets.automation.checks.allowances import quota_nearly_used
from marketing_assets.automation.checks.reading import HISTORY_DAYS, Reading
from marketing_assets.automation.checks.volume import volume
from marketing_assets.ingest.completeness import ROWS, controls_by_day
from marketing_assets.ingest.landing import Manifest, table_folder
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.platforms.catalog import connections
from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.rules import Quota
from marketing_assets.verdicts import Verdict, unknown

VOLUME_TABLES = frozenset(
    {
        "shopee_orders",
        "shopee_products",
        "shopify_orders",
        "shopify_products",
        "meta_ads_insights",
        "google_ads_campaign_performance",
        "google_ads_ad_performance",
    }
)
"""The tables that marts are made of. Each evaluation costs Dagster more than the check itself."""

QUOTA_TABLES: Mapping[str, str] = {
    "meta_ads": "meta_ads_insights",
    "google_ads": "google_ads_campaign_performance",
}
"""The table that shows the quota of its platform, where something is known of it."""


@dataclass(frozen=True)
class RawCheck:
    """A check of raw tables; `concerns` tells of which, `rule` names the rule that can switch it off."""

    name: str
    description: str
    concerns: Callable[[Platform, RawTable], bool]
    judge: Callable[[Reading, Platform, RawTable], Verdict]
    rule: str


def _volume(r: Reading, platform: Platform, table: RawTable) -> Verdict:
    rows = r.remembered(f"rows of {platform.name}", lambda: _rows_by_day(r, platform)).get(table.name, {})
    if not rows:
        return unknown(f"no row of the last {HISTORY_DAYS} days")
    judged = r.today if table.refresh is Refresh.SNAPSHOT and r.today in rows else r.judged
    first = min(rows)
    counted = {d: rows.get(d, 0) for d in DayRange(first, max(judged, first))}
    return volume(
        counted, judged, table.refresh, r.rules.volume, lambda day: _says_zero(r, platform, table, day)
    )


def _rows_by_day(r: Reading, platform: Platform) -> dict[str, dict[date, int]]:
    """Rows by day of each of the platform's tables, in one query."""
    found: dict[str, dict[date, int]] = {t.name: {} for t in platform.tables}
    there = [t.name for t in platform.tables if t.name in VOLUME_TABLES and r.has("raw", t.name)]
    if not there:
        return found
    sql = " union all ".join(
        f"select '{name}' as table_name, day, count(*) as row_count from {r.warehouse.relation('raw', name)} "
        "where day between $first and $last group by day"
        for name in there
    )
    for row in r.rows(sql, first=r.today - HISTORY_DAYS * ONE_DAY, last=r.today):
        found[row["table_name"]][row["day"]] = row["row_count"]
    return found


def _says_zero(r: Reading, platform: Platform, table: RawTable, day: date) -> bool | None:
    """Whether the newest fetch of every connection says that the platform counts nothing on a day; None
    where there is none."""
    manifests = []
    for connection in connections(r.tenant, platform):
        window = DayRange(day, day)
        newest = r.landing.newest(r.tenant.id, platform.name, table.name, connection.account_id, window)
        if day not in newest:
            return None
        manifests.append(newest[day])
    said = controls_by_day({day: manifests}).get(day, {})
    told = [said[ROWS]] if ROWS in said else list(said.values())
    return bool(told) and all(figure.most == 0 for figure in told)


def _quota(r: Reading, platform: Platform, _table: RawTable) -> Verdict:
    day = r.now.astimezone(UTC).date()
    return quota_nearly_used(
        used_today(platform, _fetched_on(r, platform, day), r.rules.quota), r.rules.quota, day
    )


def _fetched_on(r: Reading, platform: Platform, day: date) -> Iterator[Manifest]:
    """The complete fetches of a platform that began on a UTC day."""
    for table in platform.tables:
        folder = f"{table_folder(r.tenant.id, platform.name, table.name)}/{day}"
        for fetch_id in r.landing.folders(folder):
            manifest = r.landing.manifest(f"{folder}/{fetch_id}")
            if manifest is not None:
                yield manifest


def used_today(platform: Platform, fetches: Iterator[Manifest], rule: Quota) -> dict[str, Decimal]:
    """The share of its allowance that each account used: at most at once where the platform tells it with
    every answer (Meta), else by the calls of the day (Google, whose every query is an operation)."""
    used: dict[str, Decimal] = {}
    for manifest in fetches:
        account = f"{platform.name}/{manifest.account}"
        if platform.name == "google_ads":
            calls = Decimal(int(manifest.calls.get("calls", 0)))
            used[account] = used.get(account, Decimal(0)) + calls / rule.google_operations_a_day
        else:
            told = Decimal(str(manifest.calls.get("quota_used", 0)))
            used[account] = max(used.get(account, Decimal(0)), told)
    return used


RAW_CHECKS: tuple[RawCheck, ...] = (
    RawCheck(
        "volume",
        "The last ended day has about as many rows as its weekday usually has.",
        lambda platform, table: table.name in VOLUME_TABLES,
        _volume,
        "volume",
    ),
    RawCheck(
        "api_quota",
        "The platform's allowance of calls is not nearly used up.",
        lambda platform, table: QUOTA_TABLES.get(platform.name) == table.name,
        _quota,
        "quota",
    ),
)
