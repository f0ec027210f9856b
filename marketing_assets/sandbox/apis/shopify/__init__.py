"""Shopify GraphQL Admin 2026-10: tokens, costs, pages, bulk operations and errors of the real thing."""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from marketing_assets.sandbox.apis.shopify import errors
from marketing_assets.sandbox.apis.shopify.admin import Admin
from marketing_assets.sandbox.apis.shopify.oauth import SHOPS, OAuth, Refused
from marketing_assets.sandbox.faults import Fault
from marketing_assets.sandbox.gate import Dialect
from marketing_assets.sandbox.world import World

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
TOKEN_HEADER = "x-shopify-access-token"


def _tenant(request: Request) -> str | None:
    """By the custom app's token."""
    token = request.headers.get(TOKEN_HEADER, "")
    return next((key for key, shop in SHOPS.items() if shop.access_token == token), None)


def _server_error(fault: Fault) -> Response:
    if fault.status:
        return errors.plain("Internal Server Error", fault.status)
    return errors.reply(errors.internal().body())


def _rate_limit(fault: Fault) -> Response:
    """The bucket is empty, and the query wants as many points as come back in the seconds told."""
    if fault.status:
        return errors.reply({"errors": "Exceeded the limit"}, fault.status)
    level = {"maximumAvailable": 2000.0, "currentlyAvailable": 0, "restoreRate": 100.0}
    cost = {
        "requestedQueryCost": 100 * fault.retry_after,
        "actualQueryCost": None,
        "throttleStatus": level,
    }
    return errors.reply(errors.throttled().body(cost))


DIALECT = Dialect(
    platform="shopify",
    tenant=_tenant,
    answers={
        "rate_limit": _rate_limit,
        "server_error": _server_error,
        "expired_token": lambda fault: errors.plain(errors.UNKNOWN_TOKEN, 401),
    },
    without_token=("/admin/oauth/", "/bulk/"),
)


class Shopify:
    """The API around one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.oauth = OAuth(world.seed, world.clock, world.settings)
        self.admins = {key: Admin(world, store, self.oauth) for key, store in world.storefronts.items()}

    async def graphql(self, request: Request) -> Response:
        tenant = self.oauth.tenant(request.headers.get(TOKEN_HEADER, ""))
        if tenant is None:
            return errors.plain(errors.UNKNOWN_TOKEN, 401)
        asked = request.path_params["version"]
        served = asked if asked in VERSIONS else VERSIONS[0]
        base_url = str(request.base_url).rstrip("/")
        try:
            body = orjson.loads(await request.body())
            text, variables = str(body["query"]), dict(body.get("variables") or {})
        except (ValueError, KeyError, TypeError):
            return errors.plain("Bad Request", 400)
        answer = self.admins[tenant].answer(text, variables, base_url)
        return errors.reply(answer, headers={"X-Shopify-API-Version": served})

    async def bulk_file(self, request: Request) -> Response:
        """A result; its address is the only key to it."""
        number, secret = int(request.path_params["number"]), request.query_params.get("signature")
        for admin in self.admins.values():
            operation = admin.bulk.find(number)
            if operation is not None and operation.secret == secret:
                return Response(operation.file(), media_type="application/jsonl")
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")

    async def authorize(self, request: Request) -> Response:
        return await self._oauth(
            lambda: RedirectResponse(self.oauth.consent(dict(request.query_params)), 302)
        )

    async def access_token(self, request: Request) -> Response:
        body = orjson.loads(await request.body())
        return await self._oauth(lambda: errors.reply(self.oauth.exchange(body)))

    async def _oauth(self, answer: Callable[[], Response]) -> Response:
        try:
            return answer()
        except Refused as refused:
            return errors.reply({"error": str(refused), "error_description": str(refused)}, 400)


async def _not_found(request: Request, error: Exception) -> Response:
    return errors.plain("Not Found", 404)


def app(world: World) -> Starlette:
    api = Shopify(world)
    return Starlette(
        routes=[
            Route("/admin/api/{version}/graphql.json", api.graphql, methods=["POST"]),
            Route("/bulk/{number:int}.jsonl", api.bulk_file),
            Route("/admin/oauth/authorize", api.authorize),
            Route("/admin/oauth/access_token", api.access_token, methods=["POST"]),
        ],
        exception_handlers={404: _not_found},
    )


def credentials(world: World, tenant: str, base_url: str) -> dict[str, Any]:
    """What a client needs; empty for a tenant without a shop. The token is a custom app's."""
    shop = world.accounts[tenant].shopify
    if shop is None:
        return {}
    return {
        "base_url": base_url,
        "api_version": VERSIONS[-1],
        "shop_id": shop.shop_id,
        "domain": shop.domain,
        "client_id": shop.client_id,
        "client_secret": shop.client_secret,
        "access_token": shop.access_token,
        "currency": shop.currency,
        "time_zone": shop.time_zone,
    }
