"""Google's OAuth: access tokens for a refresh token, and where token endpoint and consent page are.

Source: Google Identity, installed apps. An access token lives an hour. A refresh token works until it is
revoked (after 7 days where the app's consent screen is still in testing, or 6 months unused), and any number
of times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from marketing_assets.platforms.google_ads.dialect import TokenDialect
from marketing_assets.platforms.http import Call, Limits, Transport
from marketing_assets.platforms.reading import read
from marketing_assets.platforms.tokens import Tokens

TOKEN_URL = "https://oauth2.googleapis.com"  # noqa: S105 - an address
CONSENT_URL = "https://accounts.google.com"
TOKEN_PATH = "/token"  # noqa: S105 - a path
CONSENT_PATH = "/o/oauth2/v2/auth"


class Granted(msgspec.Struct):
    """Tokens as Google grants them; `expires_in` in seconds. A refresh token comes with a code only."""

    access_token: str
    expires_in: int
    refresh_token: str = ""

    def tokens(self, now: float, refresh_token: str = "") -> Tokens:
        return Tokens(
            self.access_token, self.refresh_token or refresh_token, expires_at=now + self.expires_in
        )


@dataclass
class OneToken:
    """A token store for one connection, in memory: for a refresh token that stands among the secrets."""

    tokens: Tokens

    def read(self, tenant: str, platform: str, account: str) -> Tokens:
        return self.tokens

    def write(self, tenant: str, platform: str, account: str, tokens: Tokens) -> None:
        self.tokens = tokens

    @contextmanager
    def lock(self, tenant: str, platform: str, account: str) -> Iterator[None]:
        yield


@dataclass(frozen=True)
class OAuthClient:
    """The OAuth client in whose name tokens are exchanged; `connection` is `tenant/platform/account`."""

    connection: str
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    dead_remedy: str | None = None
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] | None = None

    def refreshed(self, held: Tokens) -> Tokens:
        """A new access token for the refresh token."""
        granted = self._granted(grant_type="refresh_token", refresh_token=held.refresh_token)
        return granted.tokens(self.now(), held.refresh_token)

    def redeemed(self, code: str, verifier: str, redirect: str) -> Tokens:
        """The first tokens for a consent's code. `verifier` is the secret whose hash the consent page got."""
        granted = self._granted(
            grant_type="authorization_code", code=code, code_verifier=verifier, redirect_uri=redirect
        )
        return granted.tokens(self.now())

    def _granted(self, **form: str) -> Granted:
        form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        transport = Transport(
            connection=self.connection,
            base_url=self.base_url,
            dialect=TokenDialect(self.dead_remedy),
            limits=Limits(deadline_seconds=300),
            wall=self.now,
            sleep=self.sleep,
        )
        try:
            return read(transport, Call("POST", TOKEN_PATH, form=form), Granted)
        finally:
            transport.close()
