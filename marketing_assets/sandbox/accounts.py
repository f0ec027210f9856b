"""Who exists in the sandbox: two tenants, each with a Shopee shop and ad accounts of Meta and Google; one has
a Shopify shop too.

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
class ShopifyShop:
    """One shop; ``shop_id`` is the handle before ``.myshopify.com``. ``access_token`` is a custom app's."""

    shop_id: str
    name: str
    region: str
    currency: str
    time_zone: str
    client_id: str
    client_secret: str
    access_token: str
    sku_prefix: str
    daily_orders: int

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def domain(self) -> str:
        return f"{self.shop_id}.myshopify.com"


Shop = ShopeeShop | ShopifyShop


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
class GoogleAccount:
    """One Google Ads account; ids are digits. ``manager_id``: the account through which alone access goes.

    ``user``: the Google user who agreed to ``refresh_token``. Days and money are the account's own.
    """

    customer_id: str
    name: str
    currency: str
    time_zone: str
    manager_id: str
    user: str
    client_id: str
    client_secret: str
    refresh_token: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def login_id(self) -> str:
        """The account that the user may open directly."""
        return self.manager_id or self.customer_id


@dataclass(frozen=True)
class Tenant:
    key: str
    name: str
    time_zone: str
    currency: str
    shopee: ShopeeShop
    meta: MetaAccount
    google: GoogleAccount
    shopify: ShopifyShop | None = None

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
    google=GoogleAccount(
        customer_id="7301188201",
        name="Siam Home & Living สยามโฮม",
        currency="THB",
        time_zone="Asia/Bangkok",
        manager_id="9100220330",
        user="ads@siam-home.example",
        client_id="660000000001-siam.apps.googleusercontent.com",
        client_secret="GOCSPX-siam-8d2f6b0a4c1e",
        refresh_token="1//0siam-5b7e9c2d4f6a8b0c",
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
    google=GoogleAccount(
        customer_id="7302277102",
        name="Northwind Gifts US",
        currency="USD",
        time_zone="America/New_York",
        manager_id="",
        user="marketing@northwind.example",
        client_id="660000000002-northwind.apps.googleusercontent.com",
        client_secret="GOCSPX-northwind-3c9a7e5b1d",
        refresh_token="1//0northwind-1a3c5e7092b4",
    ),
    shopify=ShopifyShop(
        shop_id="northwind-gifts",
        name="Northwind Gifts US",
        region="US",
        currency="USD",
        time_zone="America/New_York",
        client_id="6f0b1d7a93e84c25b1f0d3a47c9e5528",
        client_secret="shpss_sandbox_41d08ee2c7b95f6a3d10",
        access_token="shpat_sandbox_9c3e5f7a1b2d4860e7f1",
        sku_prefix="NWU",
        daily_orders=44,
    ),
)

TENANTS: dict[str, Tenant] = {tenant.key: tenant for tenant in (SIAM, NORTHWIND)}
