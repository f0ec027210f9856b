"""The plan of the month, as data: what is planted when, and what must be told of it.

Days count from 1. Times are the tenant's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from marketing_assets.partitions import DayRange

FIRST_DAY = date(2026, 10, 13)
"""A month with a sale (11 November) and the end of New York's summer time (1 November)."""
MONTH_DAYS = 30
HISTORY_DAYS = 60
"""Days before the month that are filled at first: the norms of weekdays need eight weeks."""


@dataclass(frozen=True)
class Alert:
    """One incident: told once within `within` hours after it was planted, over within `over` hours after its
    end; None: it stays open. Without an `entity` it is of any."""

    asset: str
    check: str
    within: float = 7
    over: float | None = 7
    entity: str = ""


@dataclass(frozen=True)
class Planted:
    """An act of the world: begun and, where it lasts, ended. `act` names it in `acts.ACTS`."""

    tenant: str
    what: str
    act: str
    begins: tuple[int, str]
    ends: tuple[int, str] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    alert: Alert | None = None


@dataclass(frozen=True)
class Native:
    """Something that happens in the sandbox's world anyway, and that people are to be told of once.

    It begins on the `first` of these days and is over by the end of the `last`; `alert.over` as for `Alert`.
    """

    tenant: str
    what: str
    first: date
    last: date
    alert: Alert


@dataclass(frozen=True)
class Standing:
    """Something that is wrong in the sandbox's world from the first run on: told once."""

    tenant: str
    asset: str
    check: str
    why: str


SCHEDULES: Mapping[str, Mapping[str, str]] = {
    "siam": {"refresh": "every_6_hours"},
    "northwind": {"refresh": "at_6_14_22"},
}

LOOKS: Mapping[str, Sequence[str]] = {
    "changed_orders": ("09:20", "16:40"),
    "freshness": ("01:50", "05:50", "09:50", "11:50", "13:50", "17:50", "21:50", "23:50"),
    "cost_files": ("12:30",),
    "alert_delivery": ("08:00", "20:00"),
}
"""When sensors look besides those that look after every run; in an installation it is every few minutes."""

ORDINARY_HOURS = time(3), time(8, 30)
"""On a day on which nothing is planted, only what is due between these local times is evaluated: the nightly
refresh, snapshots, one refresh and one look. A day goes on until the first of these times on the next day."""

PLAN: Sequence[Planted] = (
    Planted(
        "siam",
        "five orders come in three days late",
        "late_orders",
        begins=(3, "10:05"),
        settings={"days_ago": 3, "orders": 5},
    ),
    Planted(
        "northwind",
        "eight orders come in two days late",
        "late_orders",
        begins=(4, "11:05"),
        settings={"days_ago": 2, "orders": 8},
    ),
    Planted(
        "siam",
        "Shopee is down for nine hours",
        "outage",
        begins=(5, "08:15"),
        ends=(5, "17:15"),
        settings={"platform": "shopee"},
        alert=Alert("siam/raw/shopee", "connection"),
    ),
    Planted(
        "northwind",
        "Meta takes back the access token; a person renews it a day later",
        "revoked_token",
        begins=(7, "09:00"),
        ends=(8, "10:00"),
        settings={"platform": "meta_ads"},
        alert=Alert("northwind/raw/meta_ads", "connection"),
    ),
    Planted(
        "siam",
        "two fifths of the orders of a day two weeks ago are cancelled",
        "cancelled_orders",
        begins=(10, "11:00"),
        settings={"days_ago": 14, "share": 0.4},
        # Looks of the last 24 hours count as the newest, and the next look is the night's after these.
        alert=Alert("siam/ops/order_observations", "restatement", over=48),
    ),
    Planted(
        "northwind",
        "10,000 webhooks come in a minute",
        "flood",
        begins=(12, "15:05"),
        settings={"messages": 10_000, "orders": 60},
    ),
    Planted(
        "siam",
        "Shopee adds a field to its orders, and takes it away again a day later",
        "new_field",
        begins=(16, "10:00"),
        ends=(17, "10:00"),
        settings={"platform": "shopee"},
        alert=Alert("siam/raw/shopee_orders", "schema_drift"),
    ),
)

