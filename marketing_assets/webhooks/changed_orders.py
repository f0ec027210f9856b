"""The sensor of changed orders: asks each shop what changed since it last asked.

It looks back a little further each time, since shops show a change with a delay; what comes later still is
found by the refresh every six hours, which looks back a day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.platforms.platform import Platform
from marketing_assets.tenants import Tenant
from marketing_assets.webhooks.covering import Fetching, recent_runs
from marketing_assets.webhooks.requesting import Followers
from marketing_assets.webhooks.shops import MENDABLE, TICK_SECONDS, Shop, asking, following

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SECONDS = 120
"""How often shops are asked."""

OVERLAP = timedelta(minutes=10)
"""How far back from the last question the next one reaches."""

SETTLING = timedelta(seconds=5)
"""The newest seconds are left to the next question, so that none is seen half."""

FURTHEST = timedelta(days=1)
"""How far back a first question, or one after a pause, reaches; older changes are the refresh's."""


class Asked(msgspec.Struct, frozen=True):
    """Up to when a shop was asked, and the newest change of each day that a run was asked for or had."""

    until: datetime
    known: dict[date, datetime] = {}


Cursor = dict[str, Asked]
"""By `platform/account`."""


def read_cursor(text: str | None) -> Cursor:
    return from_json(text, Cursor) if text else {}


def cursor_text(cursor: Mapping[str, Asked]) -> str:
    return msgspec.json.encode(dict(sorted(cursor.items()))).decode()


def changed_orders_sensor(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: UnresolvedAssetJobDefinition,
    assets: Sequence[dg.AssetsDefinition],
) -> dg.SensorDefinition:
    """`{tenant}_changed_orders`: runs over the days whose orders the shops say have changed."""
    followers = Followers(tenant, platforms, assets)

    @dg.sensor(
        name=f"{tenant.id}_changed_orders",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Asks each shop for changed orders and fetches exactly the days they were created on.",
    )
    def changed_orders(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        if not followers.was_filled(context.instance):
            return dg.SensorResult(skip_reason=f"{tenant.id} was never filled", cursor=context.cursor)
        return ask(context, followers, now_utc())

    return changed_orders


def ask(context: dg.SensorEvaluationContext, followers: Followers, now: datetime) -> dg.SensorResult:
    """One evaluation at `now` (aware UTC). A shop that cannot be asked keeps its place."""
    cursor = read_cursor(context.cursor)
    until = now - SETTLING
    shops = following(followers.tenant, followers.platforms)
    runs = recent_runs(context.instance, followers.job_name, (now - FURTHEST).timestamp())
    changed: dict[date, set[str]] = {}
    complaints = []
    for shop in shops:
        name = f"{shop[0].name}/{shop[1].account_id}"
        last = cursor.get(name)
        since = max(now - FURTHEST, last.until - OVERLAP if last else now - FURTHEST)
        try:
            listed = _listed(followers.tenant, shop, since, until, TICK_SECONDS / len(shops))
        except MENDABLE as error:
            complaints.append(f"changed orders of {name} could not be listed: {error}")
            continue
        known = last.known if last else {}
        for day in _to_fetch(followers, shop, listed, known, runs, now):
            changed.setdefault(day, set()).add(shop[0].name)
        kept = {day: at for day, at in known.items() if at >= until - OVERLAP}
        cursor[name] = Asked(until, kept | listed)
    complaint = "\n".join(complaints)
    requests = followers.requests(changed, now, f"changed-{until:%Y%m%dT%H%M%S}", {})
    if not requests:
        reason = complaint or "no order changed whose day is not fetched already"
        return dg.SensorResult(skip_reason=reason, cursor=cursor_text(cursor))
    if complaint:
        context.log.warning(complaint)
    return dg.SensorResult(run_requests=requests, cursor=cursor_text(cursor))


def _listed(
    tenant: Tenant, shop: Shop, since: datetime, until: datetime, seconds: float
) -> dict[date, datetime]:
    """Creation days of the orders that changed, each with its newest change."""
    ask_for = shop[0].changed_days
    assert ask_for is not None
    with asking(tenant, shop, seconds) as client:
        return dict(ask_for(client, since, until, tenant.zone))


def _to_fetch(
    followers: Followers,
    shop: Shop,
    listed: Mapping[date, datetime],
    known: Mapping[date, datetime],
    runs: Sequence[Fetching],
    now: datetime,
) -> list[date]:
    """The days with a change that no run was asked for and none takes in."""
    needed = followers.of(shop[0].name)
    over = [run for run in runs if run.is_over(needed)]
    today = now.astimezone(followers.tenant.zone).date()
    return [
        day
        for day, at in listed.items()
        if followers.tenant.start_date <= day <= today
        and (day not in known or at > known[day])
        and not any(run.takes_in(day, at) for run in over)
    ]
