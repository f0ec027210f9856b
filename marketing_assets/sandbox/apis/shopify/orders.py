"""The connection `orders`, its count, and single objects by id."""

import base64
import binascii
import bisect
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from marketing_assets.sandbox.apis.shopify import search
from marketing_assets.sandbox.apis.shopify.errors import GraphError
from marketing_assets.sandbox.apis.shopify.objects import OrderWire
from marketing_assets.sandbox.apis.shopify.reader import Nodes
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets.sandbox.storefront.orders import Order
from marketing_assets.sandbox.world import World

VISIBLE_SECONDS = 60 * 86_400
"""How far back orders are seen without `read_all_orders`."""
KEPT_LISTINGS = 32
PLATFORM = "shopify"

Place = tuple[int, int]


class Orders:
    def __init__(self, world: World, store: Storefront) -> None:
        self.world, self.store = world, store
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], list[tuple[Place, Order]]] = OrderedDict()

    def wire(self, order: Order) -> dict[str, Any]:
        return OrderWire(order, self.world.clock.as_of_seconds, self.store.updated(order)).told()

    def connection(self, asked: Mapping[str, Any]) -> Nodes:
        """The orders of a search, sorted; a cursor is a place in that order, not an offset."""
        key = asked.get("sortKey") or "ID"
        target = f"orders?{asked.get('query') or ''}"
        listed = self._listed(asked.get("query"), key)
        self._move(listed, asked, target)
        shown = self.world.faults.without_some(PLATFORM, target, self.store.tenant.key, listed)
        places = [place for place, _ in shown]
        return Nodes(
            shown,
            lambda pair: self.wire(pair[1]),
            lambda pair: _cursor(key, pair[0]),
            lambda cursor: bisect.bisect_right(places, _place(key, cursor)),
        )

    def count(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        found, limit = len(self._listed(asked.get("query"), "ID")), asked.get("limit", 10_000)
        exact = limit is None or found <= limit
        return {
            "__typename": "Count",
            "count": found if exact else limit,
            "precision": "EXACT" if exact else "AT_LEAST",
        }

    def by_id(self, number: int) -> dict[str, Any] | None:
        order = self.store.order(number)
        return self.wire(order) if order and order.created >= self._oldest() else None

    def refund(self, number: int) -> dict[str, Any] | None:
        """A refund by its own id, which holds the order's."""
        order = self.store.order(number // 10)
        now = self.world.clock.as_of_seconds
        if order is None:
            return None
        found = (one for one in order.refunds if one.refund_id == number and one.at <= now)
        wire = OrderWire(order, now, self.store.updated(order))
        return next((wire.refund(one) for one in found), None)

    def _oldest(self) -> int:
        all_orders = self.world.settings.shopify_all_orders
        return 0 if all_orders else self.world.clock.as_of_seconds - VISIBLE_SECONDS

    def _listed(self, query: str | None, key: str) -> list[tuple[Place, Order]]:
        """The whole listing, kept while neither the world's clock nor an order has moved."""
        name = (query, key, self.world.clock.as_of_seconds, self.store.version, self._oldest())
        with self._lock:
            if name in self._kept:
                return self._kept[name]
        listed = self._list(query, key)
        with self._lock:
            self._kept[name] = listed
            if len(self._kept) > KEPT_LISTINGS:
                self._kept.popitem(last=False)
        return listed

    def _list(self, query: str | None, key: str) -> list[tuple[Place, Order]]:
        asked = search.read(query)
        created = asked.get("created_at", search.Between())
        updated = asked.get("updated_at")
        first = max(created.first, self._oldest())
        if updated is None:
            found = list(self.store.created(first, created.last))
        else:
            touched = self.store.touched(updated.first, min(updated.last, self.world.clock.as_of_seconds))
            found = [o for o in touched if first <= o.created <= created.last]
        sorts: dict[str, Callable[[Order], int]] = {
            "ID": lambda order: order.order_id,
            "CREATED_AT": lambda order: order.created,
            "UPDATED_AT": self.store.updated,
        }
        return sorted(((sorts[key](o), o.order_id), o) for o in found)

    def _move(self, listed: list[tuple[Place, Order]], asked: Mapping[str, Any], target: str) -> None:
        """Update the last order of this page and the first of the next, right now."""
        first = asked.get("first") or 0
        if len(listed) > first and self.world.faults.moves(PLATFORM, target, self.store.tenant.key):
            for _, order in listed[first - 1 : first + 1]:
                self.store.touch(order.order_id)


def _cursor(key: str, place: Place) -> str:
    return base64.b64encode(orjson.dumps({"last_id": place[1], "last_value": place[0], "sort": key})).decode()


def _place(key: str, cursor: str) -> Place:
    try:
        told = orjson.loads(base64.b64decode(cursor))
        if told["sort"] == key:
            return int(told["last_value"]), int(told["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        pass
    raise GraphError("INVALID", "Invalid cursor for current pagination sort.")
