"""The keys of a tenant in order, and its pseudonyms.

The first key is the tenant's PII key. The keys that rotations added stand in
`MARKETING_HOME/keys/<tenant>.pii-ring` (mode 0600), one more each time; none is ever taken away, since a new
value passes through all of them. While a rotation has not come to its end nothing is fetched: half of the
stored digests would not join with the other half.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.pii_key import pii_key
from marketing_assets.ingest.pseudonyms import Pseudonyms
from marketing_assets.ingest.tombstones import erasure_key, tombstones
from marketing_assets.platforms.file_tokens import write_private
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant


@dataclass(frozen=True)
class KeyRing:
    """The keys that rotations added, each rotation's act, and the act that has not come to its end."""

    added: tuple[bytes, ...] = ()
    acts: tuple[str, ...] = ()
    unfinished: str | None = None

    def with_new_key(self, act: str) -> KeyRing:
        return KeyRing((*self.added, secrets.token_bytes(32)), (*self.acts, act), act)

    def finished(self) -> KeyRing:
        return replace(self, unfinished=None)


def ring_path(settings: Settings, tenant_id: str) -> Path:
    return settings.keys_dir / f"{tenant_id}.pii-ring"


def read_ring(settings: Settings, tenant_id: str) -> KeyRing:
    """The ring as it stands; an empty one before the first rotation."""
    try:
        kept = json.loads(ring_path(settings, tenant_id).read_text(encoding="ascii"))
    except FileNotFoundError:
        return KeyRing()
    added = tuple(bytes.fromhex(key) for key in kept["added"])
    return KeyRing(added, tuple(kept["acts"]), kept["unfinished"])


def write_ring(settings: Settings, tenant_id: str, ring: KeyRing) -> None:
    """Put the ring in place of the one before, on disk when this returns."""
    added = [key.hex() for key in ring.added]
    content = {"added": added, "acts": ring.acts, "unfinished": ring.unfinished}
    write_private(ring_path(settings, tenant_id), json.dumps(content).encode())


def pseudonyms(
    tenant: Tenant, settings: Settings, landing: Landing, while_rotating: bool = False
) -> Pseudonyms:
    """What hashes a tenant's personal values and knows whose are not to be kept.

    Raises `MissingSecret` where a key is lost, and in the middle of a rotation.
    """
    ring = read_ring(settings, tenant.id)
    if (interrupted := unfinished_rotation(settings, tenant.id)) and not while_rotating:
        raise interrupted
    first = pii_key(tenant, settings, landing)
    erased = tombstones(settings, tenant.id) if _ever_erased(settings, tenant.id) else frozenset[str]()
    return Pseudonyms((first, *ring.added), erased, erasure_key(settings, tenant.id) or b"")


def unfinished_rotation(settings: Settings, tenant_id: str) -> MissingSecret | None:
    """Why nothing may be fetched or computed now: stored digests stand under one key or another."""
    act = read_ring(settings, tenant_id).unfinished
    if act is None:
        return None
    return MissingSecret(
        f"one PII key of {tenant_id} for all its values",
        f"the rotation {act} was interrupted",
        f"run `marketing privacy rotate-key {tenant_id}`, which takes it up where it stopped",
    )


def _ever_erased(settings: Settings, tenant_id: str) -> bool:
    # Most tenants never erase anybody, and then no state is made or opened.
    state = settings.home / "state" / "protection.sqlite"
    return bool(settings.state_url) or state.exists() or erasure_key(settings, tenant_id) is not None
