"""A small installation with known people in it: landed, loaded and staged by the real code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import polars as pl

from marketing_assets.ingest.fetch import land
from marketing_assets.ingest.key_ring import pseudonyms
from marketing_assets.ingest.landing import Landing, Manifest
from marketing_assets.ingest.pseudonyms import Pseudonyms
from marketing_assets.ingest.raw_table import load_and_compare
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.platform import Page, RawTable
from marketing_assets.platforms.wire import Counters
from marketing_assets.schema import DAY, Column, Type
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

REPOSITORY = Path(__file__).parents[2]
FIRST = date(2026, 11, 1)
DAYS = DayRange(FIRST, FIRST + timedelta(days=2))
NOON = datetime(2026, 11, 1, 17, 0, tzinfo=UTC)
STAGED = TableSpec(
    "orders",
    "Orders as staging has them.",
    (
        Column("order_id", Type.STRING, "The order."),
        Column(DAY, Type.DATE, "The day."),
        Column("customer_id", Type.STRING, "The customer."),
        Column("net_amount", Type.NUMERIC, "What was paid."),
    ),
)


@dataclass(frozen=True)
class Person:
    """What of a buyer is personal."""

    number: int
    email: str
    phone: str
    name: str = "Avery Brooks"

    @property
    def gid(self) -> str:
        return f"gid://shopify/Customer/{self.number}"

    @property
    def username(self) -> str:
        return f"buyer.{self.number}"

    @property
    def clear(self) -> list[str]:
        return [str(self.number), self.email, self.phone, self.username]


ANNA = Person(7_000_000_000_001, "anna@mail.example", "+15550000001")
BERT = Person(7_000_000_000_002, "bert@mail.example", "+15550000002")
"""Is called as Anna is."""
CARA = Person(7_000_000_000_003, "cara@mail.example", "+15550000001", "Cara Delgado")
"""Has a telephone together with Anna."""
PEOPLE = (ANNA, BERT, CARA)


def shopify_order(number: int, person: Person, day: int = 0, **changes: Any) -> bytes:
    created = (NOON + timedelta(days=day)).isoformat()
    return orjson.dumps(
        {
            "id": f"gid://shopify/Order/{number}",
            "createdAt": created,
            "updatedAt": created,
            "test": False,
            "currencyCode": "USD",
            "customer": {"id": person.gid},
            "email": person.email,
            "phone": person.phone,
            "totalPriceSet": {"shopMoney": {"amount": "12.50", "currencyCode": "USD"}},
            "_context": {"shop_id": "9"},
            **changes,
        }
    )


def shopify_customer(person: Person) -> bytes:
    return orjson.dumps(
        {
            "id": person.gid,
            "numberOfOrders": 3,
            "amountSpent": {"amount": "37.50", "currencyCode": "USD"},
            "defaultEmailAddress": {"emailAddress": person.email},
            "defaultPhoneNumber": {"phoneNumber": person.phone},
            "tags": ["vip"],
            "_context": {"shop_id": "9"},
        }
    )


def shopee_order(number: int, person: Person, day: int = 0, **changes: Any) -> bytes:
    created = int((NOON + timedelta(days=day)).timestamp())
    return orjson.dumps(
        {
            "order_sn": f"SN{number}",
            "currency": "SGD",
            "order_status": "COMPLETED",
            "total_amount": 20,
            "create_time": created,
            "update_time": created,
            "buyer_user_id": person.number,
            "buyer_username": person.username,
            "recipient_address": {"name": person.name, "phone": "******01", "region": "SG"},
            "item_list": [{"item_id": 1, "model_quantity_purchased": 1, "model_original_price": 20}],
            "_context": {"shop_id": "9"},
            **changes,
        }
    )


def shopee_escrow(number: int, person: Person, day: int = 0) -> bytes:
    created = int((NOON + timedelta(days=day)).timestamp())
    return orjson.dumps(
        {
            "order_sn": f"SN{number}",
            "buyer_user_name": person.username,
            "order_income": {"escrow_amount": 17.5},
            "_context": {
                "shop_id": "9",
                "create_time": created,
                "order_status": "COMPLETED",
                "currency": "SGD",
            },
        }
    )


def all_records() -> dict[str, list[bytes]]:
    """Each person buys on each day, in both shops; one record of Anna breaks its contract."""
    pairs = [(day * 10 + n, p, day) for day in range(3) for n, p in enumerate(PEOPLE)]
    broken = shopee_order(99, ANNA, currency=None)
    return {
        "shopify_orders": [shopify_order(*pair) for pair in pairs],
        "shopify_customers": [shopify_customer(p) for p in PEOPLE],
        "shopee_orders": [*(shopee_order(*pair) for pair in pairs), broken],
        "shopee_escrow": [shopee_escrow(*pair) for pair in pairs],
    }


@dataclass
class Small:
    """The tenant northwind in a folder of its own."""

    folder: Path
    at: datetime = field(default=datetime(2026, 11, 3, 20, 0, tzinfo=UTC))
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further settings, such as another warehouse."""

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder / "home", tenants_dir=self.folder / "tenants", **self.more)

    @property
    def tenant(self) -> Tenant:
        tenant, problems = parse_tenant(self.folder / "tenants" / "northwind.yaml")
        assert tenant is not None, problems
        return tenant

    @property
    def landing(self) -> Landing:
        return Landing(self.settings.landing)

    @property
    def warehouse(self) -> Warehouse:
        return open_warehouse(self.settings, "northwind")

    @property
    def names(self) -> Pseudonyms:
        return pseudonyms(self.tenant, self.settings, self.landing)

    @property
    def env(self) -> dict[str, str]:
        own = {
            "MARKETING_HOME": str(self.settings.home),
            "MARKETING_TENANTS_DIR": str(self.folder / "tenants"),
        }
        return {k: v for k, v in os.environ.items() if not k.startswith(("MARKETING_", "DAGSTER_"))} | own

    def fetch(self, table: str, records: Sequence[bytes], days: DayRange = DAYS) -> Manifest:
        """Land the records as one fetch and load them."""
        platform, contract = next(
            (p, t.contract) for p in PLATFORMS.values() for t in p.tables if t.name == table
        )

        def items(_client: Any, _window: Any) -> Iterator[Page]:
            yield Page({"path": f"/{table}"}, list(records))

        self.at += timedelta(seconds=1)
        refresh = next(t.refresh for t in platform.tables if t.name == table)
        raw = RawTable(contract, refresh, items)
        client: Any = SimpleNamespace(transport=SimpleNamespace(counters=Counters(calls=1)))
        connection = self.tenant.connections_to(platform.name)[0]
        manifest = land(
            self.landing, self.tenant, platform, raw, connection, days, self.names, client, lambda: self.at
        )
        load_and_compare(self.warehouse, self.landing, contract, {d: [manifest] for d in days})
        return manifest

    def fill(self) -> Small:
        """Fetch everything twice, as refreshes do, and stage it."""
        for _ in range(2):
            for table, records in all_records().items():
                today = DayRange(DAYS.last, DAYS.last)
                self.fetch(table, records, today if table == "shopify_customers" else DAYS)
        self.stage()
        return self

    def stage(self) -> None:
        shopify = self.warehouse.read("raw", "shopify_orders").select(
            "order_id", DAY, "customer_id", pl.col("total_price").alias("net_amount")
        )
        shopee = self.warehouse.read("raw", "shopee_orders").select(
            pl.col("order_sn").alias("order_id"),
            DAY,
            pl.col("buyer_user_id").alias("customer_id"),
            pl.col("total_amount").alias("net_amount"),
        )
        self.warehouse.replace_days("staging", STAGED, DAYS, [shopify, shopee])

    def rows(self, table: str) -> list[dict[str, Any]]:
        layer, name = table.split(".")
        frame = self.warehouse.read(layer, name)
        return frame.sort(pl.all()).to_dicts() if frame.height else []

    def copy_to(self, folder: Path) -> Small:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Small(folder, self.at, self.more)

    def digests_of(self, person: Person) -> set[str]:
        """What stands for a person, name excepted, before anybody was erased."""
        return {self.names.digest(v) for v in [*person.clear, person.gid]}


def small(folder: Path, **more: Any) -> Small:
    """An installation in which nothing has happened; `more` are further settings."""
    (folder / "home").mkdir(parents=True)
    (folder / "tenants").mkdir()
    shutil.copy(REPOSITORY / "tenants" / "northwind.yaml", folder / "tenants")
    return Small(folder, more=more)
