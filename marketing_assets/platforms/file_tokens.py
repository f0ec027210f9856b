"""The token store of one machine: an encrypted file a connection below `MARKETING_HOME/tokens/`."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from marketing_assets.locks import exclusive
from marketing_assets.platforms.tokens import Tokens, TokenStoreError
from marketing_assets.redaction import register_secret


class FileTokenStore:
    """One file a connection, encrypted by Fernet, replaced as a whole, readable by its owner alone.

    `keys` are Fernet keys: the first encrypts, all decrypt, so a key is changed by putting a new one first.
    """

    def __init__(self, folder: Path, keys: Callable[[], list[str]], lock_timeout_seconds: float = 600):
        self._folder, self._keys, self._timeout = folder, keys, lock_timeout_seconds

    def read(self, tenant: str, platform: str, account: str) -> Tokens | None:
        path = self._path(tenant, platform, account)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            content = json.loads(self._cipher().decrypt(sealed))
        except InvalidToken:
            remedy = (
                "set MARKETING_TOKEN_KEY to the key it was written with, or authorise the connection anew"
            )
            raise TokenStoreError(f"{path} cannot be decrypted. Remedy: {remedy}.") from None
        # A file copied from one connection to another must not open the first one's account.
        if content["of"] != [tenant, platform, account]:
            raise TokenStoreError(
                f"{path} holds tokens of another connection. Remedy: authorise this one anew."
            )
        return Tokens.from_json(content["tokens"])

    def write(self, tenant: str, platform: str, account: str, tokens: Tokens) -> None:
        content = json.dumps({"of": [tenant, platform, account], "tokens": tokens.to_json()})
        write_private(self._path(tenant, platform, account), self._cipher().encrypt(content.encode()))

    def lock(self, tenant: str, platform: str, account: str) -> AbstractContextManager[None]:
        path = self._path(tenant, platform, account).with_suffix(".lock")
        return exclusive(path, self._timeout, f"tokens of {tenant}/{platform}/{account}")

    def _path(self, tenant: str, platform: str, account: str) -> Path:
        return self._folder / quote(tenant, safe="") / f"{platform}-{quote(account, safe='')}.token"

    def _cipher(self) -> MultiFernet:
        keys = self._keys()
        try:
            return MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            remedy = "MARKETING_TOKEN_KEY takes 32 bytes in URL-safe base64, several separated by commas"
            raise TokenStoreError(f"the token key is no Fernet key. Remedy: {remedy}.") from None


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step, mode 0600, on disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def key_file(path: Path) -> str:
    """The key in a file, made on first use; two processes that make it at once end up with the same."""
    if not path.exists():
        with exclusive(path.with_suffix(".lock"), 60, "token key"):
            if not path.exists():
                write_private(path, Fernet.generate_key())
    return register_secret(path.read_text(encoding="ascii").strip())
