"""What the world does: each act through the sandbox's control port or the product's own front doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from marketing_assets.commands.demo.connect import connect
from marketing_assets.partitions import local_day
from marketing_assets.sandbox.orders import counted
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.month.flood import flood

Act = Callable[[House, str, Mapping[str, Any], datetime], str]
"""Takes the house, the tenant, the plan's settings and the instant; says what it did."""


def late_orders(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    created = at - timedelta(days=settings["days_ago"])
    numbers = [
        house.place(
            tenant, created=(created + timedelta(minutes=n)).isoformat(), lines=[{"quantity": 1 + n % 3}]
        )
        for n in range(settings["orders"])
    ]
    return f"{len(numbers)} orders of {created:%Y-%m-%d %H:%M} UTC"


def cancelled_orders(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    world = house.sandbox.world
    day = local_day(at, house.zone(tenant)) - timedelta(days=settings["days_ago"])
    known = [o for o in world.on_local_day(tenant, day) if counted(o, world.clock.as_of_seconds)]
    chosen = known[: int(len(known) * settings["share"])]
    for order in chosen:
        house.place(tenant, order_sn=order.sn, amend=True, status="CANCELLED")
    return f"{len(chosen)} of {len(known)} orders of {day}"


def outage(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    house.fault("server_error", settings["platform"], tenant=tenant)
    return f"{settings['platform']} answers 503"


def revoked_token(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    house.fault("expired_token", settings["platform"], tenant=tenant)
    return f"{settings['platform']} refuses every token"


def renewed_token(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    over(house, tenant, settings, at)
    connect(house.installation.settings, house.sandbox.control_url)
    return "the secrets are written anew"


def new_field(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    house.fault("new_field", settings["platform"], tenant=tenant)
    return "every order carries delivery_promise_level"


def over(house: House, tenant: str, settings: Mapping[str, Any], at: datetime) -> str:
    """The platform is as it was."""
    left = [f for f in house.control("GET", "faults") if f["platform"] != settings["platform"]]
    house.control("PUT", "faults", [{k: v for k, v in f.items() if k != "fired"} for f in left])
    return f"{settings['platform']} is as it was"


ACTS: Mapping[str, tuple[Act, Act | None]] = {
    "late_orders": (late_orders, None),
    "cancelled_orders": (cancelled_orders, None),
    "outage": (outage, over),
    "revoked_token": (revoked_token, renewed_token),
    "new_field": (new_field, over),
    "flood": (flood, None),
}
"""What begins it, and what ends it."""
