"""The inbox: pushed messages that wait for a run, in the installation's own state.

Of a message only ids and instants are kept, never its body. A message that left the inbox is remembered by
its digest, so that one who repeats it later changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import chain
from operator import attrgetter

import sqlalchemy as sa

from marketing_assets.platforms.webhooks import PrivacyRequest
from marketing_assets.settings import Settings
from marketing_assets.state import state_engine

METADATA = sa.MetaData()

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

INBOX = sa.Table(
    "webhook_inbox",
    METADATA,
    # Numbers are never given twice, else a message could stand before a reader's place.
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float),
    sa.Column("updated_at", sa.Float),
    sa.Column("received_at", sa.Float, nullable=False),
    sqlite_autoincrement=True,
)
SEEN = sa.Table(
    "webhook_seen",
    METADATA,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("received_at", sa.Float, nullable=False),
)
IDENTITY = sa.Table("webhook_identity", METADATA, sa.Column("name", sa.Text, primary_key=True))


@dataclass(frozen=True, slots=True)
class Message:
    """A message to keep; times in Unix seconds. `order_id` is empty where it is about no order.

    One with a `request` does not go into the inbox: that is kept apart, hashed.
    """

    digest: bytes
    tenant: str
    platform: str
    account: str
    topic: str
    order_id: str
    created_at: float | None
    updated_at: float | None
    received_at: float
    request: PrivacyRequest | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message in the inbox that speaks of an order; `created_at` None: its day is not known yet."""

    id: int
    order_id: str
    created_at: float | None
    received_at: float


Shop = tuple[str, str, str]
"""Tenant, platform, account."""

_NAMES = [field.name for field in fields(Message) if field.name != "request"]
_values = attrgetter(*_NAMES)
_COLUMNS = ", ".join(_NAMES)
_UNSEEN = "not exists (select 1 from webhook_seen where webhook_seen.digest = {}) on conflict do nothing"


def _insert_of_one(mark: str) -> str:
    """Inserts a message: its values, then its digest again."""
    values = ", ".join([mark] * len(_NAMES))
    return f"insert into webhook_inbox ({_COLUMNS}) select {values} where {_UNSEEN.format(mark)}"


@cache
def _insert_of(count: int) -> str:
    """Inserts several messages: the values of each."""
    row = f"({', '.join('?' * len(_NAMES))})"
    rows = ", ".join([row] * count)
    unseen = _UNSEEN.format("new.column1")
    return f"insert into webhook_inbox ({_COLUMNS}) select * from (values {rows}) as new where {unseen}"


class Inbox:
    """The messages of all tenants. Every method is one transaction; what it returned from is on disk."""

    def __init__(self, settings: Settings):
        self.engine = state_engine(settings, "webhooks")
        METADATA.create_all(self.engine)
        with self.engine.begin() as connection:
            if connection.scalar(sa.select(sa.func.count()).select_from(IDENTITY)) == 0:
                connection.execute(IDENTITY.insert().values(name=uuid.uuid4().hex))
        self.name = self._name()
        """Of this inbox; one that was made anew has another, and its numbers start again."""
        self._is_sqlite = self.engine.dialect.name == "sqlite"

    def _name(self) -> str:
        with self.engine.connect() as connection:
            return str(connection.scalar(sa.select(sa.func.min(IDENTITY.c.name))))

    def close(self) -> None:
        self.engine.dispose()

    def put(self, messages: Sequence[Message]) -> None:
        """Keep those that are new, in one transaction; all are on disk when this returns."""
        with self.engine.begin() as connection:
            if self._is_sqlite:
                # One statement: the driver lets other threads run once a statement, and waits for them.
                values = tuple(chain.from_iterable(map(_values, messages)))
                connection.exec_driver_sql(_insert_of(len(messages)), values)
            else:
                # One writer at a time, as in SQLite: numbers become visible in their order.
                connection.exec_driver_sql("lock table webhook_inbox in share row exclusive mode")
                rows = [(*_values(message), message.digest) for message in messages]
                connection.exec_driver_sql(_insert_of_one("%s"), rows)

    def after(self, shop: Shop, place: int, late: Iterable[int], most: int) -> list[Waiting]:
        """The messages of a shop with a number above `place`, and those of `late`, oldest first."""
        columns = [INBOX.c[field.name] for field in fields(Waiting)]
        asked = (
            sa.select(*columns)
            .where(_of(shop), sa.or_(INBOX.c.id > place, INBOX.c.id.in_(list(late))))
            .order_by(INBOX.c.id)
            .limit(most)
        )
        with self.engine.connect() as connection:
            return [Waiting(**row) for row in connection.execute(asked).mappings()]

    def oldest(self, tenant: str) -> float | None:
        """When the oldest message of a tenant came; None where none waits."""
        asked = sa.select(sa.func.min(INBOX.c.received_at)).where(INBOX.c.tenant == tenant)
        with self.engine.connect() as connection:
            found = connection.scalar(asked)
        return None if found is None else float(found)

    def newest(self) -> int:
        """The number of the newest message that was ever put in and still waits; 0 where none does."""
        with self.engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.max(INBOX.c.id))) or 0)

    def learn(self, shop: Shop, created: Mapping[str, float]) -> None:
        """Write down when orders were created, by their ids, where a message did not tell."""
        change = (
            INBOX.update()
            .where(_of(shop), INBOX.c.order_id == sa.bindparam("of"), INBOX.c.created_at.is_(None))
            .values(created_at=sa.bindparam("at"))
        )
        if created:
            with self.engine.begin() as connection:
                connection.execute(change, [{"of": order, "at": at} for order, at in created.items()])

    def settle(self, tenant: str, platform: str, *which: sa.ColumnElement[bool]) -> int:
        """Take messages out that need nothing more, and remember their digests; returns how many."""
        chosen = sa.and_(INBOX.c.tenant == tenant, INBOX.c.platform == platform, *which)
        with self.engine.begin() as connection:
            # Fixed first: messages that come meanwhile stay.
            ids: list[int] = list(connection.scalars(sa.select(INBOX.c.id).where(chosen)))
            for start in range(0, len(ids), _CHUNK):
                part = INBOX.c.id.in_(ids[start : start + _CHUNK])
                digests = sa.select(INBOX.c.digest, INBOX.c.received_at).where(part)
                connection.execute(SEEN.insert().from_select(["digest", "received_at"], digests))
                connection.execute(INBOX.delete().where(part))
        return len(ids)

    def forget(self, before: float) -> int:
        """Drop digests of messages that came before an instant, and messages that nobody drained by then.

        Returns how many went.
        """
        with self.engine.begin() as connection:
            seen = connection.execute(SEEN.delete().where(SEEN.c.received_at < before)).rowcount
            return seen + connection.execute(INBOX.delete().where(INBOX.c.received_at < before)).rowcount


_CHUNK = 500


def _of(shop: Shop) -> sa.ColumnElement[bool]:
    tenant, platform, account = shop
    return sa.and_(INBOX.c.tenant == tenant, INBOX.c.platform == platform, INBOX.c.account == account)
