"""What stands for a personal value: its digest under the tenant's keys, one after the other.

The first key hashes the value. Every rotation adds a key that hashes the digest before it, since the value
itself was never kept. A digest says under how many keys it stands (`k2:…`; the first bears no mark), so a
stored one can be brought up to date on its own, and doing it twice changes nothing.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field

HEX = 32
DIGEST = rf"(?:k[0-9]+:)?[0-9a-f]{{{HEX}}}"
QUOTED_DIGEST = re.compile(rf'"({DIGEST})"'.encode())
"""A digest as it stands in a record."""


def keyed_hash(key: bytes, value: str) -> str:
    """The first 128 bits of HMAC-SHA256 under a key, as hex."""
    return hmac.digest(key, value.encode(), "sha256").hex()[:HEX]


def is_digest(text: str) -> bool:
    return re.fullmatch(DIGEST, text) is not None


def keys_of(digest: str) -> int:
    """Under how many keys a digest stands."""
    return int(digest[1 : digest.index(":")]) if digest.startswith("k") else 1


@dataclass
class Pseudonyms:
    """The digests of one tenant, and whose are never to be kept again.

    `keys` in the order they were made, the first of which hashes values; `tombstones` are hashes of erased
    persons' digests under `erasure_key`, as each digest stood when its person was erased.
    """

    keys: tuple[bytes, ...]
    tombstones: frozenset[str] = frozenset()
    erasure_key: bytes = field(default=b"", repr=False)
    _came_again: set[str] = field(default_factory=set, repr=False)
    """Digests of now whose earlier forms have a tombstone; at most one for each tombstone."""

    def digest(self, value: str) -> str:
        """What stands for a personal value now."""
        return self.wrapped(keyed_hash(self.keys[0], value))

    def wrapped(self, digest: str) -> str:
        """A digest of any age as it stands now."""
        gone = self._has_tombstone(digest)
        for place in range(keys_of(digest), len(self.keys)):
            digest = f"k{place + 1}:{keyed_hash(self.keys[place], digest)}"
            gone = gone or self._has_tombstone(digest)
        if gone:
            self._came_again.add(digest)
        return digest

    def tombstone(self, digest: str) -> str:
        return keyed_hash(self.erasure_key, digest)

    def is_erased(self, digest: str) -> bool:
        """Whether a digest is that of a person who was erased."""
        return digest in self._came_again or self._has_tombstone(digest)

    def _has_tombstone(self, digest: str) -> bool:
        return bool(self.tombstones) and self.tombstone(digest) in self.tombstones


Keys = Pseudonyms | bytes
"""A tenant's pseudonyms, or the one key of a tenant that has neither rotated nor erased."""


def pseudonyms_of(keys: Keys) -> Pseudonyms:
    return Pseudonyms((keys,)) if isinstance(keys, bytes) else keys
