"""Who took care of which recommendation, and when: kept in the installation's own state.

A partition of the mart can be computed anew at any time, and takes what is kept here along.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import sqlalchemy as sa

from marketing_assets.intelligence.recommendations.ranking import Acknowledgement
from marketing_assets.settings import Settings
from marketing_assets.state import create_tables, state_engine

METADATA = sa.MetaData()

ACKNOWLEDGEMENTS = sa.Table(
    "recommendations_acknowledged",
    METADATA,
    sa.Column("tenant", sa.String(64), primary_key=True),
    sa.Column("recommendation_id", sa.String(32), primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("first_day", sa.Date, nullable=False, comment="The first day it stood on, as known then."),
    sa.Column("last_day", sa.Date, nullable=False, comment="The newest day it stood on."),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False, comment="UTC"),
)


@contextmanager
def _state(settings: Settings) -> Iterator[sa.Connection]:
    """A transaction; on disk when it ends without an error."""
    engine = state_engine(settings, "recommendations")
    try:
        create_tables(engine, METADATA)
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def acknowledgements(settings: Settings, tenant_id: str) -> list[Acknowledgement]:
    """All of a tenant's, the oldest first."""
    mine = sa.select(ACKNOWLEDGEMENTS).where(ACKNOWLEDGEMENTS.c.tenant == tenant_id)
    with _state(settings) as connection:
        rows = connection.execute(mine.order_by(ACKNOWLEDGEMENTS.c.at)).mappings().all()
    return [
        Acknowledgement(
            recommendation_id=row["recommendation_id"],
            subject=row["subject"],
            first=row["first_day"],
            last=row["last_day"],
            by=row["by"],
            at=row["at"].replace(tzinfo=UTC),
        )
        for row in rows
    ]


def keep(
    settings: Settings,
    tenant_id: str,
    recommendation_id: str,
    subject: str,
    days: tuple[date, date],
    by: str,
    at: datetime,
) -> Acknowledgement:
    """Keep an acknowledgement of what stood on the first to the last of `days`; the first one holds.

    Raises `ValueError` where somebody has acknowledged it before.
    """
    values = {
        "tenant": tenant_id,
        "recommendation_id": recommendation_id,
        "subject": subject,
        "first_day": days[0],
        "last_day": days[1],
        "by": by,
        "at": at.astimezone(UTC).replace(tzinfo=None),
    }
    try:
        with _state(settings) as connection:
            connection.execute(ACKNOWLEDGEMENTS.insert().values(**values))
    except sa.exc.IntegrityError:
        raise ValueError(f"{recommendation_id} of {tenant_id} is acknowledged already") from None
    return Acknowledgement(recommendation_id, subject, *days, by, at.astimezone(UTC))
