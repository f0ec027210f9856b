"""Shopee's tokens: self-contained and signed with the seed, so a restarted sandbox knows those it gave.

Which refresh tokens and codes are used up, and which access tokens were replaced, is remembered in memory.
A chain of refreshes belongs to one grant; two grants (say, two developers asking the control port for
credentials) do not disturb each other.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass

from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.settings import Settings

MAC_CHARACTERS = 24


@dataclass(frozen=True)
class Token:
    """``kind`` is access, refresh or code; ``generation`` counts the refreshes within a grant."""

    kind: str
    partner_id: int
    shop_id: int
    grant: str
    generation: int
    expires: int


class Unknown(Exception):
    """Not a token of this sandbox, of the wrong kind, or used up."""


class Expired(Exception):
    """Once a good token."""


class Tokens:
    def __init__(self, seed: int, clock: Clock, settings: Settings) -> None:
        self._key = f"shopee-tokens/{seed}".encode()
        self._clock, self._settings = clock, settings
        self._lock = threading.Lock()
        self._used: set[str] = set()
        self._dies: dict[tuple[str, int], float] = {}

    def code(self, partner_id: int, shop_id: int) -> str:
        """A fresh consent: an authorization code."""
        expires = int(self._clock.now() + self._settings.shopee_code_seconds)
        return self._seal(Token("code", partner_id, shop_id, secrets.token_hex(6), 0, expires))

    def pair(
        self, partner_id: int, shop_id: int, grant: str | None = None, generation: int = 0
    ) -> tuple[str, str]:
        """``(access token, refresh token)``, of a new grant unless told."""
        grant = grant or secrets.token_hex(6)
        now = int(self._clock.now())
        access = Token(
            "access", partner_id, shop_id, grant, generation, now + self._settings.shopee_access_seconds
        )
        refresh = Token(
            "refresh", partner_id, shop_id, grant, generation, now + self._settings.shopee_refresh_seconds
        )
        return self._seal(access), self._seal(refresh)

    def check_access(self, text: str) -> Token:
        token = self._open(text, "access")
        now = self._clock.now()
        dies = self._dies.get((token.grant, token.generation), float(token.expires))
        if now >= min(token.expires, dies):
            raise Expired
        return token

    def use_once(self, text: str, kind: str) -> Token:
        """A code or refresh token, dead from now on; what it replaces dies a little later."""
        token = self._open(text, kind)
        if self._clock.now() >= token.expires:
            raise Expired
        with self._lock:
            if text in self._used:
                raise Unknown
            self._used.add(text)
            grace = self._clock.now() + self._settings.shopee_old_access_seconds
            if kind == "refresh":
                self._dies[token.grant, token.generation] = grace
        return token

    def _seal(self, token: Token) -> str:
        fields = (token.kind, token.partner_id, token.shop_id, token.grant, token.generation, token.expires)
        text = "/".join(map(str, fields))
        body = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return body + self._mac(body)

    def _open(self, text: str, kind: str) -> Token:
        body, mac = text[:-MAC_CHARACTERS], text[-MAC_CHARACTERS:]
        if not hmac.compare_digest(mac.encode(), self._mac(body).encode()):
            raise Unknown
        try:
            fields = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode().split("/")
        except (binascii.Error, UnicodeDecodeError):
            raise Unknown from None
        token = Token(fields[0], int(fields[1]), int(fields[2]), fields[3], int(fields[4]), int(fields[5]))
        if token.kind != kind:
            raise Unknown
        return token

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()[:MAC_CHARACTERS]
