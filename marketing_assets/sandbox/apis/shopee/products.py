"""``product/*`` and ``shop/get_shop_info``: listings as of now."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from marketing_assets.sandbox import catalogue
from marketing_assets.sandbox.accounts import ShopeeShop, Tenant
from marketing_assets.sandbox.apis.shopee.auth import Auth
from marketing_assets.sandbox.apis.shopee.envelope import Refusal, bad_parameter, reply, success, whole_number
from marketing_assets.sandbox.apis.shopee.order_wire import major
from marketing_assets.sandbox.catalogue import Item, Model, digest
from marketing_assets.sandbox.world import World

LARGEST_PAGE = 100
MOST_ITEMS = 50
ITEM_STATUSES = frozenset({"NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE"})
CONSENT_BEGAN = int(datetime(2026, 3, 1, 4, tzinfo=UTC).timestamp())
CONSENT_LASTS = 365 * 86_400


def price_info(model: Model, shop: ShopeeShop) -> list[dict[str, Any]]:
    price = major(model.list_price)
    return [{"currency": shop.currency, "original_price": price, "current_price": price}]


def stock_info(model: Model, shop: ShopeeShop, at: int) -> dict[str, Any]:
    units = catalogue.stock(model, at)
    return {
        "summary_info": {"total_reserved_stock": 0, "total_available_stock": units},
        "seller_stock": [{"location_id": f"{shop.region}Z", "stock": units, "if_saleable": True}],
    }


def item_base(item: Item, shop: ShopeeShop, at: int) -> dict[str, Any]:
    """Price and stock only where the item has no models."""
    model = item.models[0]
    own = (
        {}
        if item.has_model
        else {
            "price_info": price_info(model, shop),
            "stock_info_v2": stock_info(model, shop, at),
        }
    )
    return {
        "item_id": item.item_id,
        "category_id": 100_000 + digest("category", item.category) % 900,
        "item_name": item.name,
        "description": f"{item.name} · {item.category}",
        "item_sku": item.sku,
        "create_time": item.listed_at,
        "update_time": catalogue.updated(item, at),
        **own,
        "weight": f"{model.weight_gram / 1000:.3f}",
        "image": {"image_url_list": [f"https://cf.shopee.example/file/{item.item_id}"]},
        "pre_order": {"is_pre_order": False, "days_to_ship": 2},
        "condition": "NEW",
        "item_status": catalogue.status(item, at),
        "has_model": item.has_model,
        "has_promotion": digest("promotion", item.item_id) % 5 == 0,
        "brand": {"brand_id": digest("brand", item.brand) % 10**6, "original_brand_name": item.brand},
    }


def model_entry(model: Model, position: int, shop: ShopeeShop, at: int) -> dict[str, Any]:
    return {
        "model_id": model.model_id,
        "model_name": model.name,
        "model_sku": model.sku,
        "model_status": "MODEL_NORMAL",
        "tier_index": [position],
        "price_info": price_info(model, shop),
        "stock_info_v2": stock_info(model, shop, at),
    }


class Products:
    def __init__(self, world: World, auth: Auth) -> None:
        self.world, self.auth = world, auth

    def _item(self, tenant: Tenant, text: str) -> Item:
        item = catalogue.catalogue(tenant.shopee).by_id.get(int(text)) if text.isdecimal() else None
        if item is None or item.listed_at > self.world.clock.as_of_seconds:
            raise Refusal("error_item_not_found", "Item_id is not found.")
        return item

    async def get_item_list(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request)
        offset, size = whole_number(request, "offset"), whole_number(request, "page_size")
        wanted = set(request.query_params.getlist("item_status")) or {"NORMAL"}
        if offset < 0 or not 1 <= size <= LARGEST_PAGE or not wanted <= ITEM_STATUSES:
            raise bad_parameter("offset, page_size or item_status is invalid")
        now = self.world.clock.as_of_seconds
        first, last = (
            whole_number(request, "update_time_from", 0),
            whole_number(request, "update_time_to", now),
        )
        rows = [
            {"item_id": item.item_id, "item_status": status, "update_time": catalogue.updated(item, now)}
            for item in catalogue.catalogue(tenant.shopee).items
            if item.listed_at <= now
            and (status := catalogue.status(item, now)) in wanted
            and first <= catalogue.updated(item, now) <= last
        ]
        more = offset + size < len(rows)
        page = self.world.faults.without_some(
            "shopee", f"{request.url.path}?{request.url.query}", tenant.key, rows[offset : offset + size]
        )
        following = {"next_offset": offset + size} if more else {}
        return success({"item": page, "total_count": len(rows), "has_next_page": more, **following})

    async def get_item_base_info(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request)
        numbers = [text for text in request.query_params.get("item_id_list", "").split(",") if text]
        if not 1 <= len(numbers) <= MOST_ITEMS:
            raise bad_parameter(f"item_id_list takes 1 to {MOST_ITEMS} items")
        now = self.world.clock.as_of_seconds
        items = [self._item(tenant, text) for text in numbers]
        return success({"item_list": [item_base(item, tenant.shopee, now) for item in items]})

    async def get_model_list(self, request: Request) -> Response:
        tenant = self.auth.check_shop_call(request)
        item = self._item(tenant, request.query_params.get("item_id", ""))
        now = self.world.clock.as_of_seconds
        models = item.models if item.has_model else ()
        tiers = [{"name": "Design", "option_list": [{"option": model.name} for model in models]}]
        entries = [model_entry(model, place, tenant.shopee, now) for place, model in enumerate(models)]
        return success({"tier_variation": tiers if models else [], "model": entries})

    async def get_shop_info(self, request: Request) -> Response:
        """Its fields stand beside ``error``, not under ``response``."""
        tenant = self.auth.check_shop_call(request)
        return reply(
            {
                "error": "",
                "message": "",
                "shop_name": tenant.shopee.name,
                "region": tenant.shopee.region,
                "status": "NORMAL",
                "is_cb": False,
                "is_cnsc": False,
                "auth_time": CONSENT_BEGAN,
                "expire_time": CONSENT_BEGAN + CONSENT_LASTS,
                "merchant_id": None,
            }
        )
