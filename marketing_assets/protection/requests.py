"""What platforms ask in a person's name: to erase them, to tell what is kept of them; or that a shop left.

Identifiers are hashed as values of records are, before anything touches a disk; and the digests are sealed
under the tenant's erasure key, so that whoever searches for one, as an erasure does, finds none here. They
are dropped when the request is closed. Nothing is erased by itself: a person starts it by the request's id.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from marketing_assets.ingest.key_ring import pseudonyms
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.tombstones import METADATA, erasure_key, protection_state
from marketing_assets.platforms.webhooks import PrivacyRequest
from marketing_assets.protection.subjects import Identifier, SubjectError, digests
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

REQUESTS = sa.Table(
    "protection_requests",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True, comment="Of the message."),
    sa.Column("tenant", sa.String, nullable=False),
    sa.Column("platform", sa.String, nullable=False),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False, comment="erase, access or shop_left"),
    sa.Column("subject", sa.Text, nullable=False, comment="Sealed digests; empty where nobody is named."),
    sa.Column("reference", sa.String, nullable=False, comment="How the platform calls it."),
    sa.Column("received_at", sa.DateTime, nullable=False, comment="UTC"),
    sa.Column("closed_at", sa.DateTime, comment="UTC"),
    sa.Column("closed_by", sa.String),
)


@dataclass(frozen=True)
class Request:
    """A request that waits; `names_person` where digests are kept. `received_at` is aware UTC."""

    id: str
    platform: str
    account: str
    kind: str
    reference: str
    received_at: datetime
    names_person: bool


def keep(
    settings: Settings,
    tenant: Tenant,
    place: tuple[str, str],
    asked: PrivacyRequest,
    digest: bytes,
    received_at: datetime,
) -> None:
    """Keep a request to `place` (platform, account) whose message has this digest; a repeat changes nothing.

    On disk when this returns. Raises `MissingSecret` where a key of the tenant is missing.
    """
    names = pseudonyms(tenant, settings, Landing(settings.landing))
    known = [Identifier(kind, value) for kind, value in asked.subject]
    sealed = _seal(settings, tenant.id).encrypt(json.dumps(sorted(digests(known, names))).encode())
    with protection_state(settings) as at:
        if at.execute(sa.select(REQUESTS.c.id).where(REQUESTS.c.digest == digest)).first():
            return
        at.execute(
            REQUESTS.insert().values(
                id=secrets.token_hex(6),
                digest=digest,
                tenant=tenant.id,
                platform=place[0],
                account=place[1],
                kind=asked.kind,
                subject=sealed.decode() if known else "",
                reference=asked.reference,
                received_at=received_at.astimezone(UTC).replace(tzinfo=None),
            )
        )


def waiting(settings: Settings, tenant_id: str) -> list[Request]:
    """The requests of a tenant that nobody has closed, oldest first."""
    if not settings.state_url and not (settings.home / "state" / "protection.sqlite").exists():
        return []
    mine = (REQUESTS.c.tenant == tenant_id, REQUESTS.c.closed_at.is_(None))
    with protection_state(settings) as at:
        rows = at.execute(sa.select(REQUESTS).where(*mine).order_by(REQUESTS.c.received_at)).all()
    return [
        Request(
            row.id,
            row.platform,
            row.account,
            row.kind,
            row.reference,
            row.received_at.replace(tzinfo=UTC),
            bool(row.subject),
        )
        for row in rows
    ]


def subject_of(settings: Settings, tenant_id: str, request_id: str) -> Sequence[Identifier]:
    """Whom an erasure that was asked for is about. Raises `SubjectError`."""
    mine = (REQUESTS.c.tenant == tenant_id, REQUESTS.c.id == request_id, REQUESTS.c.kind == "erase")
    with protection_state(settings) as at:
        row = at.execute(sa.select(REQUESTS).where(*mine)).first()
    if row is None or row.closed_at is not None:
        raise SubjectError(
            f"{tenant_id} has no open request to erase somebody with id '{request_id}'; see "
            f"`marketing privacy requests {tenant_id}`"
        )
    if not row.subject:
        raise SubjectError(
            f"request {request_id} names nobody; close it with `marketing privacy requests {tenant_id} "
            f"--done {request_id}`"
        )
    try:
        found = json.loads(_seal(settings, tenant_id).decrypt(row.subject.encode()))
    except InvalidToken:
        raise SubjectError(
            f"request {request_id} was not sealed under {settings.keys_dir}/{tenant_id}.erasure; "
            "bring that file back from your backup, or erase by --subject"
        ) from None
    return [Identifier("hash", digest) for digest in found]


def close(settings: Settings, tenant_id: str, request_id: str, by: str, now: datetime) -> None:
    """A request was done; its digests go. Raises `SubjectError` where none is open under that id."""
    mine = (REQUESTS.c.tenant == tenant_id, REQUESTS.c.id == request_id, REQUESTS.c.closed_at.is_(None))
    ended = now.astimezone(UTC).replace(tzinfo=None)
    with protection_state(settings) as at:
        done = at.execute(sa.update(REQUESTS).where(*mine).values(subject="", closed_at=ended, closed_by=by))
    if not done.rowcount:
        raise SubjectError(f"{tenant_id} has no open request '{request_id}'")


def _seal(settings: Settings, tenant_id: str) -> Fernet:
    key = erasure_key(settings, tenant_id, make=True)
    assert key is not None
    return Fernet(base64.urlsafe_b64encode(hmac.digest(key, b"requests", "sha256")))
