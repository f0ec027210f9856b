"""The outbox: messages are put in with what they tell of, and stay until they are delivered."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from marketing_assets.alerts.message import Message
from marketing_assets.alerts.tables import ABOUT, OUTBOX

LEASE = timedelta(minutes=5)
"""How long a message belongs to whoever began to send it, should they die."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
PASS_ON_AFTER = 6
"""Tries (about a quarter of an hour) after which another channel gets the message too."""
GIVE_UP = timedelta(hours=23)
"""How long a message is tried; LINE knows a retry key for 24 hours."""


@dataclass(frozen=True)
class Posted:
    """A message that is to be sent."""

    id: str
    tenant: str
    channel: str
    message: Message
    attempts: int
    created_at: datetime
    passed_on: bool


def put(
    connection: sa.Connection,
    tenant: str,
    channel: str,
    message: Message,
    *,
    now: datetime,
    not_before: datetime,
    incidents: Iterable[str] = (),
    key: str | None = None,
) -> str | None:
    """Put a message in; returns its idempotency key, or None where that `key` is in it already.

    What was held back of the same incidents goes out with it, so that it is told in order.
    """
    key = key or str(uuid.uuid4())
    if connection.execute(sa.select(OUTBOX.c.seq).where(OUTBOX.c.id == key)).first():
        return None
    about = sorted(set(incidents))
    if about and not_before <= now:
        earlier = sa.select(ABOUT.c.message).where(ABOUT.c.incident.in_(about))
        connection.execute(
            sa.update(OUTBOX)
            .where(
                OUTBOX.c.tenant == tenant,
                OUTBOX.c.channel == channel,
                OUTBOX.c.state == "pending",
                OUTBOX.c.id.in_(earlier),
            )
            .values(not_before=now)
        )
    connection.execute(
        OUTBOX.insert().values(
            id=key,
            tenant=tenant,
            channel=channel,
            message=message.as_json(),
            state="pending",
            created_at=now,
            not_before=not_before,
            next_try=now,
            attempts=0,
            error="",
            passed_on=False,
        )
    )
    if about:
        connection.execute(ABOUT.insert(), [{"message": key, "incident": i} for i in about])
    return key


def due(connection: sa.Connection, tenant: str, now: datetime) -> list[str]:
    """Keys of the messages to send now, oldest first.

    One waits while an earlier one on the same channel tells of the same incident.
    """
    pending = (
        connection.execute(
            sa.select(OUTBOX)
            .where(OUTBOX.c.tenant == tenant, OUTBOX.c.state == "pending")
            .order_by(OUTBOX.c.seq)
        )
        .mappings()
        .all()
    )
    subjects: dict[str, set[str]] = {}
    for message, incident in connection.execute(
        sa.select(ABOUT.c.message, ABOUT.c.incident).where(ABOUT.c.message.in_([p["id"] for p in pending]))
    ):
        subjects.setdefault(str(message), set()).add(str(incident))
    waiting: set[tuple[str, str]] = set()
    ready = []
    for row in pending:
        about = {(row["channel"], incident) for incident in subjects.get(row["id"], ())}
        leased = row["leased_until"] is not None and row["leased_until"] > now
        if row["not_before"] <= now and row["next_try"] <= now and not leased and not about & waiting:
            ready.append(str(row["id"]))
        waiting |= about
    return ready


def claim(connection: sa.Connection, key: str, now: datetime) -> Posted | None:
    """Take a message to send it; None where somebody else has it or it is gone."""
    free = sa.or_(OUTBOX.c.leased_until.is_(None), OUTBOX.c.leased_until <= now)
    taken = connection.execute(
        sa.update(OUTBOX)
        .where(OUTBOX.c.id == key, OUTBOX.c.state == "pending", free)
        .values(leased_until=now + LEASE)
    )
    if not taken.rowcount:
        return None
    row = connection.execute(sa.select(OUTBOX).where(OUTBOX.c.id == key)).mappings().one()
    return Posted(
        id=row["id"],
        tenant=row["tenant"],
        channel=row["channel"],
        message=Message.from_json(row["message"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        passed_on=row["passed_on"],
    )


def delivered(connection: sa.Connection, key: str, now: datetime) -> None:
    connection.execute(
        sa.update(OUTBOX)
        .where(OUTBOX.c.id == key)
        .values(state="sent", sent_at=now, leased_until=None, error="", attempts=OUTBOX.c.attempts + 1)
    )


def failed(connection: sa.Connection, posted: Posted, error: str, now: datetime, *, permanent: bool) -> bool:
    """Keep why it was not delivered, and when to try again; whether another channel should have it now."""
    attempts = posted.attempts + 1
    pause = min(FIRST_PAUSE * 2 ** min(posted.attempts, 16), LONGEST_PAUSE)
    is_dead = permanent or now - posted.created_at >= GIVE_UP
    pass_on = not posted.passed_on and (is_dead or attempts >= PASS_ON_AFTER)
    connection.execute(
        sa.update(OUTBOX)
        .where(OUTBOX.c.id == posted.id)
        .values(
            state="dead" if is_dead else "pending",
            attempts=attempts,
            next_try=now + pause,
            leased_until=None,
            error=error[:1000],
            passed_on=posted.passed_on or pass_on,
        )
    )
    return pass_on


def incidents_of(connection: sa.Connection, key: str) -> Sequence[str]:
    return connection.execute(sa.select(ABOUT.c.incident).where(ABOUT.c.message == key)).scalars().all()


def counts(connection: sa.Connection, tenant: str) -> dict[tuple[str, str], int]:
    """Messages by channel and state."""
    rows = connection.execute(
        sa.select(OUTBOX.c.channel, OUTBOX.c.state, sa.func.count())
        .where(OUTBOX.c.tenant == tenant)
        .group_by(OUTBOX.c.channel, OUTBOX.c.state)
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}
