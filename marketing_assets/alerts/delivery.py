"""Delivers what is in the outbox, at least once; what a channel does not take goes to another one too."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from marketing_assets.alerts import outbox
from marketing_assets.alerts.channels.channel import DeliveryError
from marketing_assets.alerts.channels.opening import open_channel
from marketing_assets.alerts.charts import chart_of
from marketing_assets.alerts.config import AlertsConfig, read_config
from marketing_assets.alerts.message import Message
from marketing_assets.alerts.outbox import Posted
from marketing_assets.alerts.store import alerts_state, turn
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

_LOG = logging.getLogger("marketing_assets.alerts")

SECONDS = 35
"""How long one round sends: Dagster gives up on a tick after a minute."""


@dataclass(frozen=True)
class Round:
    """What came of a round: messages sent, and why others were not, by channel."""

    sent: int
    complaints: dict[str, str]


def deliver_due(settings: Settings, tenant: Tenant, clock: Callable[[], datetime]) -> Round:
    """Send what is due, oldest first. Raises `AlertsFileError`."""
    config = read_config(settings, tenant)
    sent, complaints = 0, {}
    end = time.monotonic() + SECONDS
    with alerts_state(settings) as engine:
        tried: set[str] = set()
        while time.monotonic() < end:
            with engine.connect() as connection:
                # What was sent may have been what another message waits for.
                ready = [key for key in outbox.due(connection, tenant.id, clock()) if key not in tried]
            if not ready:
                break
            tried.add(ready[0])
            complaint = _send(engine, settings, tenant, config, ready[0], clock)
            if complaint is None:
                continue
            channel, why = complaint
            if why:
                complaints[channel] = why
            else:
                sent += 1
    return Round(sent, complaints)


def _send(
    engine: sa.Engine,
    settings: Settings,
    tenant: Tenant,
    config: AlertsConfig,
    key: str,
    clock: Callable[[], datetime],
) -> tuple[str, str] | None:
    """Try one message; its channel and why it was not delivered (empty: it was), None if it was taken."""
    with engine.begin() as connection:
        posted = outbox.claim(connection, key, clock())
    if posted is None:
        return None
    try:
        _hand_over(settings, tenant, config, posted)
    except (DeliveryError, MissingSecret) as error:
        _not_delivered(engine, tenant, config, posted, error, clock())
        _LOG.warning("%s/alerts/%s: %s", tenant.id, posted.channel, error)
        return posted.channel, str(error)
    with engine.begin() as connection:
        outbox.delivered(connection, key, clock())
    return posted.channel, ""


def _hand_over(settings: Settings, tenant: Tenant, config: AlertsConfig, posted: Posted) -> None:
    channel = config.channels.get(posted.channel)
    if channel is None:
        raise DeliveryError(f"alerts.yaml has no channel '{posted.channel}' any more", permanent=True)
    deliver = open_channel(settings, tenant, posted.channel, channel)
    chart, why_none = None, "there is no chart: it could not be drawn"
    try:
        chart, why_none = chart_of(settings, tenant, config, posted.message, posted.id)
    except Exception:  # whatever is wrong with a picture, the alert goes out
        _LOG.exception("%s: the chart of message %s", tenant.id, posted.id)
    message = posted.message
    if why_none:
        message = replace(message, intro=" ".join(filter(None, [message.intro, f"({why_none})"])))
    deliver(message, chart, posted.id)


def _not_delivered(
    engine: sa.Engine,
    tenant: Tenant,
    config: AlertsConfig,
    posted: Posted,
    error: Exception,
    now: datetime,
) -> None:
    """Keep why, and where it is time pass the message on to another channel, in one transaction."""
    permanent = isinstance(error, DeliveryError) and error.permanent
    with turn(engine, tenant.id) as (connection, _):
        if not outbox.failed(connection, posted, str(error), now, permanent=permanent):
            return
        tried = (*posted.message.undelivered, posted.channel)
        other = next((name for name in config.channels if name not in tried), None)
        if other is not None:
            outbox.put(
                connection,
                tenant.id,
                other,
                _passed_on(posted, str(error), tried),
                now=now,
                not_before=now,
            )


def _passed_on(posted: Posted, why: str, tried: tuple[str, ...]) -> Message:
    intro = f"Not delivered to {', '.join(tried)}: {why}. It is told here instead; mend that channel."
    return replace(posted.message, intro=intro, undelivered=tried)
