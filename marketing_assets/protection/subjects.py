"""Who a subject is: the digests of what somebody knows of them, and of what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import orjson

from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.pseudonyms import QUOTED_DIGEST, Pseudonyms, is_digest
from marketing_assets.ingest.redactor import Redactor
from marketing_assets.platforms.platform import Platform
from marketing_assets.protection.landing_rewrite import CHUNK_BYTES
from marketing_assets.protection.rows import identities
from marketing_assets.schema import DAY, Table
from marketing_assets.warehouse.warehouse import Warehouse

KINDS = ("email", "phone", "id", "username", "hash")
_GID = "gid://shopify/Customer/"


class SubjectError(Exception):
    """A subject that cannot be understood; the message never repeats what was given."""


@dataclass(frozen=True)
class Identifier:
    """One thing known of a person, in clear or as the digest that stands for it."""

    kind: str
    value: str = field(repr=False)

    @property
    def forms(self) -> list[str]:
        """The value in every form in which a platform may send it."""
        found = [self.value]
        if self.kind == "email":
            found.append(self.value.lower())
        elif self.kind == "phone":
            digits = re.sub(r"\D", "", self.value)
            found += [digits, f"+{digits}"]
        elif self.kind == "id":
            number = self.value.removeprefix(_GID)
            found += [number, _GID + number]
        return list(dict.fromkeys(found))


def parsed(given: Sequence[str]) -> list[Identifier]:
    """Identifiers given as `kind=value`. Raises `SubjectError`."""
    found = []
    for text in given:
        kind, _, value = text.strip().partition("=")
        if kind not in KINDS or not value.strip():
            raise SubjectError(f"a subject is given as KIND=VALUE, KIND being one of {', '.join(KINDS)}")
        if kind == "hash" and not is_digest(value.strip()):
            raise SubjectError("a hash is 32 hexadecimal digits, as it stands in the hashed columns")
        found.append(Identifier(kind, value.strip()))
    if not found:
        raise SubjectError("no subject was given; see --subject")
    return found


def digests(identifiers: Sequence[Identifier], pseudonyms: Pseudonyms) -> set[str]:
    """What stands for the identifiers now."""
    return {
        pseudonyms.wrapped(i.value) if i.kind == "hash" else pseudonyms.digest(form)
        for i in identifiers
        for form in i.forms
    }


@dataclass(frozen=True)
class Subject:
    """A person's digests, and how many that stand beside them were left out as others' too."""

    digests: frozenset[str] = field(repr=False)
    shared: int


def linked(
    given: set[str],
    tables: Sequence[tuple[Platform, Table]],
    warehouse: Warehouse,
    landing: Landing,
    tenant_id: str,
) -> Subject:
    """The subject with what identifies it beside the digests given, found in raw tables and landing.

    One step, no further: the identifying values of the records in which a given digest stands. A value that
    also stands in a record of another account (a telephone that a household shares) is left out, for it
    would take that person along.
    """

    def records(wanted: set[str]) -> Iterator[list[str | None]]:
        for platform, table in tables:
            yield from _records(wanted, platform, table, warehouse, landing, tenant_id)

    with warehouse.held():
        beside = {d for identity in records(given) for d in identity if d} - given
        own = given | beside
        shared = {
            d
            for identity in records(beside)
            if identity[0] and identity[0] not in own
            for d in identity
            if d in beside
        }
    return Subject(frozenset(own - shared), len(shared))


def _records(
    wanted: set[str],
    platform: Platform,
    table: Table,
    warehouse: Warehouse,
    landing: Landing,
    tenant_id: str,
) -> Iterator[list[str | None]]:
    """The identifying digests, the account's first, of every record in which a wanted one stands."""
    if not wanted:
        return
    for row in identities(warehouse, table).drop(DAY).unique().iter_rows():
        if not wanted.isdisjoint(row):
            yield list(row)
    redactor = Redactor(table, lambda _: False)

    def stands(text: bytes) -> bool:
        return any(found.decode() in wanted for found in QUOTED_DIGEST.findall(text))

    for line in suspect_lines(landing, tenant_id, platform, table, stands):
        record = orjson.loads(line)
        identity = redactor.identity(record) if isinstance(record, dict) else []
        if not wanted.isdisjoint(identity):
            yield identity


def suspect_lines(
    landing: Landing, tenant_id: str, platform: Platform, table: Table, stands: Callable[[bytes], bool]
) -> Iterator[bytes]:
    """The landed lines of a table for which `stands` holds; it is asked for whole chunks first."""
    for folder, _, _ in landing.fetches(tenant_id, platform.name, table.name):
        manifest = landing.manifest(folder)
        for file in manifest.files if manifest else []:
            for _, chunk in landing.lines(file, CHUNK_BYTES):
                if stands(chunk):
                    yield from filter(stands, chunk[:-1].split(b"\n"))
