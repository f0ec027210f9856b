"""The key under which a tenant's personal values are hashed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant


def pii_key(tenant: Tenant, settings: Settings) -> bytes:
    """The tenant's key, made on first use in `MARKETING_HOME/keys/<tenant>.pii` (mode 0600).

    Keep a copy: without it new payloads no longer join with old ones.
    """
    path = settings.keys_dir / f"{tenant.id}.pii"
    try:
        return bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        return _make(path)


def _make(path: Path) -> bytes:
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
