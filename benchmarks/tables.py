"""The two tables that are measured: nested orders and flat ad rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.meta_ads.client import Account, MetaClient
from marketing_assets.platforms.meta_ads.insights import Ask, report
from marketing_assets.platforms.platform import Page, Platform, RawTable
from marketing_assets.platforms.shopee import orders
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.wire import Answer, Call, Counters
from marketing_assets.tenants import Tenant, parse_tenant

YEAR = DayRange(date(2025, 11, 18), date(2026, 11, 17))
ORDER_DAYS = DayRange(YEAR.last - timedelta(days=72), YEAR.last)
"""73 days of orders are captured; copies are moved back by as many days, so that five make a year."""


class Replay:
    """Stands where the transport stands and answers with given bodies, one after the other."""

    connection = "benchmark"

    def __init__(self, bodies: Iterable[bytes]):
        self._bodies = iter(bodies)
        self.counters = Counters()

    def send(self, _: Call) -> Answer:
        return Answer(200, {}, next(self._bodies))


def tenant() -> Tenant:
    found, problems = parse_tenant(Path(__file__).parents[1] / "tenants" / "siam.yaml")
    if found is None:
        raise SystemExit("\n".join(map(str, problems)))
    return found


@dataclass(frozen=True)
class Measured:
    """A raw table, and where the records stand in an answer's JSON."""

    platform: Platform
    table: RawTable
    records_at: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.table.name

    def records(self, answer: Any) -> list[dict[str, Any]]:
        """The records of a decoded answer."""
        for part in self.records_at:
            answer = answer[part]
        return list(answer)

    def of_bodies(self, bodies: Iterable[bytes]) -> RawTable:
        """The raw table as if the platform had just answered with these bodies."""
        return replace(self.table, fetch=lambda _client, _window: _PAGES[self.name](bodies))


def _order_pages(bodies: Iterable[bytes]) -> Iterator[Page]:
    for body in bodies:
        client = ShopeeClient(Replay([body]), "220011881")  # type: ignore[arg-type]
        page = orders._details(client, ["of the body"]).page
        if page:
            yield page


def _ad_pages(bodies: Iterable[bytes]) -> Iterator[Page]:
    for body in bodies:
        client = MetaClient(Replay([body]), "101550000000001", "v26.0")  # type: ignore[arg-type]
        client.__dict__["account"] = _ACCOUNT
        yield from report(client, Ask(YEAR, "ad", ("spend",)))


_ACCOUNT = Account("Siam Home & Living TH", "THB", "Asia/Bangkok")
_PAGES = {"shopee_orders": _order_pages, "meta_ads_insights": _ad_pages}

_TABLES = {t.name: (p, t) for p in PLATFORMS.values() for t in p.tables}
ORDERS = Measured(*_TABLES["shopee_orders"], ("response", "order_list"))
ADS = Measured(*_TABLES["meta_ads_insights"], ("data",))
MEASURED = {m.name: m for m in (ORDERS, ADS)}
