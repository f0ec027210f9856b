"""The tables of incidents and outbox in the installation's own state."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

METADATA = sa.MetaData()


class Instant(sa.types.TypeDecorator[datetime]):
    """An instant in UTC as ISO text, which sorts, on every database."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


TENANTS = sa.Table(
    "alerts_tenants",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("turns", sa.Integer, nullable=False, comment="Changed by whoever takes the turn."),
    sa.Column("looked_until", Instant, comment="Runs that ended before were all looked at."),
    sa.Column("published", sa.Integer, nullable=False, comment="Newest change that ops.alerts has."),
)

RUNS = sa.Table(
    "alerts_runs",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("at", Instant, nullable=False),
)
"""The runs that were looked at, each once."""

INCIDENTS = sa.Table(
    "alerts_incidents",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("check_name", sa.Text, nullable=False),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("channels", sa.JSON, nullable=False, comment="Who was told."),
    sa.Column("change", sa.Integer, nullable=False, comment="The turn of its newest change."),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Index("alerts_incidents_open", "tenant", "is_open"),
)

MUTES = sa.Table(
    "alerts_mutes",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("asset", sa.String(255), primary_key=True),
    sa.Column("check_name", sa.String(255), primary_key=True),
    sa.Column("entity", sa.String(255), primary_key=True),
    sa.Column("until", Instant, nullable=False),
)

OUTBOX = sa.Table(
    "alerts_outbox",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(36), nullable=False, unique=True, comment="Idempotency key, a UUID."),
    sa.Column("tenant", sa.String(64), nullable=False),
    sa.Column("channel", sa.String(64), nullable=False),
    sa.Column("message", sa.JSON, nullable=False),
    sa.Column("state", sa.String(8), nullable=False, comment="pending, sent or dead"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("not_before", Instant, nullable=False, comment="The end of quiet hours."),
    sa.Column("next_try", Instant, nullable=False),
    sa.Column("leased_until", Instant, comment="Somebody is sending it."),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("passed_on", sa.Boolean, nullable=False, comment="Another channel has it too."),
    sa.Index("alerts_outbox_state", "tenant", "state"),
)

ABOUT = sa.Table(
    "alerts_outbox_incidents",
    METADATA,
    sa.Column("message", sa.String(36), primary_key=True),
    sa.Column("incident", sa.String(32), primary_key=True),
)
"""Which incidents a message speaks of."""
