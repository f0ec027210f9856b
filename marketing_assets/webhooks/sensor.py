"""The sensor that drains the inbox into runs of the days that messages speak of.

Its cursor says, for each shop, up to which message runs were asked for. It moves only together with the
requests. A message leaves the inbox when a run that began after it has succeeded over its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg
import msgspec
import sqlalchemy as sa

from marketing_assets.decoding import from_json
from marketing_assets.ingest.changes import CLOCK_SKEW
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.partitions import group_consecutive
from marketing_assets.platforms.platform import Platform
from marketing_assets.settings import load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.webhooks.covering import SEEN_TAG, Fetching, recent_runs
from marketing_assets.webhooks.inbox import INBOX, Inbox, Waiting
from marketing_assets.webhooks.requesting import Followers
from marketing_assets.webhooks.shops import MENDABLE, TICK_SECONDS, Shop, asking, following

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

SECONDS = 30
"""How often the inbox is looked at."""

MOST_AT_ONCE = 5_000
"""Messages of a shop that one evaluation takes."""

PATIENCE_SECONDS = 1_800
"""How long a shop may not know an order that it pushed."""


class Place(msgspec.Struct, frozen=True):
    """Up to which message a shop's news were asked for, but for the `late`, whose day is not known yet."""

    upto: int = 0
    late: list[int] = []


class Cursor(msgspec.Struct, frozen=True):
    """`inbox` names the inbox; another one begins from its first message. Places by `platform/account`."""

    inbox: str = ""
    places: dict[str, Place] = {}


def read_cursor(text: str | None, inbox: str) -> Cursor:
    """What the sensor kept of this inbox."""
    kept = from_json(text, Cursor) if text else Cursor(inbox)
    return kept if kept.inbox == inbox else Cursor(inbox)


