"""Access and refresh tokens: what they are, where they are kept, and how to refresh them safely.

A single-use refresh token is spent the moment the platform answers. `refresh_tokens` therefore lets only one
process of all refresh a connection at a time, and has the answer on disk (or in Secret Manager) before
anybody uses it. What stays unavoidable: a process that dies between the platform's answer and the end of
`write` (a few milliseconds) takes the new pair with it; the connection must then be authorised anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields
from typing import Protocol

from marketing_assets.redaction import register_secret


class TokenStoreError(Exception):
    """A token store that cannot be used, with what to do about it."""


@dataclass(frozen=True)
class Tokens:
    """What a connection signs in with. Moments are Unix seconds; None means it does not expire by time."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: float | None = None
    refresh_expires_at: float | None = None

    def __post_init__(self) -> None:
        register_secret(self.access_token)
        register_secret(self.refresh_token)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Tokens:
        content = json.loads(text)
        return Tokens(**{f.name: content[f.name] for f in fields(Tokens) if f.name in content})


@dataclass(frozen=True)
class TokenKey:
    """Whose tokens."""

    tenant: str
    platform: str
    account: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.platform}/{self.account}"


class TokenStore(Protocol):
    """Keeps the tokens of connections."""

    def read(self, tenant: str, platform: str, account: str) -> Tokens | None:
        """The newest tokens, or None where the connection was never authorised."""
        ...

    def write(self, tenant: str, platform: str, account: str, tokens: Tokens) -> None:
        """Keep tokens; when it returns, they outlive a crash of the machine."""
        ...

    def lock(self, tenant: str, platform: str, account: str) -> AbstractContextManager[None]:
        """Held by one at a time, over all processes that share the store."""
        ...


def refresh_tokens(
    store: TokenStore, key: TokenKey, exchange: Callable[[Tokens], Tokens], stale: str
) -> Tokens:
    """New tokens instead of those with the access token `stale`, stored before they are returned.

    Where another process was quicker, its tokens are returned and `exchange` is not called. `exchange` turns
    the stored tokens into new ones at the platform; what it raises passes through, unless the store meanwhile
    holds other tokens (a person authorised the connection anew).
    """
    whose = (key.tenant, key.platform, key.account)
    with store.lock(*whose):
        held = store.read(*whose)
        if held is None:
            remedy = f"run `marketing connections authorize {key.tenant} {key.platform}`"
            raise TokenStoreError(f"{key}: no tokens are stored. Remedy: {remedy}.")
        if held.access_token != stale:
            return held
        try:
            fresh = exchange(held)
        except Exception:
            newest = store.read(*whose)
            if newest is None or newest == held:
                raise
            return newest
        store.write(*whose, fresh)
        return fresh
