"""``GET order/get_order_list``: order numbers by creation or update time.

Sorted by the chosen time and paged by place, not by offset: an order that is updated while a client pages by
update time moves to the end and is listed again, as on the platform.
"""

import bisect
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from marketing_assets.sandbox.apis.shopee import cursors
from marketing_assets.sandbox.apis.shopee.auth import Auth
from marketing_assets.sandbox.apis.shopee.cursors import Place
from marketing_assets.sandbox.apis.shopee.envelope import Refusal, bad_parameter, success, whole_number
from marketing_assets.sandbox.book import touched
from marketing_assets.sandbox.orders import status, updated
from marketing_assets.sandbox.world import World

LONGEST_WINDOW = 15 * 86_400
LARGEST_PAGE = 100
KEPT_LISTINGS = 48

STATUSES = frozenset(
    {
        "UNPAID",
        "READY_TO_SHIP",
        "PROCESSED",
        "SHIPPED",
        "COMPLETED",
        "IN_CANCEL",
        "CANCELLED",
        "INVOICE_PENDING",
        "RETRY_SHIP",
        "TO_CONFIRM_RECEIVE",
        "TO_RETURN",
    }
)


@dataclass(frozen=True)
class Ask:
    """One listing: both ends of the window in Unix seconds, inclusive."""

    tenant: str
    field: str
    first: int
    last: int
    status: str

    @property
    def name(self) -> str:
        return f"{self.field}/{self.status}/{self.first}/{self.last}"


def ask_of(request: Request, tenant: str) -> Ask:
    field = request.query_params.get("time_range_field", "")
    if field not in ("create_time", "update_time"):
        raise bad_parameter("time_range_field must be create_time or update_time")
    first, last = whole_number(request, "time_from"), whole_number(request, "time_to")
    if first >= last or last - first > LONGEST_WINDOW:
        raise Refusal(
            "order.order_list_invalid_time", "Start time must be earlier than end time and diff in 15days."
        )
    wanted = request.query_params.get("order_status", "")
    if wanted and wanted not in STATUSES:
        raise bad_parameter("order_status is invalid")
    return Ask(tenant, field, first, last, wanted)


class Listing:
    def __init__(self, world: World, auth: Auth) -> None:
        self.world, self.auth = world, auth
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Ask, int, int], list[Place]] = OrderedDict()

    async def get_order_list(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request).key
        ask = ask_of(request, tenant)
        size = whole_number(request, "page_size")
        if not 1 <= size <= LARGEST_PAGE:
            raise bad_parameter("page_size must be between 1 and 100")
        places = self._places(ask)
        cursor = request.query_params.get("cursor", "")
        start = bisect.bisect_right(places, cursors.read(ask.name, cursor)) if cursor else 0
        page, more = places[start : start + size], start + size < len(places)
        target = f"{request.url.path}?{request.url.query}"
        if more and self.world.faults.moves("shopee", target, tenant):
            self._move(tenant, places[start + size - 1 : start + size + 1])
        listed = self.world.faults.without_some("shopee", target, tenant, page)
        with_status = "order_status" in request.query_params.get("response_optional_fields", "")
        return success(
            {
                "more": more,
                "next_cursor": cursors.write(ask.name, page[-1]) if more else "",
                "order_list": [self._entry(tenant, sn, with_status) for _, sn in listed],
            }
        )

    def _places(self, ask: Ask) -> list[Place]:
        """The whole listing as of now, kept while neither the world's clock nor the book has moved."""
        key = (ask, self.world.clock.as_of_seconds, self.world.book.version)
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        places = self._list(ask)
        with self._lock:
            self._kept[key] = places
            if len(self._kept) > KEPT_LISTINGS:
                self._kept.popitem(last=False)
        return places

    def _list(self, ask: Ask) -> list[Place]:
        now = self.world.clock.as_of_seconds
        if ask.field == "create_time":
            found = [(o.created, o) for o in self.world.created(ask.tenant, ask.first, ask.last)]
        else:
            found = [(updated(o, now), o) for o in self.world.touched(ask.tenant, ask.first, ask.last)]
        return sorted((at, o.sn) for at, o in found if not ask.status or status(o, now) == ask.status)

    def _entry(self, tenant: str, sn: str, with_status: bool) -> dict[str, Any]:
        order = self.world.order(tenant, sn)
        if not with_status or order is None:
            return {"order_sn": sn, "booking_sn": ""}
        now = self.world.clock.as_of_seconds
        return {"order_sn": sn, "order_status": status(order, now), "booking_sn": ""}

    def _move(self, tenant: str, places: list[Place]) -> None:
        """Update the last order of this page and the first of the next, right now."""
        for _, sn in places:
            order = self.world.order(tenant, sn)
            if order:
                self.world.book.put(tenant, touched(order, self.world.clock.as_of_seconds))
