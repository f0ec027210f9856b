"""The daily digest: yesterday's numbers against the same weekday, open incidents, stale tables."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import dagster as dg

from marketing_assets.alerts import outbox
from marketing_assets.alerts.config import AlertsConfig, read_config
from marketing_assets.alerts.lifecycle import Incident
from marketing_assets.alerts.message import ChartSpec, Message, Section
from marketing_assets.alerts.routing import channels_for
from marketing_assets.alerts.store import alerts_state, kept_incidents, turn
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.errors import NoSuchTable
from marketing_assets.warehouse.open import open_warehouse

STALE_AFTER = timedelta(hours=26)
"""Tables are computed at least daily; two hours are for the run itself."""
SHOWN = 15
WEEK = timedelta(days=7)

Figures = Mapping[str, Decimal | None]


@dataclass(frozen=True)
class Digest:
    """What a digest tells. Money is in the reporting currency; a day without a row has no figures."""

    day: date
    figures: Figures
    week_before: Figures
    open: Sequence[Incident]
    stale: Sequence[tuple[str, datetime | None]]


FIGURES = ("revenue", "spend", "roas", "profit")


def post_digest(
    settings: Settings,
    tenant: Tenant,
    instance: dg.DagsterInstance,
    assets: Sequence[dg.AssetKey],
    now: datetime,
) -> int:
    """Put today's digest into the outbox, once a day and channel; returns to how many channels."""
    config = read_config(settings, tenant)
    channels = channels_for(config, severity="", kind="digest")
    digest = gather(settings, tenant, instance, assets, now)
    message = compose_digest(tenant, config, digest, now)
    posted = 0
    with alerts_state(settings) as engine, turn(engine, tenant.id) as (connection, _):
        for channel in channels:
            key = uuid.uuid5(uuid.NAMESPACE_OID, f"digest/{tenant.id}/{channel}/{digest.day}")
            put = outbox.put(connection, tenant.id, channel, message, now=now, not_before=now, key=str(key))
            posted += put is not None
    return posted


def gather(
    settings: Settings,
    tenant: Tenant,
    instance: dg.DagsterInstance,
    assets: Sequence[dg.AssetKey],
    now: datetime,
) -> Digest:
    """Read mart, incidents and Dagster's own record of what was computed when."""
    day = local_day(now, tenant.zone) - ONE_DAY
    found = daily_figures(settings, tenant, [day, day - WEEK])
    with alerts_state(settings) as engine, engine.connect() as connection:
        incidents = [kept.incident for kept in kept_incidents(connection, tenant.id)]
    return Digest(day, found[day], found[day - WEEK], incidents, stale_tables(instance, assets, now))


def daily_figures(settings: Settings, tenant: Tenant, days: Sequence[date]) -> dict[date, Figures]:
    """Revenue, spend, ROAS and profit by day; None where a table or row is missing."""
    warehouse = open_warehouse(settings, tenant.id)
    found: dict[date, dict[str, Decimal | None]] = {day: dict.fromkeys(FIGURES) for day in days}
    for table, columns in (
        ("daily_performance", {"revenue": "total_revenue", "spend": "total_ad_spend", "roas": "roas"}),
        ("daily_profit", {"profit": "net_profit"}),
    ):
        for day in days:
            try:
                rows = warehouse.read("mart", table, DayRange(day, day), list(columns.values()))
            except NoSuchTable:
                continue
            for row in rows.to_dicts():
                found[day] |= {
                    n: None if row[c] is None else Decimal(str(row[c])) for n, c in columns.items()
                }
    return dict(found)


def stale_tables(
    instance: dg.DagsterInstance, assets: Sequence[dg.AssetKey], now: datetime
) -> list[tuple[str, datetime | None]]:
    """The tables that were not computed for `STALE_AFTER`, oldest first; None was never computed."""
    computed: dict[dg.AssetKey, datetime | None] = dict.fromkeys(assets)
    for record in instance.get_asset_records(list(assets)):
        entry = record.asset_entry
        if entry.last_materialization_record is not None:
            at = datetime.fromtimestamp(entry.last_materialization_record.timestamp, tz=now.tzinfo)
            computed[entry.asset_key] = at
    late = [(k.to_user_string(), at) for k, at in computed.items() if at is None or now - at > STALE_AFTER]
    return sorted(late, key=lambda one: (one[1] is not None, one[1], one[0]))


def compose_digest(tenant: Tenant, config: AlertsConfig, digest: Digest, now: datetime) -> Message:
    currency = tenant.reporting_currency
    day = digest.day
    numbers = tuple(_fact(name, digest.figures, digest.week_before, currency) for name in FIGURES)
    ui = ((("Dagster UI", str(config.ui_url))),) if config.ui_url else ()
    incidents = [
        (i.finding.severity, f"{i.key.asset} · {i.key.check}: {i.finding.text} ({i.status(now)}, {i.id})")
        for i in digest.open[:SHOWN]
    ]
    stale = [
        (name, "never computed" if at is None else f"computed {_ago(now - at)} ago")
        for name, at in digest.stale
    ]
    return Message(
        title=f"{tenant.display_name}: {day:%A} {day.isoformat()}",
        sections=(
            Section("Yesterday", numbers, ui),
            Section(_counted("open incident", len(digest.open)), tuple(incidents)),
            Section(_counted("stale table", len(stale)), tuple(stale[:SHOWN])),
        ),
        intro=f"Compared with {day - WEEK:%A} {(day - WEEK).isoformat()}.",
        chart=ChartSpec(day.isoformat()),
    )


def _fact(name: str, figures: Figures, before: Figures, currency: str) -> tuple[str, str]:
    label = "ROAS" if name == "roas" else name.capitalize()
    value, earlier = figures[name], before[name]
    if value is None:
        return label, "not known"
    shown = f"{value:.2f}" if name == "roas" else f"{value:,.2f} {currency}"
    if not earlier:
        return label, f"{shown} (no figure of the week before)"
    return label, f"{shown} ({(value - earlier) / abs(earlier):+.1%})"


def _counted(what: str, n: int) -> str:
    return f"No {what}" if n == 0 else f"1 {what}" if n == 1 else f"{n} {what}s"


def _ago(passed: timedelta) -> str:
    hours = passed.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
