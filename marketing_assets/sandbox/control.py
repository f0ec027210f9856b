"""The control port: credentials, truth, and the knobs for tests. Nothing else in the world needs it.

    GET    /_world/health
    GET    /_world/credentials                   {tenant: {platform: {base_url, ...}}}
    GET    /_world/truth?tenant=&platform=&from=&to=
    GET    /_world/anomalies?tenant=&from=&to=
    GET    /_world/clock      POST {as_of?: date, instant or null, offset_seconds?: number}
    GET    /_world/faults     PUT [fault] (replaces all)   POST fault (adds one)   DELETE
    GET    /_world/settings   PUT {name: number}
    GET    /_world/requests?last=50              DELETE
    POST   /_world/orders/{tenant}               places or amends an order, see ``hand_orders.py``
    DELETE /_world/orders                        forgets all that was placed or amended
    POST   /_world/storefront/{tenant} {order_id} touches an order of the Shopify shop
    GET    /_world/pushes     PUT [{tenant, platform, url}]: push changed orders there from now on

``from`` and ``to`` are inclusive dates; without them: the 30 days up to the world's today.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketing_assets.sandbox import anomalies, hand_orders
from marketing_assets.sandbox.advertising import planted
from marketing_assets.sandbox.apis.catalog import Platform
from marketing_assets.sandbox.pushes import Courier
from marketing_assets.sandbox.truth import PLATFORMS, Truth
from marketing_assets.sandbox.world import World

USUAL_DAYS = 30


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")


Handler = Callable[[Request], Awaitable[Response]]


class Control:
    def __init__(
        self, world: World, apis: Mapping[str, Platform], urls: Mapping[str, str], courier: Courier
    ) -> None:
        self.world, self.apis, self.urls, self.courier = world, apis, urls, courier
        self._truth = Truth(world)

    async def health(self, request: Request) -> Response:
        return _json({"status": "ok", "seed": self.world.seed, "as_of": self.world.clock.as_of.isoformat()})

    async def credentials(self, request: Request) -> Response:
        return _json(
            {
                tenant: {
                    name: told
                    for name, api in self.apis.items()
                    if (told := api.credentials(self.world, tenant, self.urls[name]))
                }
                for tenant in self.world.accounts
            }
        )

    async def truth(self, request: Request) -> Response:
        first, last = self._span(request)
        platforms = self._chosen(request, "platform", list(PLATFORMS))
        return _json(self._truth.rows(self._tenants(request), platforms, first, last))

    async def anomalies(self, request: Request) -> Response:
        first, last = self._span(request)
        rows: list[dict[str, Any]] = []
        for tenant in self._tenants(request):
            rows += anomalies.report(tenant, first, last)
            rows += [{"tenant": tenant, **row} for row in planted(tenant, first, last)]
        return _json(sorted(rows, key=lambda row: (row["date"], row["tenant"], row["kind"])))

    async def clock(self, request: Request) -> Response:
        clock = self.world.clock
        if request.method == "POST":
            body = await _object(request)
            if "as_of" in body:
                clock.set_as_of(_instant(body["as_of"]))
            if "offset_seconds" in body:
                clock.offset_seconds = float(body["offset_seconds"])
        return _json(
            {
                "as_of": clock.as_of.isoformat(),
                "stands_still": clock.stands_still,
                "offset_seconds": clock.offset_seconds,
                "now": clock.now(),
            }
        )

    async def faults(self, request: Request) -> Response:
        faults = self.world.faults
        if request.method == "PUT":
            body = orjson.loads(await request.body())
            faults.replace(body if isinstance(body, list) else [body])
        elif request.method == "POST":
            faults.add(**await _object(request))
        elif request.method == "DELETE":
            faults.clear()
        return _json(faults.report())

    async def settings(self, request: Request) -> Response:
        if request.method == "PUT":
            self.world.settings.update(await _object(request))
        return _json(self.world.settings.report())

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.world.visits.clear()
        return _json(self.world.visits.report(int(request.query_params.get("last", "50"))))

    async def orders(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if tenant not in self.world.accounts:
            raise ValueError(f"unknown tenant {tenant!r}")
        order = hand_orders.apply(self.world, tenant, await _object(request))
        return _json(hand_orders.report(order, self.world.clock.as_of_seconds), 201)

    async def forget_orders(self, request: Request) -> Response:
        self.world.book.clear()
        for store in self.world.storefronts.values():
            store.forget()
        return _json({})

    async def storefront(self, request: Request) -> Response:
        store = self.world.storefronts.get(request.path_params["tenant"])
        order = store and store.order(int((await _object(request)).get("order_id", 0)))
        if not store or not order:
            raise ValueError("no such order of a storefront exists by now")
        store.touch(order.order_id)
        return _json({"order_id": order.order_id, "updated": store.updated(order)})

    async def pushes(self, request: Request) -> Response:
        if request.method == "PUT":
            self.courier.replace(orjson.loads(await request.body()))
        return _json(self.courier.report())

    def _tenants(self, request: Request) -> list[str]:
        return self._chosen(request, "tenant", list(self.world.accounts))

    def _chosen(self, request: Request, name: str, known: list[str]) -> list[str]:
        wanted = request.query_params.get(name)
        if wanted and wanted not in known:
            raise ValueError(f"unknown {name} {wanted!r}, expected one of {', '.join(known)}")
        return [wanted] if wanted else known

    def _span(self, request: Request) -> tuple[date, date]:
        last = date.fromisoformat(request.query_params.get("to") or self.world.clock.as_of.date().isoformat())
        first = request.query_params.get("from")
        return date.fromisoformat(first) if first else last - timedelta(days=USUAL_DAYS - 1), last


async def _object(request: Request) -> dict[str, Any]:
    body = orjson.loads(await request.body())
    if not isinstance(body, dict):
        raise TypeError("expected a JSON object")
    return body


def _instant(value: Any) -> date | datetime | None:
    if value is None:
        return None
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)


async def _mistaken(request: Request, error: Exception) -> Response:
    return _json({"error": str(error)}, 400)


def control(
    world: World, apis: Mapping[str, Platform], urls: Mapping[str, str], courier: Courier
) -> Starlette:
    """The control application; ``urls`` gives each platform's base URL."""
    own = Control(world, apis, urls, courier)
    routes: list[tuple[str, Handler, list[str]]] = [
        ("health", own.health, ["GET"]),
        ("credentials", own.credentials, ["GET"]),
        ("truth", own.truth, ["GET"]),
        ("anomalies", own.anomalies, ["GET"]),
        ("clock", own.clock, ["GET", "POST"]),
        ("faults", own.faults, ["GET", "PUT", "POST", "DELETE"]),
        ("settings", own.settings, ["GET", "PUT"]),
        ("requests", own.requests, ["GET", "DELETE"]),
        ("orders", own.forget_orders, ["DELETE"]),
        ("orders/{tenant}", own.orders, ["POST"]),
        ("storefront/{tenant}", own.storefront, ["POST"]),
        ("pushes", own.pushes, ["GET", "PUT"]),
    ]
    return Starlette(
        routes=[Route(f"/_world/{path}", handler, methods=methods) for path, handler, methods in routes],
        exception_handlers={ValueError: _mistaken, TypeError: _mistaken},
    )