@dataclass
class _News:
    """What one evaluation found."""

    changed: dict[date, set[str]] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def webhook_sensor(
    tenant: Tenant,
    platforms: Sequence[Platform],
    job: UnresolvedAssetJobDefinition,
    assets: Sequence[dg.AssetsDefinition],
) -> dg.SensorDefinition:
    """`{tenant}_webhooks`: runs over the days whose orders shops pushed news of."""
    followers = Followers(tenant, platforms, assets)

    @dg.sensor(
        name=f"{tenant.id}_webhooks",
        job=job,
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Fetches the days again whose orders changed, as the shops' webhooks tell.",
    )
    def webhooks(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        inbox = Inbox(load_settings())
        try:
            return drain(context, inbox, followers)
        finally:
            inbox.close()

    return webhooks


def drain(context: dg.SensorEvaluationContext, inbox: Inbox, followers: Followers) -> dg.SensorResult:
    """One evaluation."""
    tenant = followers.tenant
    oldest = inbox.oldest(tenant.id)
    if oldest is None:
        return dg.SensorResult(skip_reason="no message waits", cursor=context.cursor)
    if not followers.was_filled(context.instance):
        return dg.SensorResult(skip_reason=f"{tenant.id} was never filled", cursor=context.cursor)
    newest = inbox.newest()
    runs = recent_runs(context.instance, followers.job_name, oldest)
    shops = [shop for shop in following(tenant, followers.platforms) if shop[0].webhooks]
    for platform in {platform.name for platform, _ in shops}:
        settle(inbox, followers, platform, runs)
    cursor = read_cursor(context.cursor, inbox.name)
    news = _News(places=dict(cursor.places))
    for shop in shops:
        try:
            _look(inbox, followers, shop, runs, news, TICK_SECONDS / len(shops))
        except MENDABLE as error:
            # The shop's place stays, so its messages are looked at again.
            news.complaints.append(
                f"messages of {_name(shop)} wait, because the shop cannot be asked: {error}"
            )
    places = {name: {"upto": p.upto, "late": p.late} for name, p in sorted(news.places.items())}
    text = msgspec.json.encode({"inbox": inbox.name, "places": places}).decode()
    requests = followers.requests(
        news.changed, now_utc(), f"webhooks-{inbox.name}-{newest}", {SEEN_TAG: f"{inbox.name}:{newest}"}
    )
    complaint = "\n".join(news.complaints)
    if not requests:
        reason = complaint or "runs over the days of all messages were asked for"
        return dg.SensorResult(skip_reason=reason, cursor=text)
    if complaint:
        context.log.warning(complaint)
    return dg.SensorResult(run_requests=requests, cursor=text)


def _look(
    inbox: Inbox, followers: Followers, shop: Shop, runs: Sequence[Fetching], news: _News, seconds: float
) -> None:
    """Add a shop's new messages to the news."""
    platform, connection = shop
    key = (followers.tenant.id, platform.name, connection.account_id)
    place = news.places.get(_name(shop), Place())
    waiting = inbox.after(key, place.upto, place.late, MOST_AT_ONCE)
    if not waiting:
        return
    now = now_utc()
    created = _created(inbox, followers.tenant, shop, waiting, seconds)
    late: list[Waiting] = []
    idle: list[Waiting] = []
    hopeless: list[Waiting] = []
    needed = followers.of(platform.name)
    over = [run for run in runs if run.is_over(needed)]
    for message in waiting:
        at = created.get(message.order_id)
        day = followers.day(at, now) if at else None
        if at is None and message.order_id:
            is_patient = now.timestamp() - message.received_at < PATIENCE_SECONDS
            (late if is_patient else hopeless).append(message)
        elif day is None:
            idle.append(message)
        elif not any(_covers(run, day, message, inbox.name) for run in over):
            news.changed.setdefault(day, set()).add(platform.name)
    if hopeless:
        orders = ", ".join(sorted({message.order_id for message in hopeless})[:5])
        news.complaints.append(f"{_name(shop)} does not know orders that it pushed, such as {orders}")
    inbox.settle(key[0], key[1], INBOX.c.id.in_([message.id for message in [*idle, *hopeless]]))
    upto = max(place.upto, *(message.id for message in waiting))
    news.places[_name(shop)] = Place(upto, [message.id for message in late])


def _covers(run: Fetching, day: date, message: Waiting, inbox: str) -> bool:
    """Whether a run that is asked for, at work or done fetches what a message of a day tells."""
    was_there = day in run.days and run.number_seen(inbox) >= message.id
    return was_there or run.fetches(day, message.received_at)


def _created(
    inbox: Inbox, tenant: Tenant, shop: Shop, waiting: Sequence[Waiting], seconds: float
) -> Mapping[str, datetime]:
    """When the orders were created, as messages told or else as the shop tells."""
    platform, connection = shop
    told = {
        m.order_id: datetime.fromtimestamp(m.created_at, UTC) for m in waiting if m.created_at is not None
    }
    unknown = sorted({m.order_id for m in waiting if m.order_id} - told.keys())
    if not unknown or platform.order_times is None:
        return told
    with asking(tenant, shop, seconds) as client:
        answered = platform.order_times(client, unknown)
    inbox.learn(
        (tenant.id, platform.name, connection.account_id),
        {order: at.timestamp() for order, at in answered.items()},
    )
    return {**answered, **told}


def settle(inbox: Inbox, followers: Followers, platform: str, runs: Sequence[Fetching]) -> None:
    """Take out the messages that a finished run has taken in."""
    needed = followers.of(platform)
    for run in runs:
        if not run.is_done or run.started is None or not run.days or not run.is_over(needed):
            continue
        bounds = (days.bounds(followers.tenant.zone) for days in group_consecutive(run.days))
        on_its_days = sa.or_(
            *(
                sa.and_(INBOX.c.created_at >= first.timestamp(), INBOX.c.created_at < end.timestamp())
                for first, end in bounds
            )
        )
        # Clocks of the receiver and of Dagster may differ; numbers do not.
        before = sa.or_(
            INBOX.c.id <= run.number_seen(inbox.name),
            INBOX.c.received_at < run.started - CLOCK_SKEW.total_seconds(),
        )
        inbox.settle(followers.tenant.id, platform, on_its_days, before)


def _name(shop: Shop) -> str:
    return f"{shop[0].name}/{shop[1].account_id}"
