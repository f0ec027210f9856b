"""Google Ads API v26 over REST: streams, manager accounts, OAuth, and errors in the words of the real
thing."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from marketing_assets.sandbox.accounts import TENANTS, Tenant
from marketing_assets.sandbox.apis.google_ads import errors
from marketing_assets.sandbox.apis.google_ads.errors import GoogleError
from marketing_assets.sandbox.apis.google_ads.oauth import Grant, OAuth, Refused
from marketing_assets.sandbox.apis.google_ads.service import Service, field_mask
from marketing_assets.sandbox.gate import Dialect
from marketing_assets.sandbox.search_advertising import SearchAdvertising
from marketing_assets.sandbox.world import World

PLATFORM = "google_ads"
VERSIONS = ("v24", "v25", "v26")
PAGE = 10_000
TOKEN, CONSENT = "/token", "/o/oauth2/v2/auth"


def _reply(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json; charset=UTF-8")


def _streamed(error: GoogleError) -> Response:
    """As streams tell errors: in a list of one."""
    return _reply([error.body()], error.http)


def _tenant(request: Request) -> str | None:
    """By the customer in the path."""
    return next((t.key for t in TENANTS.values() if f"/{t.google.customer_id}/" in request.url.path), None)


def _said(body: bytes) -> dict[str, str]:
    """The query of a call, for the log of requests; nothing of forms, which hold secrets."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return {"query": told["query"]} if isinstance(told, dict) and isinstance(told.get("query"), str) else {}


DIALECT = Dialect(
    platform=PLATFORM,
    tenant=_tenant,
    answers={
        "rate_limit": lambda fault: _streamed(errors.busy(fault.retry_after)),
        "quota_day": lambda fault: _streamed(errors.exhausted()),
        "server_error": lambda fault: _streamed(errors.broken(fault.status or 503)),
        "expired_token": lambda fault: _streamed(errors.TOKEN_EXPIRED),
    },
    without_token=(TOKEN, CONSENT),
    said=_said,
)


class GoogleAds:
    """The API around one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.oauth = OAuth(world)
        self.service = Service(SearchAdvertising(world))

    async def consent(self, request: Request) -> Response:
        try:
            return RedirectResponse(self.oauth.consent(dict(request.query_params)), 302)
        except Refused as refused:
            return _reply(refused.body(), refused.status)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        try:
            return _reply(self.oauth.token(form))
        except Refused as refused:
            return _reply(refused.body(), refused.status)

    async def accessible(self, request: Request) -> Response:
        """The accounts that the user may open without going through another."""
        try:
            _version(request)
            tenant = self._grant(request).tenant
        except GoogleError as error:
            return _reply(error.body(), error.http)
        return _reply({"resourceNames": [f"customers/{tenant.google.login_id}"]})

    async def stream(self, request: Request) -> Response:
        try:
            body, tenant = await self._admitted(request)
            query, rows = self.service.answer(tenant.key, str(body.get("query", "")))
        except GoogleError as error:
            return _streamed(error)
        rows = rows[: query.limit]
        size = int(self.world.settings.google_stream_rows)
        target = f"{request.url.path}?{body.get('query')}"
        pieces = [rows[start : start + size] for start in range(0, len(rows), size)]
        mask, request_id = field_mask(query), secrets.token_urlsafe(16)
        return _reply(
            [
                {
                    "results": self.world.faults.without_some(PLATFORM, target, tenant.key, piece),
                    "fieldMask": mask,
                    "requestId": request_id,
                    "queryResourceConsumption": str(100 + len(piece)),
                }
                for piece in pieces
            ]
        )

    async def search(self, request: Request) -> Response:
        """Pages of a fixed size. `totalResultsCount` knows nothing of the query's limit."""
        try:
            body, tenant = await self._admitted(request)
            if "pageSize" in body:
                raise errors.PAGE_SIZE
            query, rows = self.service.answer(tenant.key, str(body.get("query", "")))
            start = _offset(str(body.get("pageToken", "")))
        except GoogleError as error:
            return _reply(error.body(), error.http)
        wanted = body.get("searchSettings") or {}
        limited = rows[: query.limit]
        answer: dict[str, Any] = {"fieldMask": field_mask(query)}
        if not wanted.get("omitResults"):
            answer["results"] = limited[start : start + PAGE]
            if start + PAGE < len(limited):
                answer["nextPageToken"] = base64.urlsafe_b64encode(str(start + PAGE).encode()).decode()
        if wanted.get("returnTotalResultsCount"):
            answer["totalResultsCount"] = str(len(rows))
        return _reply(answer)

    async def _admitted(self, request: Request) -> tuple[Mapping[str, Any], Tenant]:
        """The call's body and the account it is about; GoogleError where the user may not see it."""
        _version(request)
        grant = self._grant(request)
        customer = request.path_params["customer"]
        account = grant.tenant.google
        if customer != account.customer_id:
            known = any(t.google.customer_id == customer for t in TENANTS.values())
            raise errors.NO_ACCESS if known else errors.NO_SUCH_CUSTOMER
        if request.headers.get("login-customer-id", customer) != account.login_id:
            raise errors.NO_ACCESS
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            raise errors.request("BAD_RESOURCE_ID", "Request body is no JSON.") from None
        return body, grant.tenant

    def _grant(self, request: Request) -> Grant:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise errors.TOKEN_MISSING
        grant = self.oauth.read(token, "access")
        if grant is None:
            raise errors.TOKEN_INVALID
        if self.oauth.expired(grant):
            raise errors.TOKEN_EXPIRED
        return grant


def _version(request: Request) -> None:
    if request.path_params["version"] not in VERSIONS:
        raise errors.OLD_VERSION


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise errors.PAGE_TOKEN from None


def app(world: World) -> Starlette:
    """Google's three hosts in one: the API, the token endpoint and the consent page."""
    own = GoogleAds(world)
    customer = "/{version}/customers/{customer}/googleAds"
    return Starlette(
        routes=[
            Route(CONSENT, own.consent, methods=["GET"]),
            Route(TOKEN, own.token, methods=["POST"]),
            Route("/{version}/customers:listAccessibleCustomers", own.accessible, methods=["GET"]),
            Route(f"{customer}:searchStream", own.stream, methods=["POST"]),
            Route(f"{customer}:search", own.search, methods=["POST"]),
        ]
    )


def credentials(world: World, tenant: str, base_url: str) -> dict[str, Any]:
    """What a client needs; the refresh token is the declared one, which does not expire."""
    account = world.accounts[tenant].google
    life = int(world.settings.google_access_seconds)
    grant = Grant("access", TENANTS[tenant], int(world.clock.now()) + life)
    return {
        "base_url": base_url,
        "api_version": VERSIONS[-1],
        "account_id": account.customer_id,
        "login_customer_id": account.manager_id,
        "client_id": account.client_id,
        "client_secret": account.client_secret,
        "access_token": OAuth(world).issue(grant),
        "refresh_token": account.refresh_token,
        "expire_in": life,
        "currency": account.currency,
        "time_zone": account.time_zone,
    }
