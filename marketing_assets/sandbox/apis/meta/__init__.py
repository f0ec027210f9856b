"""Meta Marketing API v26.0: versions, tokens, proofs, pages, usage headers and errors of the real thing."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from marketing_assets.sandbox.accounts import TENANTS, MetaAccount
from marketing_assets.sandbox.advertising import Advertising
from marketing_assets.sandbox.apis.meta import errors, oauth, tokens
from marketing_assets.sandbox.apis.meta.errors import GraphError
from marketing_assets.sandbox.apis.meta.graph import PLATFORM, Call, Graph
from marketing_assets.sandbox.apis.meta.usage import Usage, headers_of_fault
from marketing_assets.sandbox.faults import Fault
from marketing_assets.sandbox.gate import Dialect
from marketing_assets.sandbox.world import World

VERSIONS = ("v24.0", "v25.0", "v26.0")


def _reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json; charset=UTF-8")


def _refusal(error: GraphError, headers: dict[str, str] | None = None) -> Response:
    told = f'OAuth "Facebook Platform" "invalid_request" "{error.message}"'
    challenge = {"WWW-Authenticate": told.encode("ascii", "replace").decode()} if error.code == 190 else {}
    return _reply(error.body(), error.status, {**challenge, **(headers or {})})


def _token(request: Request, params: dict[str, str]) -> str | None:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return params.get("access_token") or (bearer if scheme.lower() in ("bearer", "oauth") else None)


def _tenant(request: Request) -> str | None:
    """By the account in the path, else by the permanent token or the app."""
    query = request.query_params
    for tenant in TENANTS.values():
        own = tenant.meta
        if f"act_{own.account_id}" in request.url.path.split("/"):
            return tenant.key
        if own.access_token == _token(request, dict(query)) or own.app_id == query.get("client_id"):
            return tenant.key
    return None


def _rate_limit(fault: Fault) -> Response:
    minutes = max(1, -(-fault.retry_after // 60))
    return _refusal(errors.throttled(True, minutes), headers_of_fault(fault.tenant, minutes))


DIALECT = Dialect(
    platform=PLATFORM,
    tenant=_tenant,
    answers={
        "rate_limit": _rate_limit,
        "quota_day": lambda fault: _refusal(errors.throttled(False, 60)),
        "server_error": lambda fault: _refusal(errors.unavailable(fault.status or 500)),
        "expired_token": lambda fault: _refusal(errors.TOKEN_EXPIRED),
    },
    without_token=tuple(
        f"{version}/{path}"
        for version in ("", *(f"/{v}" for v in VERSIONS))
        for path in ("oauth/", "dialog/")
    ),
)


async def _params(request: Request) -> dict[str, str]:
    """Query and form (or JSON) body together; the body wins."""
    params = dict(request.query_params)
    body = await request.body()
    if body and request.headers.get("content-type", "").startswith("application/json"):
        sent = orjson.loads(body)
        params |= {k: v if isinstance(v, str) else orjson.dumps(v).decode() for k, v in sent.items()}
    elif body:
        params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return params


def _segments(path: str) -> list[str]:
    """The path without its version; GraphError when that version is not served."""
    parts = [part for part in path.split("/") if part]
    if not parts or not parts[0].startswith("v") or not parts[0][1:].replace(".", "", 1).isdigit():
        return parts
    version = parts[0]
    if version in VERSIONS:
        return parts[1:]
    if float(version[1:]) < float(VERSIONS[0][1:]):
        raise errors.old_version(version, VERSIONS[-1])
    raise errors.unknown_path(path)


class Meta:
    """The API around one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.usage = Usage(world.settings)
        self.graph = Graph(world.seed, Advertising(world), world.settings, world.faults)

    async def answer(self, request: Request) -> Response:
        """Any call."""
        now = self.world.clock.now()
        account: MetaAccount | None = None
        try:
            params = await _params(request)
            segments = _segments(request.url.path)
            if segments == ["dialog", "oauth"]:
                return RedirectResponse(oauth.consent(self.world.seed, now, params), 302)
            if segments == ["oauth", "access_token"]:
                return _reply(oauth.exchange(self.world.seed, now, params))
            if segments == ["debug_token"]:
                return _reply(oauth.debug(self.world.seed, now, params))
            token, about_me = _token(request, params), segments[:1] == ["me"]
            grant = tokens.admit(self.world.seed, now, token, params.get("appsecret_proof"), about_me)
            account = grant.account
            self.usage.count(account, segments[-1:] == ["insights"], now)
            url = str(request.url.replace(query=""))
            call = Call(request.method, grant, params, url, f"{request.url.path}?{request.url.query}", now)
            body = self.graph.answer(call, segments)
        except GraphError as error:
            return _refusal(error, self.usage.headers(account, now, error.wait_minutes))
        return _reply(body, headers=self.usage.headers(account, now))


def app(world: World) -> Starlette:
    """One route: Meta's graph decides by path segments."""
    return Starlette(routes=[Route("/{path:path}", Meta(world).answer, methods=["GET", "POST"])])


def credentials(world: World, tenant: str, base_url: str) -> dict[str, Any]:
    """What a client needs; the token is a system user's and does not expire."""
    account = world.accounts[tenant].meta
    return {
        "base_url": base_url,
        "api_version": VERSIONS[-1],
        "account_id": account.account_id,
        "app_id": account.app_id,
        "app_secret": account.app_secret,
        "access_token": account.access_token,
        "requires_proof": account.app_id in tokens.PROOF_REQUIRED_OF,
        "currency": account.currency,
        "time_zone": account.time_zone,
    }
