"""The figures of `totals_agree`: what the platform, raw, staging and the marts say of the run's days.

One query for all stages; the platforms' own counts come from the manifests of the newest fetches. A table
that the run did not write is stepped over: it may be older than what it is made of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marketing_assets.automation.checks.reading import Reading
from marketing_assets.automation.checks.reconciliation import STAGES, Link, exactly, reconcile
from marketing_assets.ingest.completeness import Said, controls_by_day
from marketing_assets.ingest.landing import Manifest
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.verdicts import Verdict

ALL = "all platforms"
PLATFORM, RAW, STAGING, CONVERTED, MART, DAILY = STAGES
STAGED = {"orders": ("staging", "orders"), "spend": ("staging", "ads_performance")}
"""Where the figures of raw tables arrive first."""
DEAD = "dead letters"
TOLD = (*STAGES, DEAD)
"""What the query tells of, by number: the engines write an apostrophe inside a text differently."""
NOTHING = Decimal(0)
CHAINS = ((PLATFORM, RAW, STAGING), (CONVERTED, MART, DAILY))


@dataclass(frozen=True)
class Source:
    """Where a platform's orders or spend come from: the raw table, what is summed there, and the name of the
    platform's own figure for it."""

    platform: str
    kind: str
    table: str
    summed: str
    control: str


SOURCES = (
    Source("shopee", "orders", "shopee_orders", "count(*)", "rows"),
    Source("shopify", "orders", "shopify_orders", "count(*)", "rows"),
    Source("meta_ads", "spend", "meta_ads_insights", "sum(spend)", "spend"),
    Source("google_ads", "spend", "google_ads_campaign_performance", "sum(cost)", "cost"),
)


def judge(r: Reading) -> Verdict:
    """The verdict on every link of the run's days."""
    figures: dict[Link, dict[str, Said]] = defaultdict(dict)
    sources = [s for s in SOURCES if r.tenant.connections_to(s.platform) and r.has("raw", s.table)]
    dead: dict[Link, Decimal] = {}
    for row in r.rows(_sql(r, sources), first=r.days.first, last=r.days.last):
        link, value = Link(row["day"], row["entity"], row["figure"]), Decimal(row["value"] or 0)
        if (stage := TOLD[row["stage"]]) == DEAD:
            dead[link] = value.normalize()
        else:
            figures[link][stage] = exactly(value)
    # A stage without a row of a day says zero: that it lacks the day is what is looked for. A platform's mart
    # may not have been run with the day, and is then stepped over.
    ran = {(link.day, link.figure) for link, stages in figures.items() if MART in stages}
    for link, stages in figures.items():
        for stage in _expected(r, link, stages, (link.day, link.figure) in ran):
            stages.setdefault(stage, exactly(NOTHING))
    for link, said in _controls(r, sources):
        # Dead letters are known, and have a check of their own.
        left = Said(said.least - dead.get(link, NOTHING), said.most - dead.get(link, NOTHING))
        if link in figures or not left.holds(NOTHING, NOTHING):
            nothing = {stage: exactly(NOTHING) for stage in _from_raw(r, link)}
            figures[link] = {**nothing, **figures[link], PLATFORM: left}
    return reconcile(CHAINS, figures, f"{r.days}", r.currency)


def _expected(r: Reading, link: Link, stages: Mapping[str, Said], mart_ran: bool) -> Iterable[str]:
    """The stages that must have the figure."""
    if link.entity == ALL:
        return (CONVERTED, DAILY)
    if RAW in stages or STAGING in stages:
        return _from_raw(r, link)
    return (CONVERTED, MART) if mart_ran else (CONVERTED,)


def _from_raw(r: Reading, link: Link) -> tuple[str, ...]:
    """Raw, and staging where the run wrote it: else it may be older than raw."""
    return (RAW, STAGING) if r.wrote(*STAGED[link.figure]) else (RAW,)


def _sql(r: Reading, sources: list[Source]) -> str:
    """Rows `stage, day, entity, figure, value`, the stage as its number in `TOLD`. Both engines take it."""
    parts = [_part(r, RAW, "raw", s.table, f"'{s.platform}'", s.kind, s.summed) for s in sources]
    kinds = {s.kind for s in sources}
    if r.has("ops", "dead_letters"):
        parts += [
            _part(
                r,
                DEAD,
                "ops",
                "dead_letters",
                f"'{s.platform}'",
                s.kind,
                "count(*)",
                f"table_name = '{s.table}'",
            )
            for s in sources
            if s.control == "rows"
        ]
    if "orders" in kinds:
        if r.wrote(*STAGED["orders"]):
            parts.append(_part(r, STAGING, *STAGED["orders"], "platform", "orders", "count(*)"))
        revenue = ("revenue", "sum(amount_reporting)", "is_revenue")
        parts += [_part(r, CONVERTED, "staging", "orders", e, *revenue) for e in ("platform", f"'{ALL}'")]
        if r.has("mart", "shop_performance") and r.wrote("mart", "shop_performance"):
            parts.append(_part(r, MART, "mart", "shop_performance", "platform", "revenue", "sum(revenue)"))
    if "spend" in kinds:
        ads = STAGED["spend"]
        if r.wrote(*ads):
            parts.append(_part(r, STAGING, *ads, "platform", "spend", "sum(spend)"))
        converted = ("converted spend", "sum(spend_reporting)")
        parts += [_part(r, CONVERTED, *ads, e, *converted) for e in ("platform", f"'{ALL}'")]
        if r.has("mart", "ads_channel_performance") and r.wrote("mart", "ads_channel_performance"):
            channel = ("mart", "ads_channel_performance", "platform", "converted spend", "sum(spend)")
            parts.append(_part(r, MART, *channel))
    parts += [
        _part(r, DAILY, "mart", "daily_performance", f"'{ALL}'", figure, f"sum({column})")
        for figure, column in (("revenue", "total_revenue"), ("converted spend", "total_ad_spend"))
    ]
    return " union all ".join(parts)


def _part(
    r: Reading, stage: str, layer: str, table: str, entity: str, figure: str, value: str, where: str = ""
) -> str:
    condition = f" and {where}" if where else ""
    grouped = "day, platform" if entity == "platform" else "day"
    return (
        f"select {TOLD.index(stage)} as stage, day, {entity} as entity, '{figure}' as figure, "
        f"{value} as value from {r.warehouse.relation(layer, table)} "
        f"where day between $first and $last{condition} group by {grouped}"
    )


def _controls(r: Reading, sources: list[Source]) -> Iterator[tuple[Link, Said]]:
    """What the platforms said themselves of the days that the run fetched."""
    for source in (s for s in sources if r.wrote("raw", s.table)):
        platform = PLATFORMS[source.platform]
        days = [d for d in r.days if source.kind != "orders" or r.fetched is None or d in r.fetched]
        if not days:
            continue
        fetches: dict[date, list[Manifest]] = defaultdict(list)
        for connection in connections(r.tenant, platform):
            window = DayRange(min(days), max(days))
            found = r.landing.newest(
                r.tenant.id, source.platform, source.table, connection.account_id, window
            )
            for day in days:
                if day in found:
                    fetches[day].append(found[day])
        whole = {d: m for d, m in fetches.items() if len(m) == len(connections(r.tenant, platform))}
        for day, figures in controls_by_day(whole).items():
            if source.control in figures:
                yield Link(day, source.platform, source.kind), figures[source.control]
