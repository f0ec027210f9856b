"""Planted anomalies: what a detector should find, and where.

Every eight weeks from ``FIRST`` on, each tenant has one of each declared kind on a stated day of the block.
Days are the tenant's own. ``GET /_world/anomalies`` lists them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

FIRST = date(2023, 1, 6)
"""Set so that the sale days of autumn 2026 (9.9, 10.10, 11.11, 12.12) stay free of planted days."""
BLOCK = timedelta(weeks=8)


@dataclass(frozen=True)
class Kind:
    """``day``: days into the block. ``orders`` and ``prices`` multiply that day's orders and list prices (of
    one ``category`` code, when given). ``returns``: share of orders sent back in addition."""

    name: str
    day: int
    meaning: str
    metrics: tuple[str, ...]
    orders: float = 1.0
    prices: float = 1.0
    category: str | None = None
    returns: float = 0.0


KINDS = (
    Kind("order_outage", 9, "checkout broken, nearly no orders", ("orders", "revenue"), orders=0.03),
    Kind("revenue_spike", 24, "a post goes viral, orders far above plan", ("orders", "revenue"), orders=3.2),
    Kind(
        "price_error",
        37,
        "prices of one category entered at a tenth",
        ("revenue", "average order value"),
        prices=0.1,
        category="DEC",
    ),
    Kind("return_wave", 51, "a faulty batch, every fourth order comes back", ("refunds",), returns=0.25),
)

TENANT_SHIFT = {"siam": timedelta(0), "northwind": timedelta(days=3)}
"""So that the tenants' anomalies do not share their dates."""


@dataclass(frozen=True)
class Anomaly:
    tenant: str
    day: date
    kind: Kind


def on(tenant: str, day: date) -> Kind | None:
    """What is planted on a tenant's day."""
    into = (day - FIRST - TENANT_SHIFT[tenant]) % BLOCK
    return next((kind for kind in KINDS if kind.day == into.days), None)


def between(tenant: str, first: date, last: date) -> Iterator[Anomaly]:
    """Everything planted from first to last, both included."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        kind = on(tenant, day)
        if kind is not None:
            yield Anomaly(tenant, day, kind)


def report(tenant: str, first: date, last: date) -> list[dict[str, object]]:
    """The planted days as the control port tells them."""
    return [
        {
            "tenant": tenant,
            "date": planted.day.isoformat(),
            "platform": "shopee",
            "kind": planted.kind.name,
            "metrics": list(planted.kind.metrics),
            "meaning": planted.kind.meaning,
        }
        for planted in between(tenant, first, last)
    ]
