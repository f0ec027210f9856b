"""How an app comes by a token: the grant screen, its signed return, and the exchange of the code."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from marketing_assets.sandbox.accounts import TENANTS, ShopifyShop
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.settings import Settings

SCOPES = ("read_orders", "read_products", "read_customers", "read_inventory")
ALL_ORDERS = "read_all_orders"
CODE_SECONDS = 600
SHOPS: dict[str, ShopifyShop] = {key: one.shopify for key, one in TENANTS.items() if one.shopify is not None}


class Refused(Exception):
    """An OAuth request that Shopify answers with HTTP 400."""


def signature(secret: str, params: Mapping[str, str]) -> str:
    """The `hmac` of a return: hex HMAC-SHA256 over the other parameters, sorted by name."""
    message = urlencode(sorted((name, value) for name, value in params.items() if name != "hmac"))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


class OAuth:
    """Codes work once; tokens are signed with the seed, so a restarted sandbox knows those it gave."""

    def __init__(self, seed: int, clock: Clock, settings: Settings) -> None:
        self._key, self._clock, self._settings = f"shopify-tokens/{seed}".encode(), clock, settings
        self._lock = threading.Lock()
        self._codes: dict[str, tuple[str, float]] = {}

    def scopes(self) -> list[str]:
        return [*SCOPES, *([ALL_ORDERS] if self._settings.shopify_all_orders else [])]

    def consent(self, params: Mapping[str, str]) -> str:
        """Where the grant screen sends the browser: the merchant agrees at once."""
        found = [key for key, shop in SHOPS.items() if shop.client_id == params.get("client_id")]
        redirect = params.get("redirect_uri", "")
        if not found or not redirect:
            raise Refused("Oauth error invalid_request: client_id and redirect_uri are required.")
        shop, now = SHOPS[found[0]], self._clock.now()
        code = secrets.token_hex(16)
        with self._lock:
            self._codes[code] = (found[0], now + CODE_SECONDS)
        answer = {
            "code": code,
            "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvbm9ydGh3aW5k",
            "shop": shop.domain,
            "state": params.get("state", ""),
            "timestamp": str(int(now)),
        }
        answer["hmac"] = signature(shop.client_secret, answer)
        return f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}"

    def exchange(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A code, once, for a token that does not expire."""
        shop = next((one for one in SHOPS.values() if one.client_id == body.get("client_id")), None)
        if shop is None or body.get("client_secret") != shop.client_secret:
            raise Refused("application_cannot_be_found")
        with self._lock:
            tenant, expires = self._codes.pop(str(body.get("code")), ("", 0.0))
        if not tenant or self._clock.now() >= expires or SHOPS[tenant] != shop:
            raise Refused("invalid_request")
        return {"access_token": self._token(tenant, secrets.token_hex(6)), "scope": ",".join(self.scopes())}

    def tenant(self, token: str) -> str | None:
        """Whose token it is; None for one of nobody's."""
        for key, shop in SHOPS.items():
            if hmac.compare_digest(token.encode(), shop.access_token.encode()):
                return key
            parts = token.removeprefix("shpat_").split("_")
            if len(parts) == 2 and hmac.compare_digest(token.encode(), self._token(key, parts[0]).encode()):
                return key
        return None

    def _token(self, tenant: str, nonce: str) -> str:
        mac = hmac.new(self._key, f"{tenant}/{nonce}".encode(), hashlib.sha256).hexdigest()[:24]
        return f"shpat_{nonce}_{mac}"
