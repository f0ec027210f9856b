"""Google's OAuth as installed apps use it: the consent page with PKCE, and the token endpoint.

Tokens are signed notes under the world's seed, so a restarted sandbox knows them. The refresh token of each
account's declaration is accepted as well. A code works once.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from marketing_assets.sandbox.accounts import TENANTS, Tenant
from marketing_assets.sandbox.world import World

SCOPE = "https://www.googleapis.com/auth/adwords"
_PREFIX = {"access": "ya29.", "refresh": "1//0", "code": "4/0A"}

Params = Mapping[str, str]


@dataclass(frozen=True)
class Refused(Exception):
    """An error of the token endpoint."""

    error: str
    description: str
    status: int = 400

    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


@dataclass(frozen=True)
class Grant:
    """What a token or code stands for; `expires` in Unix seconds of the wire's clock, 0 = never."""

    kind: str
    tenant: Tenant
    expires: int
    redirect: str = ""
    challenge: str = ""


class OAuth:
    def __init__(self, world: World) -> None:
        self.world = world
        self._key = f"google tokens/{world.seed}".encode()
        self._used: set[str] = set()

    def consent(self, params: Params) -> str:
        """Where the page sends the browser: everybody agrees at once. Refused without what Google wants."""
        tenant = _client(params)
        redirect = params.get("redirect_uri", "")
        if not redirect.startswith("http://127.0.0.1"):
            raise Refused("redirect_uri_mismatch", "The redirect URI is not one of this client's.")
        if params.get("response_type") != "code" or SCOPE not in params.get("scope", "").split():
            raise Refused("invalid_request", "Required parameter is missing: response_type, scope")
        challenge = params.get("code_challenge", "")
        if challenge and params.get("code_challenge_method") != "S256":
            raise Refused("invalid_request", "Only S256 is supported here.")
        life = self.world.settings.google_code_seconds
        code = self.issue(Grant("code", tenant, self._now() + life, redirect, challenge))
        answer = {"code": code, "scope": params["scope"]}
        if "state" in params:
            answer["state"] = params["state"]
        return f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}"

    def token(self, params: Params) -> dict[str, Any]:
        """An access token for a code or for a refresh token; a code brings a refresh token too."""
        tenant = _client(params)
        if params.get("client_secret") != tenant.google.client_secret:
            raise Refused("invalid_client", "The provided client secret is invalid.", 401)
        if params.get("grant_type") == "authorization_code":
            self._redeem(params, tenant)
            return self._granted(tenant) | {"refresh_token": self.issue(Grant("refresh", tenant, 0))}
        if params.get("grant_type") != "refresh_token":
            raise Refused("unsupported_grant_type", f"Invalid grant_type: {params.get('grant_type', '')}")
        known = self._refresh_grant(params.get("refresh_token", ""))
        if known is None or known.key != tenant.key:
            raise Refused("invalid_grant", "Token has been expired or revoked.")
        return self._granted(tenant)

    def _granted(self, tenant: Tenant) -> dict[str, Any]:
        life = self.world.settings.google_access_seconds
        access = self.issue(Grant("access", tenant, self._now() + life))
        return {"access_token": access, "expires_in": life, "scope": SCOPE, "token_type": "Bearer"}

    def _redeem(self, params: Params, tenant: Tenant) -> None:
        code = params.get("code", "")
        grant = self.read(code, "code")
        if grant is None or grant.tenant.key != tenant.key or code in self._used:
            raise Refused("invalid_grant", "Malformed auth code.")
        if grant.expires <= self._now():
            raise Refused("invalid_grant", "Bad Request")
        if params.get("redirect_uri") != grant.redirect:
            raise Refused("redirect_uri_mismatch", "Bad Request")
        if grant.challenge and grant.challenge != _challenge(params.get("code_verifier", "")):
            raise Refused("invalid_grant", "Invalid code verifier.")
        self._used.add(code)

    def _refresh_grant(self, token: str) -> Tenant | None:
        for tenant in TENANTS.values():
            if hmac.compare_digest(token.encode(), tenant.google.refresh_token.encode()):
                return tenant
        grant = self.read(token, "refresh")
        return grant.tenant if grant else None

    def expired(self, grant: Grant) -> bool:
        return bool(grant.expires) and grant.expires <= self._now()

    def issue(self, grant: Grant) -> str:
        """The grant as an opaque string."""
        fields = [grant.kind, grant.tenant.key, grant.expires, grant.redirect, grant.challenge]
        note = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
        return f"{_PREFIX[grant.kind]}{note}.{self._signature(note)}"

    def read(self, text: str, kind: str) -> Grant | None:
        """The grant behind an issued string; None when it is not ours, of another kind, or was altered."""
        note, dot, signature = text.removeprefix(_PREFIX[kind]).rpartition(".")
        if not dot or not text.startswith(_PREFIX[kind]):
            return None
        if not hmac.compare_digest(signature.encode(), self._signature(note).encode()):
            return None
        told = json.loads(base64.urlsafe_b64decode(note + "=" * (-len(note) % 4)))
        return Grant(told[0], TENANTS[told[1]], *told[2:]) if told[0] == kind else None

    def _signature(self, note: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, note.encode(), "sha256")).decode().rstrip("=")

    def _now(self) -> int:
        return int(self.world.clock.now())


def _client(params: Params) -> Tenant:
    for tenant in TENANTS.values():
        if tenant.google.client_id == params.get("client_id"):
            return tenant
    raise Refused("invalid_client", "The OAuth client was not found.", 401)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
