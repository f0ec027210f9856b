"""The audit log: one line an act, each with the hash of the line before, so none can be changed or left out.

Lines are only ever added. They tell the tenant, the act, who did it and what it came to; never an identifier
of a person.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from marketing_assets.ingest.tombstones import METADATA, protection_state
from marketing_assets.settings import Settings

LOG = sa.Table(
    "protection_log",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("line", sa.Text, nullable=False, comment="The line as it was hashed, JSON."),
    sa.Column("hash", sa.String, nullable=False, comment="SHA-256 of the hash before and the line."),
)
BEGINNING = "0" * 64
"""What stands for the hash before the first line."""
_TRIES = 20


@dataclass(frozen=True)
class Line:
    """One line of the log. `state` is `started`, `finished` or `failed`; `at` is UTC."""

    number: int
    at: datetime
    tenant: str
    kind: str
    act: str
    state: str
    by: str
    details: Mapping[str, Any]
    hash: str


class LogError(Exception):
    """The log is not what was written; names the first line that is not."""


def new_act(kind: str, now: datetime) -> str:
    """An act's id, such as `erase-20261130T061500Z-1f0c2a`."""
    return f"{kind}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def who() -> str:
    """Who acts: the user of this process."""
    return getpass.getuser()


def append(
    settings: Settings, tenant: str, kind: str, act: str, state: str, details: Mapping[str, Any], by: str
) -> Line:
    """Add a line to the log; on disk when this returns."""
    for _ in range(_TRIES):
        try:
            return _append(settings, tenant, kind, act, state, details, by)
        except IntegrityError:
            continue  # somebody else has just written the line of this number
    raise LogError("the log could not be written: others kept writing; try again")


def _append(
    settings: Settings, tenant: str, kind: str, act: str, state: str, details: Mapping[str, Any], by: str
) -> Line:
    content = {
        "at": datetime.now(UTC).isoformat(),
        "tenant": tenant,
        "kind": kind,
        "act": act,
        "state": state,
        "by": by,
        "details": dict(details),
    }
    with protection_state(settings) as at:
        last = at.execute(sa.select(LOG).order_by(LOG.c.number.desc()).limit(1)).first()
        number, before = (last.number + 1, last.hash) if last else (1, BEGINNING)
        line = json.dumps({"number": number} | content, sort_keys=True, ensure_ascii=False)
        hashed = _hash(before, line)
        at.execute(sa.insert(LOG).values(number=number, line=line, hash=hashed))
    return _line(line, hashed)


def read(settings: Settings, tenant: str | None = None) -> list[Line]:
    """The lines, oldest first. Raises `LogError` where a line was changed, added or taken away."""
    with protection_state(settings) as at:
        rows = at.execute(sa.select(LOG).order_by(LOG.c.number)).all()
    before, lines = BEGINNING, []
    for expected, row in enumerate(rows, 1):
        if row.number != expected or _hash(before, row.line) != row.hash:
            raise LogError(
                f"line {expected} of the log of acts is not what was written: lines were changed, added or "
                "taken away; compare with your backup"
            )
        before = row.hash
        lines.append(_line(row.line, row.hash))
    return [line for line in lines if tenant in {None, line.tenant}]


def unfinished(settings: Settings, tenant: str, kind: str | None = None) -> list[Line]:
    """The acts of a tenant that were started and did not come to an end."""
    lines = [line for line in read(settings, tenant) if kind in {None, line.kind}]
    ended = {line.act for line in lines if line.state != "started"}
    return [line for line in lines if line.state == "started" and line.act not in ended]


def _hash(before: str, line: str) -> str:
    return hashlib.sha256(f"{before}\n{line}".encode()).hexdigest()


def _line(text: str, hashed: str) -> Line:
    content = json.loads(text)
    return Line(**content | {"at": datetime.fromisoformat(content["at"]), "hash": hashed})
