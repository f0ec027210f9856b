"""The key under which a tenant's personal values are hashed."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from marketing_assets.ingest.landing import Landing
from marketing_assets.secrets import MissingSecret, read_secret
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant


def pii_key(tenant: Tenant, settings: Settings, landing: Landing) -> bytes:
    """The tenant's key, made on first use in `MARKETING_HOME/keys/<tenant>.pii` (mode 0600).

    A tenant file can name a secret of its own instead (`pii_key`, any text). Keep a copy of the file: with
    another key new payloads no longer join with old ones, so a lost key is an error and never replaced.
    """
    if tenant.pii_key is not None:
        return read_secret(tenant.pii_key, settings, wanted=f"the PII key of {tenant.id}").encode()
    path = settings.keys_dir / f"{tenant.id}.pii"
    try:
        return bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        if landing.folders(f"{tenant.id}/raw"):
            raise MissingSecret(
                f"the PII key of {tenant.id}",
                f"there is no file {path}, and landing holds payloads that were masked with it",
                "bring the file back from your backup; new payloads would no longer join with the old ones",
            ) from None
        return key_in_file(path)


def key_in_file(path: Path) -> bytes:
    """The key in a file, which is made (mode 0600) where it is missing."""
    with suppress(FileNotFoundError):
        return bytes.fromhex(path.read_text().strip())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(32)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.hex())
    try:
        # A link fails where another process was first, and then that key is the one.
        os.link(draft, path)
    except FileExistsError:
        key = bytes.fromhex(path.read_text().strip())
    finally:
        draft.unlink()
    return key
