"""What keeps an erased person from coming back: hashes of their digests under a key of their own.

A tombstone tells nothing without the key in `MARKETING_HOME/keys/<tenant>.erasure`, and even with it only
whether a digest that one already has is among them. Lose neither key nor tombstones: the next fetch would
bring the persons back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from marketing_assets.ingest.pii_key import key_in_file
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import Settings
from marketing_assets.state import state_engine

SUBJECT = "protection"
"""The state that tombstones and acts stand in."""

METADATA = sa.MetaData()
TOMBSTONES = sa.Table(
    "protection_tombstones",
    METADATA,
    sa.Column("tenant", sa.String, primary_key=True),
    sa.Column("tombstone", sa.String, primary_key=True),
    sa.Column("act", sa.String, nullable=False),
    sa.Column("made_at", sa.DateTime, nullable=False, comment="UTC"),
)


@contextmanager
def protection_state(settings: Settings) -> Iterator[sa.Connection]:
    """A transaction on the state of data protection; on disk when it ends without an error."""
    engine = state_engine(settings, SUBJECT)
    try:
        METADATA.create_all(engine)
        with engine.begin() as at:
            yield at
    finally:
        engine.dispose()


def erasure_key(settings: Settings, tenant_id: str, make: bool = False) -> bytes | None:
    """The tenant's key of tombstones; None where nobody was ever erased, unless one is to be made."""
    path = settings.keys_dir / f"{tenant_id}.erasure"
    return key_in_file(path) if make or path.exists() else None


def tombstones(settings: Settings, tenant_id: str) -> frozenset[str]:
    """All of a tenant's. Raises `MissingSecret` where they stand but not their key."""
    with protection_state(settings) as at:
        found = at.execute(sa.select(TOMBSTONES.c.tombstone).where(TOMBSTONES.c.tenant == tenant_id))
        kept = frozenset[str](found.scalars())
    if kept and erasure_key(settings, tenant_id) is None:
        raise MissingSecret(
            f"the erasure key of {tenant_id}",
            f"there is no {settings.keys_dir / f'{tenant_id}.erasure'}, and persons were erased under it",
            "bring the file back from your backup; without it the next fetch would bring them back",
        )
    return kept


def keep_tombstones(settings: Settings, tenant_id: str, act: str, made: Iterable[str]) -> None:
    """Keep tombstones, those that stand already as they are; on disk when this returns."""
    with protection_state(settings) as at:
        mine = TOMBSTONES.c.tenant == tenant_id
        standing = set[str](at.execute(sa.select(TOMBSTONES.c.tombstone).where(mine)).scalars())
        now = datetime.now(UTC).replace(tzinfo=None)
        rows = [
            {"tenant": tenant_id, "tombstone": t, "act": act, "made_at": now}
            for t in sorted(set(made) - standing)
        ]
        if rows:
            at.execute(sa.insert(TOMBSTONES), rows)
