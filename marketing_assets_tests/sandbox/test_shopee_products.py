"""Listings, models and the SKU mapping."""

from typing import Any

from marketing_assets.sandbox.sku_mapping import HEADER, rows
from marketing_assets_tests.sandbox.conftest import Seller


def listed(seller: Seller, *statuses: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    offset, more = 0, True
    while more:
        answer = seller.get("product/get_item_list", offset=offset, page_size=100, item_status=list(statuses))
        page = answer.json()["response"]
        found += page["item"]
        more, offset = page["has_next_page"], page.get("next_offset", 0)
    assert len(found) == page["total_count"]
    return found


def test_deleted_items_show_only_under_their_status(siam: Seller) -> None:
    normal, deleted = listed(siam, "NORMAL"), listed(siam, "SELLER_DELETE")
    assert 150 <= len(normal) <= 300
    assert deleted
    assert not {row["item_id"] for row in normal} & {row["item_id"] for row in deleted}
    assert len(listed(siam, "NORMAL", "SELLER_DELETE")) == len(normal) + len(deleted)


def test_items_with_models_have_no_price_of_their_own(siam: Seller) -> None:
    numbers = ",".join(str(row["item_id"]) for row in listed(siam, "NORMAL")[:50])
    items = siam.get("product/get_item_base_info", item_id_list=numbers).json()["response"]["item_list"]
    assert {item["has_model"] for item in items} == {True, False}
    for item in items:
        assert ("price_info" in item) != item["has_model"]
        assert "promotion_id" not in item and "has_promotion" in item
    parent = next(item for item in items if item["has_model"])
    models = siam.get("product/get_model_list", item_id=parent["item_id"]).json()["response"]["model"]
    assert len(models) > 1
    assert all(model["price_info"][0]["currency"] == "THB" for model in models)


def test_the_mapping_covers_nearly_all_skus(siam: Seller) -> None:
    mapping = [dict(zip(HEADER, row, strict=True)) for row in rows()]
    assert {row["shop_id"] for row in mapping} == {"220011881", "330022771", "northwind-gifts"}
    skus = [row["platform_sku"] for row in mapping]
    assert len(set(skus)) == len(skus)
    numbers = [row["item_id"] for row in listed(siam, "NORMAL", "SELLER_DELETE", "UNLIST")]
    sold: set[str] = set()
    for start in range(0, len(numbers), 50):
        asked = ",".join(map(str, numbers[start : start + 50]))
        items = siam.get("product/get_item_base_info", item_id_list=asked).json()["response"]["item_list"]
        for item in items:
            if item["has_model"]:
                models = siam.get("product/get_model_list", item_id=item["item_id"]).json()["response"][
                    "model"
                ]
                sold |= {model["model_sku"] for model in models}
            else:
                sold.add(item["item_sku"])
    unmapped = sold - set(skus)
    assert 0 < len(unmapped) < 0.05 * len(sold)