_SPENDING = (("Meta", "meta_ads/101550000000001"), ("Google", "google_ads/7301188201"))

_OVER_TARGET = (
    ("8 September", date(2026, 10, 13), date(2026, 10, 13)),
    ("10 September", date(2026, 10, 14), date(2026, 10, 15)),
    ("20 September", date(2026, 10, 18), date(2026, 10, 25)),
    ("1 October", date(2026, 10, 27), date(2026, 11, 1)),
    ("8 October, with a day without any reported purchase", date(2026, 11, 4), date(2026, 11, 11)),
)
"""First days of weeks in which siam's CPA on Meta lies above its target of 180 THB, most by 6 to 17 %. A week
is known for sure four weeks later; the days are those on which it is told of."""

WORLD: Sequence[Native] = (
    Native(
        "northwind",
        "a Friday with half of the usual revenue",
        date(2026, 10, 23),
        date(2026, 10, 23),
        Alert("northwind/mart/daily_performance", "revenue_drop", within=36, over=36),
    ),
    Native(
        "northwind",
        "the value of Meta's conversions of 8 October moves by 4 % after two weeks",
        date(2026, 10, 22),
        date(2026, 10, 22),
        Alert("northwind/ops/ads_observations", "restatement", within=7),
    ),
    *(
        Native(
            "siam",
            f"{platform} spends more {why}",
            first,
            last,
            Alert("siam/mart/ads_channel_performance", "unusual_spend", 36, over, entity),
        )
        for platform, entity in _SPENDING
        for why, first, last, over in (
            ("on Sunday, 11 October", FIRST_DAY, FIRST_DAY, 7.0),
            ("for 11.11", date(2026, 11, 9), date(2026, 11, 11), None),
        )
    ),
    *(
        Native(
            "siam",
            f"the CPA on Meta is over its target in the week from {week}",
            first,
            last,
            Alert("siam/mart/ads_channel_performance", "cpa_over_limit"),
        )
        for week, first, last in _OVER_TARGET
    ),
)

STANDING: Sequence[Standing] = (
    Standing("siam", "siam/staging/order_items", "skus_are_mapped", "some SKUs are in no mapping"),
    Standing("northwind", "northwind/staging/order_items", "skus_are_mapped", "some SKUs are in no mapping"),
)

ALERTS: Mapping[str, Any] = {
    # What stays open for long is not told again: each telling in the account is an incident of its own.
    "escalate_after_hours": None,
}


def month(days: int, first: int = 1) -> DayRange:
    """The simulated days: `days` of the month, from its day `first` on."""
    begin = FIRST_DAY + timedelta(days=first - 1)
    return DayRange(begin, begin + timedelta(days=days - 1))


def native(tenant: str, days: DayRange, history: int = HISTORY_DAYS) -> list[Native]:
    """What is told of the world within these days; with less `history` before them rules know too little."""
    if history < HISTORY_DAYS:
        return []
    return [
        one for one in WORLD if one.tenant == tenant and one.first >= days.first and one.last <= days.last
    ]


def is_evaluated(tenant: str, local: datetime) -> bool:
    """Whether what is due at this local time is evaluated: on days with something planted everything is."""
    begin, end = ORDINARY_HOURS
    day = local.date() if local.time() >= begin else local.date() - timedelta(days=1)
    eventful = any(
        one.tenant == tenant and day_of(one.begins[0]) <= day <= day_of((one.ends or one.begins)[0])
        for one in PLAN
    )
    return eventful or begin <= local.time() <= end


def day_of(number: int) -> date:
    return FIRST_DAY + timedelta(days=number - 1)


def planted(tenant: str, days: DayRange) -> list[Planted]:
    """What is planted for a tenant and ends within these days."""
    return [
        one
        for one in PLAN
        if one.tenant == tenant
        and day_of(one.begins[0]) >= days.first
        and day_of((one.ends or one.begins)[0]) <= days.last
    ]
