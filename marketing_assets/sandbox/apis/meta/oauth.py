"""How a client comes by a token: the consent dialog, the exchanges, and the debugger."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from marketing_assets.sandbox.accounts import TENANTS, Tenant
from marketing_assets.sandbox.apis.meta import errors, tokens
from marketing_assets.sandbox.apis.meta.errors import GraphError, parameter

Params = Mapping[str, str]


def _app(params: Params) -> Tenant:
    for tenant in TENANTS.values():
        if tenant.meta.app_id == params.get("client_id"):
            return tenant
    raise errors.APP_UNKNOWN


def _proven_app(params: Params) -> Tenant:
    tenant = _app(params)
    if params.get("client_secret") != tenant.meta.app_secret:
        raise errors.SECRET_WRONG
    return tenant


def consent(seed: int, now: float, params: Params) -> str:
    """Where the dialog sends the browser: everybody consents at once."""
    redirect = params.get("redirect_uri")
    if not redirect:
        raise parameter("The parameter redirect_uri is required")
    grant = tokens.Grant(_app(params), "code", int(now), int(now) + tokens.CODE_SECONDS, redirect)
    answer = {"code": tokens.issue(seed, grant)}
    if "state" in params:
        answer["state"] = params["state"]
    return f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(answer)}"


def exchange(seed: int, now: float, params: Params) -> dict[str, Any]:
    """A short-lived token for a code, or a long-lived one for a valid token."""
    tenant = _proven_app(params)
    if params.get("grant_type") == "client_credentials":
        return {"access_token": f"{tenant.meta.app_id}|{tenant.meta.app_secret}", "token_type": "bearer"}
    if params.get("grant_type") == "fb_exchange_token":
        return _token(seed, now, _exchanged(seed, now, tenant, params), "long", tokens.LONG_SECONDS)
    return _token(seed, now, _redeemed(seed, now, tenant, params), "user", tokens.SHORT_SECONDS)


def _token(seed: int, now: float, tenant: Tenant, purpose: str, life: int) -> dict[str, Any]:
    grant = tokens.Grant(tenant, purpose, int(now), int(now) + life)
    return {"access_token": tokens.issue(seed, grant), "token_type": "bearer", "expires_in": life}


def _exchanged(seed: int, now: float, tenant: Tenant, params: Params) -> Tenant:
    grant = tokens.access_grant(seed, params.get("fb_exchange_token", ""))
    if grant is None or grant.tenant.key != tenant.key:
        raise errors.TOKEN_INVALID
    if grant.expires and now >= grant.expires:
        raise errors.TOKEN_EXPIRED
    return tenant


def _redeemed(seed: int, now: float, tenant: Tenant, params: Params) -> Tenant:
    grant = tokens.read(seed, params.get("code", ""))
    if grant is None or grant.purpose != "code" or grant.tenant.key != tenant.key:
        raise errors.CODE_INVALID
    if now >= grant.expires:
        raise errors.CODE_EXPIRED
    if params.get("redirect_uri") != grant.redirect:
        raise errors.REDIRECT_DIFFERS
    return tenant


def debug(seed: int, now: float, params: Params) -> dict[str, Any]:
    """What is known of `input_token`, asked with an app's or a user's own token."""
    _may_debug(seed, params.get("access_token", ""))
    grant = tokens.access_grant(seed, params.get("input_token", ""))
    if grant is None:
        return {"data": {"error": _inner(errors.TOKEN_INVALID), "is_valid": False, "scopes": []}}
    expired = bool(grant.expires) and now >= grant.expires
    data = {
        "app_id": grant.account.app_id,
        "type": "SYSTEM_USER" if grant.purpose == "system" else "USER",
        "application": f"{grant.tenant.name} reporting",
        "expires_at": grant.expires,
        "data_access_expires_at": 0 if grant.purpose == "system" else grant.issued + 90 * 86_400,
        "is_valid": not expired,
        "issued_at": grant.issued,
        "scopes": tokens.SCOPES,
        "user_id": user_id(grant.tenant),
    }
    return {"data": {**data, "error": _inner(errors.TOKEN_EXPIRED)} if expired else data}


def _may_debug(seed: int, token: str) -> None:
    if any(token == f"{t.meta.app_id}|{t.meta.app_secret}" for t in TENANTS.values()):
        return
    if tokens.access_grant(seed, token) is None:
        raise errors.TOKEN_INVALID


def _inner(error: GraphError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "subcode": error.subcode}


def user_id(tenant: Tenant) -> str:
    """The id of the (system) user in whose name the tenant's app acts."""
    return "122" + tenant.meta.account_id[3:]
