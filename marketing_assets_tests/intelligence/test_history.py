"""What was known of a day on a day: looks, days first fetched later, and what they will become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from marketing_assets.intelligence.facts import Facts
from marketing_assets.intelligence.history import COLUMNS, as_of
from marketing_assets.partitions import ONE_DAY
from marketing_assets_tests.intelligence.world_facts import CURVE, GROWTH, no_looks

DAY = date(2026, 9, 10)
MORNING = datetime(2026, 9, 10, 0, 0, tzinfo=UTC)
YESTERDAY = DAY - ONE_DAY
SHOP = {"platform": "shopee", "account_id": "1"}
AD = {"platform": "meta_ads", "account_id": "2", "campaign_id": "7"}


def facts(looks: list[dict[str, Any]], revenue: float = 0.0, conversions: float = 0.0, **more: Any) -> Facts:
    """A shop and a campaign whose day before `DAY` stands at these figures today."""
    shop = {"date": YESTERDAY, **SHOP, "account_name": "Shop", "revenue": revenue, "orders": revenue / 10}
    ad = {
        "date": YESTERDAY,
        **AD,
        "account_name": "Ads",
        "campaign_name": "Lamps",
        "conversions": conversions,
    }
    schema = no_looks().schema
    of_ads = dict.fromkeys(("spend", "impressions", "clicks", "conversion_value"), 10.0)
    given: dict[str, Any] = {
        "shops": pl.DataFrame(
            [shop | {"units": revenue / 10, "contribution": revenue / 2, "marketing": 0.0}]
        ),
        "ads": pl.DataFrame([ad | of_ads | {"contribution": 0.0}]),
        "products": pl.DataFrame(
            [{"date": YESTERDAY, "sku": "L", "name": "Lamp", "revenue": revenue, "units": 1.0, "profit": 1.0}]
        ),
        "other_costs": pl.DataFrame(schema={"date": pl.Date, "amount": pl.Float64}),
        "looks": pl.DataFrame([{"date": YESTERDAY, **row} for row in looks], schema=schema),
        "growth": pl.DataFrame(schema=GROWTH),
        "curve": pl.DataFrame(schema=CURVE),
        "settles_after": {"shopee": 28, "meta_ads": 28},
    }
    return Facts(**(given | more))


def look(of: dict[str, str], hours: float, days_after: int, **figures: float) -> dict[str, Any]:
    """What was seen so many hours after the morning."""
    seen = {"campaign_id": "", "observed_at": MORNING + timedelta(hours=hours), "days_after": days_after}
    return {**seen, **of, **figures}


def row(found: pl.DataFrame, kind: str) -> dict[str, Any]:
    return found.filter(pl.col("entity_type") == kind).row(0, named=True)


def test_a_day_is_as_it_was_last_seen_before_the_moment() -> None:
    looks = [
        look(SHOP, -5, 1, revenue=100.0, orders=10.0, units=1.0),
        look(SHOP, -1, 1, revenue=90.0, orders=9.0, units=1.0),
        look(SHOP, 40, 2, revenue=50.0, orders=5.0, units=1.0),
    ]
    found = as_of(facts(looks, revenue=50.0), DAY, MORNING)
    shop = row(found, "shop")
    assert (shop["revenue"], shop["orders"], shop["is_reconstructed"]) == (90.0, 9.0, False)
    # Profit before marketing moves with revenue: 25 of 50 today, 45 of 90 then.
    assert shop["profit"] == pytest.approx(45.0)
    assert row(found, "product")["revenue"] == pytest.approx(90.0)
    assert row(found, "platform")["entity_id"] in {"meta_ads", "shopee"}
    assert tuple(found.columns) == COLUMNS


def test_a_day_first_seen_later_is_scaled_back_and_marked() -> None:
    curve = pl.DataFrame(
        [
            {"platform": "meta_ads", "metric": "conversions", "days_after": a, "share_known": s}
            for a, s in ((1, 0.5), (28, 1.0))
        ]
    )
    looks = [look(AD, 27 * 24, 28, conversions=40.0, spend=10.0)]
    campaign = row(as_of(facts(looks, conversions=40.0, curve=curve), DAY, MORNING), "campaign")
    assert campaign["is_reconstructed"]
    assert campaign["conversions"] == pytest.approx(20.0)
    assert campaign["expected_conversions"] == pytest.approx(40.0)
    plain = row(as_of(facts(looks, conversions=40.0), DAY, MORNING), "campaign")
    # Without a curve nothing is made up; it was seen when it was final.
    assert (plain["conversions"], plain["expected_conversions"]) == (40.0, 40.0)


def test_what_a_young_day_becomes_is_told_only_by_what_was_said_before() -> None:
    looks = [look(AD, -1, 1, conversions=10.0)]

    def said(hours: float) -> pl.DataFrame:
        told = {"metric": "conversions", "observed_at": MORNING + timedelta(hours=hours), "growth": 1.8}
        where = {"date": YESTERDAY, "platform": "meta_ads", "account_id": "2"}
        return pl.DataFrame([where | told], schema=GROWTH)

    before, after = (
        row(as_of(facts(looks, conversions=18.0, growth=said(h)), DAY, MORNING), "campaign") for h in (-1, 1)
    )
    assert before["expected_conversions"] == pytest.approx(18.0)
    assert after["conversions"] == 10.0 and after["expected_conversions"] is None


def test_a_campaign_that_was_not_there_yet_is_not_known() -> None:
    other = {**AD, "campaign_id": "8"}
    looks = [look(other, -1, 1, spend=5.0), look(AD, 1, 1, spend=10.0), look(other, 1, 1, spend=5.0)]
    found = as_of(facts(looks, conversions=4.0), DAY, MORNING)
    campaigns = found.filter(pl.col("entity_type") == "campaign")["entity_id"].to_list()
    assert campaigns == ["meta_ads/2/8"]


def test_a_day_without_sales_is_zero_and_known() -> None:
    shop = row(as_of(facts([], revenue=0.0), DAY, MORNING), "shop")
    assert (shop["revenue"], shop["is_reconstructed"]) == (0.0, False)


def test_a_tenant_of_whom_nothing_is_known_has_no_days() -> None:
    empty = facts([])
    nothing = {n: getattr(empty, n).clear() for n in ("shops", "ads", "products", "other_costs", "looks")}
    assert as_of(replace(empty, **nothing), DAY, MORNING).is_empty()
