"""Keys: those that hash personal values and the one that seals tokens. None is made here."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.fernet import Fernet

from marketing_assets.commands.doctor.finding import Finding, Patient, broken, ok
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.pii_key import pii_key
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant

_IN_FILES = "file"
_RESTORE = "bring the file back from your backup"


def pii_keys(patient: Patient) -> Iterator[Finding]:
    for tenant in patient.tenants:
        yield _pii_key(tenant, patient.settings)


def _pii_key(tenant: Tenant, settings: Settings) -> Finding:
    name, landing = f"PII key {tenant.id}", Landing(settings.landing)
    path = settings.keys_dir / f"{tenant.id}.pii"
    if tenant.pii_key is None and not path.exists() and not landing.folders(f"{tenant.id}/raw"):
        return ok(name, "none yet; the first fetch makes one")
    try:
        pii_key(tenant, settings, landing)
    except MissingSecret as error:
        return broken(name, f"{error.wanted} is missing: {error.where}", error.remedy)
    except (OSError, ValueError):
        return broken(name, f"{path} cannot be read as a key", f"{_RESTORE}, readable by this user")
    return ok(name, "can be read; keep a copy of it apart from landing")


def token_key(patient: Patient) -> Iterator[Finding]:
    settings = patient.settings
    if settings.token_store != _IN_FILES:
        return
    given = [k.strip() for k in settings.token_key.get_secret_value().split(",") if k.strip()]
    path = settings.keys_dir / "tokens.key"
    if given:
        yield _judged([k.encode() for k in given], "MARKETING_TOKEN_KEY", "set it to Fernet keys, by commas")
    elif path.exists():
        yield _judged([path.read_bytes().strip()], str(path), _RESTORE)
    elif any(settings.tokens_dir.rglob("*.token")):
        text = f"there is no {path}, and tokens are sealed with it"
        yield broken("token key", text, f"{_RESTORE}, or authorise each connection anew")
    else:
        yield ok("token key", "none yet; the first authorisation makes one")


def _judged(keys: list[bytes], where: str, remedy: str) -> Finding:
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        return broken("token key", f"{where} holds no Fernet key", remedy)
    return ok("token key", f"{where} holds {len(keys)}")


def tokens(patient: Patient) -> Iterator[Finding]:
    """Stored tokens that cannot be read; a connection without any is none of this check's business."""
    settings = patient.settings
    sealed = settings.tokens_dir.exists() and any(settings.tokens_dir.rglob("*.token"))
    keyed = settings.token_key.get_secret_value() or (settings.keys_dir / "tokens.key").exists()
    if settings.token_store == _IN_FILES and not (sealed and keyed):
        return  # reading would make a key
    readable = 0
    for tenant in patient.tenants:
        for connection in tenant.connections:
            place = (tenant.id, connection.platform, connection.account_id)
            try:
                readable += token_store(settings).read(*place) is not None
            except TokenStoreError as error:
                text, _, remedy = str(error).partition(" Remedy: ")
                yield broken(f"tokens {'/'.join(place)}", text, remedy or "authorise the connection anew")
    if readable:
        yield ok("tokens", f"those of {readable} connections can be read")
