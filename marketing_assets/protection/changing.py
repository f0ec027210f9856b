"""What an act does to the records of one table: take persons out of them, or wrap their digests once more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import orjson

from marketing_assets.ingest.personal_fields import change_personal, plan
from marketing_assets.ingest.pseudonyms import QUOTED_DIGEST, Pseudonyms, is_digest, keys_of
from marketing_assets.ingest.redactor import Redactor
from marketing_assets.schema import Table

_REMEMBERED = 100_000


class Change(ABC):
    """A change of masked records. Done twice it is as done once."""

    def __init__(self, table: Table, pseudonyms: Pseudonyms):
        self.table, self.pseudonyms = table, pseudonyms
        self._concerned = lru_cache(_REMEMBERED)(lambda found: self.concerns(found.decode()))

    @abstractmethod
    def concerns(self, digest: str) -> bool:
        """Whether records with this digest may have to change."""

    @abstractmethod
    def value(self, digest: str) -> str | None:
        """What stands for a concerned digest afterwards; None where nothing does."""

    @abstractmethod
    def record(self, record: dict[str, Any]) -> dict[str, Any] | None:
        """The record as it is to stand, or None where it stays."""

    def suspect(self, text: bytes) -> bool:
        """Whether a text holds a concerned digest."""
        return any(self._concerned(found) for found in set(QUOTED_DIGEST.findall(text)))

    def line(self, line: bytes) -> bytes | None:
        """A landed line as it is to stand, or None where it stays."""
        record = orjson.loads(line) if self.suspect(line) else None
        made = self.record(record) if isinstance(record, dict) else None
        return None if made is None else orjson.dumps(made)


class Erasure(Change):
    """Takes out the persons who have tombstones."""

    def __init__(self, table: Table, pseudonyms: Pseudonyms):
        super().__init__(table, pseudonyms)
        self._redactor = Redactor(table, pseudonyms.is_erased)

    def concerns(self, digest: str) -> bool:
        return self.pseudonyms.is_erased(digest)

    def value(self, digest: str) -> str | None:
        return None

    def record(self, record: dict[str, Any]) -> dict[str, Any] | None:
        return self._redactor.redact(record)


class Rotation(Change):
    """Wraps digests until they stand under all keys."""

    def __init__(self, table: Table, pseudonyms: Pseudonyms):
        super().__init__(table, pseudonyms)
        self._plan = plan(table)

    def concerns(self, digest: str) -> bool:
        return is_digest(digest) and keys_of(digest) < len(self.pseudonyms.keys)

    def value(self, digest: str) -> str | None:
        return self.pseudonyms.wrapped(digest)

    def record(self, record: dict[str, Any]) -> dict[str, Any] | None:
        change_personal(record, self._plan, self._wrapped)
        return record

    def _wrapped(self, value: Any) -> Any:
        return self.value(value) if isinstance(value, str) and self.concerns(value) else value
