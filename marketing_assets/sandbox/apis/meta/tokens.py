"""Access tokens, authorization codes and proofs.

Tokens are signed notes (app, purpose, expiry) under the world's seed, so a restarted sandbox knows them. The
permanent token of each account's declaration (a system user's) is accepted as well.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from marketing_assets.sandbox.accounts import TENANTS, MetaAccount, Tenant
from marketing_assets.sandbox.apis.meta import errors

PREFIX = "EAAB"
SHORT_SECONDS = 5_400
LONG_SECONDS = 5_184_000
MARK = "ZD"
_SIGNED = len(MARK) + 43
"""Characters of the mark and of a signature, which is 32 bytes in base64 without padding."""
CODE_SECONDS = 600
SCOPES = ["ads_read", "read_insights", "business_management"]

# Apps which refuse server calls without appsecret_proof ("Require App Secret" in the app's settings).
PROOF_REQUIRED_OF = frozenset({TENANTS["siam"].meta.app_id})


@dataclass(frozen=True)
class Grant:
    """What a token or code stands for. Times are Unix seconds on the wire's clock; `expires` 0: never."""

    tenant: Tenant
    purpose: str
    issued: int
    expires: int
    redirect: str = ""

    @property
    def account(self) -> MetaAccount:
        return self.tenant.meta


def _signature(seed: int, note: str) -> str:
    key = f"meta tokens/{seed}".encode()
    return (
        base64.urlsafe_b64encode(hmac.new(key, note.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    )


def issue(seed: int, grant: Grant) -> str:
    """The grant as an opaque string."""
    fields = [grant.tenant.key, grant.purpose, grant.issued, grant.expires, grant.redirect]
    note = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
    return f"{PREFIX}{note}{MARK}{_signature(seed, note)}"


def read(seed: int, text: str) -> Grant | None:
    """The grant behind an issued string; None when it is not ours or was altered."""
    # By its length, because the mark may stand in a signature too.
    note, signature = text.removeprefix(PREFIX)[:-_SIGNED], text[-_SIGNED:].removeprefix(MARK)
    if not text.startswith(PREFIX) or not hmac.compare_digest(signature, _signature(seed, note)):
        return None
    tenant, purpose, issued, expires, redirect = json.loads(
        base64.urlsafe_b64decode(note + "=" * (-len(note) % 4))
    )
    return Grant(TENANTS[tenant], purpose, issued, expires, redirect)


def access_grant(seed: int, token: str) -> Grant | None:
    """What the access token grants, expired or not; None when it is none of ours."""
    for tenant in TENANTS.values():
        if hmac.compare_digest(token.encode(), tenant.meta.access_token.encode()):
            return Grant(tenant, "system", 0, 0)
    grant = read(seed, token)
    return grant if grant is not None and grant.purpose in ("user", "long") else None


def proof(app_secret: str, token: str) -> str:
    """Lower-case hex HMAC-SHA256 of the token under the app's secret."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def admit(seed: int, now: float, token: str | None, given_proof: str | None, about_me: bool) -> Grant:
    """The grant of a call, or the error that Meta answers with."""
    if not token:
        raise errors.TOKEN_MISSING_ME if about_me else errors.TOKEN_MISSING
    grant = access_grant(seed, token)
    if grant is None:
        raise errors.TOKEN_INVALID
    if grant.expires and now >= grant.expires:
        raise errors.TOKEN_EXPIRED
    if given_proof is None:
        if grant.account.app_id in PROOF_REQUIRED_OF:
            raise errors.PROOF_MISSING
    elif not hmac.compare_digest(given_proof.encode(), proof(grant.account.app_secret, token).encode()):
        raise errors.PROOF_WRONG
    return grant
