"""Who exists in the sandbox: two tenants, each with a Shopee shop and a Meta ad account.

Keys, secrets and tokens are invented and open nothing outside the sandbox.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Fees:
    """Shopee's charges on one order, in basis points of the goods' net price.

    ``transaction`` is taken on what the buyer pays. ``affiliate`` applies to orders an affiliate brought,
    ``import_vat`` to goods sent from abroad.
    """

    commission: int
    service: int
    transaction: int
    affiliate: int
    withholding: int
    import_vat: int


@dataclass(frozen=True)
class ShopeeShop:
    """One shop. ``daily_orders`` is the aim for an ordinary day at the growth anchor."""

    shop_id: int
    name: str
    region: str
    currency: str
    time_zone: str
    partner_id: int
    partner_key: str
    sku_prefix: str
    daily_orders: int
    fees: Fees

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class MetaAccount:
    """One ad account; ``account_id`` without the ``act_`` prefix; days and money are the account's own."""

    account_id: str
    name: str
    currency: str
    time_zone: str
    business_id: str
    app_id: str
    app_secret: str
    access_token: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Tenant:
    key: str
    name: str
    time_zone: str
    currency: str
    shopee: ShopeeShop
    meta: MetaAccount

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


SIAM = Tenant(
    key="siam",
    name="Siam Home & Living",
    time_zone="Asia/Bangkok",
    currency="THB",
    shopee=ShopeeShop(
        shop_id=220011881,
        name="Siam Home & Living สยามโฮม",
        region="TH",
        currency="THB",
        time_zone="Asia/Bangkok",
        partner_id=2001887,
        partner_key="siam_partner_key_7f3b1c0e5a9d4862",
        sku_prefix="SIAM",
        daily_orders=54,
        fees=Fees(
            commission=642, service=428, transaction=321, affiliate=300, withholding=100, import_vat=700
        ),
    ),
    meta=MetaAccount(
        account_id="101550000000001",
        name="Siam Home & Living TH",
        currency="THB",
        time_zone="Asia/Bangkok",
        business_id="880550000000001",
        app_id="770550000000001",
        app_secret="b1946ac92492d2347c6235b4d2611184",
        access_token="EAABsandboxSiam0f5c3de91b7a4c2f8e6d",
    ),
)

NORTHWIND = Tenant(
    key="northwind",
    name="Northwind Gifts",
    time_zone="America/New_York",
    currency="USD",
    shopee=ShopeeShop(
        shop_id=330022771,
        name="Northwind Gifts 🎁 Official Store",
        region="SG",
        currency="SGD",
        time_zone="Asia/Singapore",
        partner_id=2003119,
        partner_key="northwind_partner_key_2c84d19e6b0f7a35",
        sku_prefix="NW",
        daily_orders=44,
        fees=Fees(commission=545, service=327, transaction=327, affiliate=250, withholding=0, import_vat=0),
    ),
    meta=MetaAccount(
        account_id="101550000000002",
        name="Northwind Gifts US",
        currency="USD",
        time_zone="America/New_York",
        business_id="880550000000002",
        app_id="770550000000002",
        app_secret="591785b794601e212b260e25925636fd",
        access_token="EAABsandboxNorthwind7d1e9a40c6b85f23",
    ),
)

TENANTS: dict[str, Tenant] = {tenant.key: tenant for tenant in (SIAM, NORTHWIND)}
