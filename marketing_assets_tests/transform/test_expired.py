"""Days whose inputs have expired are refused with tenant, table and days; nothing made of them is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import dagster as dg
import pytest

from marketing_assets.ingest.key_ring import KeyRing, pseudonyms, write_ring
from marketing_assets.ingest.landing import Landing
from marketing_assets.partitions import DayRange
from marketing_assets.secrets import MissingSecret
from marketing_assets_tests.transform.raw import order

DAY, LATER = date(2025, 3, 10), date(2025, 3, 11)
BOTH = DayRange(DAY, LATER)
STAGED = dg.AssetKey(["siam", "staging", "stg_shopee__orders"])


def words(result: dg.ExecuteInProcessResult) -> str:
    [failed] = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
    told = failed.step_failure_data.user_failure_data
    return str(told and told.description)


def test_a_day_whose_raw_rows_have_expired_keeps_what_was_made_of_it(house: Callable[..., Any]) -> None:
    h = house(retention={"raw_days": 30})
    only = dg.AssetSelection.assets(STAGED).without_checks()
    h.raw.nothing(BOTH)
    h.raw.orders(BOTH, order(DAY, "A"), order(LATER, "B"))
    assert h.run(BOTH, only).success, "the rows are old, but there"
    kept = h.rows("staging.stg_shopee__orders")
    assert [row["day"] for row in kept] == [DAY, LATER]

    h.warehouse.delete_before("raw", "shopee_orders", LATER)
    refused = h.run(BOTH, only, raise_on_error=False)
    assert not refused.success
    said = words(refused)
    assert said.startswith("siam/staging/stg_shopee__orders, days 2025-03-10: what it is made of")
    assert "raw.shopee_escrow, raw.shopee_orders" in said and "expired after 30 days" in said
    assert "materialise them together with raw" in said
    assert h.rows("staging.stg_shopee__orders") == kept
    assert h.run(DayRange(LATER, LATER), only).success


def test_nothing_is_fetched_or_computed_in_the_middle_of_a_rotation(house: Callable[..., Any]) -> None:
    h = house()
    write_ring(h.settings, "siam", KeyRing().with_new_key("rotate-key-1"))
    with pytest.raises(MissingSecret, match="marketing privacy rotate-key siam"):
        pseudonyms(h.tenant, h.settings, Landing(h.settings.landing))
    refused = h.run(BOTH, dg.AssetSelection.assets(STAGED).without_checks(), raise_on_error=False)
    said = words(refused)
    assert "the rotation rotate-key-1 was interrupted" in said
    assert "marketing privacy rotate-key siam" in said
    write_ring(h.settings, "siam", KeyRing())
