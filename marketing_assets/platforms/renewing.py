"""The access token of one connection: read from the token store, renewed before it expires."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.tokens import TokenKey, Tokens, TokenStore, refresh_tokens

RENEW_BEFORE_SECONDS = 300
"""Long enough that calls under way with the old token still go through."""


class RenewedTokens:
    """Safe to use from several threads. `exchange` trades the stored tokens for new ones at the platform."""

    def __init__(
        self,
        store: TokenStore,
        key: TokenKey,
        exchange: Callable[[Tokens], Tokens],
        now: Callable[[], float] = time.time,
    ):
        self._store, self._key, self._exchange, self._now = store, key, exchange, now
        self._lock = threading.Lock()
        self._held: Tokens | None = None

    def access_token(self) -> str:
        """A token that is good for some minutes; class AUTH_DEAD where the account never gave one."""
        with self._lock:
            held = self._tokens()
            if held.expires_at is not None and held.expires_at - self._now() < RENEW_BEFORE_SECONDS:
                held = self._renewed(held)
            return held.access_token

    def renew(self) -> None:
        """Get a new token although the present one should still be good: the platform refused it."""
        with self._lock:
            self._renewed(self._tokens())

    def _tokens(self) -> Tokens:
        if self._held is None:
            self._held = self._store.read(self._key.tenant, self._key.platform, self._key.account)
        if self._held is None:
            message = "this connection was never authorised"
            raise PlatformError(Failure.AUTH_DEAD, connection=str(self._key), message=message)
        return self._held

    def _renewed(self, held: Tokens) -> Tokens:
        self._held = refresh_tokens(self._store, self._key, self._exchange, held.access_token)
        return self._held
