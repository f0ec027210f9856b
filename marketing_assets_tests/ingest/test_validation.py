"""Records become typed rows; what breaks the contract becomes a dead letter that says why."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.ingest.validation import Frame, Judge, Validated, record_key
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.google_ads.tables import CAMPAIGN_PERFORMANCE
from marketing_assets.platforms.meta_ads.tables import CAMPAIGNS, INSIGHTS
from marketing_assets.platforms.shopee.tables import ORDERS, PRODUCTS
from marketing_assets.schema import polars_schema

CREATED = 1_793_000_000  # 2026-10-26 14:13:20 in Bangkok
FRAME = Frame("Asia/Bangkok", DayRange(date(2026, 10, 20), date(2026, 11, 20)), date(2026, 11, 20))
ORDER: dict[str, Any] = {
    "order_sn": "A1",
    "currency": "THB",
    "order_status": "COMPLETED",
    "total_amount": 269.8,
    "create_time": CREATED,
    "update_time": CREATED + 100,
    "pay_time": 0,
    "cod": False,
    "recipient_address": {"region": "TH"},
    "item_list": [{"item_id": 1, "model_quantity_purchased": 2, "model_original_price": 129.9}],
    "_context": {"shop_id": "9"},
}


def lines(*records: Any) -> bytes:
    return b"".join((r if isinstance(r, bytes) else orjson.dumps(r)) + b"\n" for r in records)


def orders(*records: Any) -> Validated:
    return Judge(ORDERS, FRAME).judge(lines(*records), 0)


def reasons(result: Validated) -> list[str]:
    return result.dead["reason"].to_list()


def test_a_good_record_is_typed_by_the_contract() -> None:
    result = orders(ORDER)
    assert result.dead.is_empty()
    row = result.rows.row(0, named=True)
    assert row["total_amount"] == Decimal("269.8")
    assert row["create_time"] == datetime.fromtimestamp(CREATED, UTC)
    assert row["pay_time"] is None
    assert row["day"] == date(2026, 10, 26)
    assert row["item_list"][0]["model_original_price"] == Decimal("129.9")
    assert row["shop_id"] == "9"
    schema = polars_schema(ORDERS.columns)
    assert {n: result.rows.schema[n] for n in schema} == dict(schema)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"total_amount": "abc"}, "total_amount: 'abc' is no NUMERIC"),
        ({"currency": None}, "currency: is missing"),
        ({"item_list": []}, "item_list: is missing"),
        ({"item_list": "none"}, "record: does not have the declared structure"),
        ({"item_list": [{**ORDER["item_list"][0], "model_quantity_purchased": "two"}]}, "'two' is no INT64"),
        ({"item_list": [{**ORDER["item_list"][0], "model_quantity_purchased": 1.5}]}, "'1.5' is no INT64"),
        ({"item_list": [{"item_id": 1, "model_original_price": 1}]}, "model_quantity_purchased: is missing"),
        ({"create_time": 1_700_000_000}, "create_time: falls on 2023-11-15, outside the days asked"),
        ({"create_time": "soon"}, "create_time: 'soon' is no TIMESTAMP"),
        ({"cod": "maybe"}, "cod: 'maybe' is no BOOL"),
        ({"_context": {}}, "shop_id: is missing"),
    ],
)
def test_a_breach_names_field_and_value_and_stops_nothing_else(change: dict[str, Any], expected: str) -> None:
    result = orders({**ORDER, "order_sn": "good-1"}, {**ORDER, **change}, {**ORDER, "order_sn": "good-2"})
    assert result.rows["order_sn"].to_list() == ["good-1", "good-2"]
    assert len(reasons(result)) == 1
    assert expected in reasons(result)[0]
    assert result.dead["line"].to_list() == [1]


def test_every_breach_of_a_record_is_named() -> None:
    [reason] = reasons(orders({**ORDER, "currency": None, "total_amount": "x"}))
    assert "currency: is missing" in reason
    assert "total_amount: 'x'" in reason


def test_misshapen_records_among_many_are_singled_out() -> None:
    records: list[Any] = [{**ORDER, "order_sn": f"{i}"} for i in range(300)]
    for bad in (0, 57, 58, 299):
        records[bad] = {**ORDER, "item_list": {"not": "a list"}}
    result = orders(*records)
    assert result.dead["line"].to_list() == [0, 57, 58, 299]
    assert result.rows.height == 296


def test_thai_text_and_emoji_pass_unharmed() -> None:
    name = 'กระเป๋าผ้า 🎁 "พิเศษ", 50% \\ off'
    result = orders({**ORDER, "order_sn": name})
    assert result.rows["order_sn"].to_list() == [name]


def test_numbers_come_in_many_dresses() -> None:
    row = b'{"account_id":1,"account_currency":"THB","campaign_id":"2","adset_id":3,"ad_id":4.0,'
    row += b'"date_start":"2026-11-01","impressions":1200.0,"clicks":"","spend":415.20}'
    frame = Judge(INSIGHTS, FRAME).judge(row + b"\n", 0).rows
    assert frame["impressions"].to_list() == [1200]
    assert frame["clicks"].to_list() == [None]
    assert frame["spend"].to_list() == [Decimal("415.2")]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-02T03:04:05+0700", datetime(2026, 1, 1, 20, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05-05:00", datetime(2026, 1, 2, 8, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.250Z", datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
    ],
)
def test_timestamps_with_any_offset_become_utc(text: str, instant: datetime) -> None:
    record = {"account_id": "1", "id": "2", "created_time": text}
    assert Judge(CAMPAIGNS, FRAME).judge(lines(record), 0).rows["created_time"].to_list() == [instant]


def test_nested_lists_in_lists_are_typed() -> None:
    record = {
        "item_id": 2,
        "_context": {
            "shop_id": "1",
            "models": [{"model_id": 5, "price_info": [{"original_price": 3.25}]}],
        },
    }
    row = Judge(PRODUCTS, FRAME).judge(lines(record), 0).rows.row(0, named=True)
    assert row["models"][0]["price_info"][0]["original_price"] == Decimal("3.25")
    assert row["day"] == FRAME.snapshot_day


def test_a_dead_record_keeps_its_day_or_the_first_day_asked() -> None:
    result = orders({**ORDER, "total_amount": "x"}, {**ORDER, "create_time": None})
    assert result.dead["day"].to_list() == [date(2026, 10, 26), date(2026, 10, 20)]


def test_an_empty_chunk_is_no_error() -> None:
    result = Judge(ORDERS, FRAME).judge(b"", 0)
    assert result.rows.is_empty()
    assert result.dead.is_empty()


def test_the_key_of_a_dead_record_is_told_as_far_as_it_can_be_read() -> None:
    assert record_key(ORDERS, orjson.dumps(ORDER).decode()) == "shop_id=9, order_sn=A1"
    assert record_key(ORDERS, '{"_unreadable":true}') == "shop_id=None, order_sn=None"


WILD = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(max_size=12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.integers(-9, 9), max_size=2)
    | st.dictionaries(st.text(max_size=4), st.integers(-9, 9), max_size=2)
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(ORDER)), WILD, max_size=4), max_size=8))
def test_every_record_ends_as_a_row_or_a_dead_letter(changes: list[dict[str, Any]]) -> None:
    result = orders(*({**ORDER, **change} for change in changes))
    together = result.rows["line"].to_list() + result.dead["line"].to_list()
    assert sorted(together) == list(range(len(changes)))
    assert result.dead.filter(pl.col("reason").is_null()).is_empty()


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_money_keeps_every_cent(amount: Decimal) -> None:
    line = orjson.dumps({**ORDER, "total_amount": 0}).replace(
        b'"total_amount":0', f'"total_amount":{amount}'.encode()
    )
    assert orders(line).rows["total_amount"].to_list() == [amount]


@pytest.mark.parametrize(
    "digits",
    ["12345678901234.567", "99999999999999999999999999999.123456789", "0.123456789", "0.1", "-7.25", "1e3"],
)
def test_money_keeps_its_digits_as_a_number_and_as_a_text(digits: str) -> None:
    for written in (digits, f'"{digits}"'):
        record = lines(ORDER).replace(b"269.8", written.encode())
        assert orders(record.strip()).rows["total_amount"].to_list() == [Decimal(digits)]


@pytest.mark.parametrize(
    ("written", "amount"), [("0.0000001", "0.000000100"), ("1e-7", "0.000000100"), ("2.5E-3", "0.0025")]
)
def test_tiny_amounts_are_read_however_they_are_written(written: str, amount: str) -> None:
    record = lines(ORDER).replace(b"269.8", written.encode())
    assert orders(record.strip()).rows["total_amount"].to_list() == [Decimal(amount)]


@given(st.decimals(min_value=-(10**20), max_value=10**20, places=9, allow_nan=False))
def test_any_amount_of_nine_decimals_is_exact(amount: Decimal) -> None:
    record = lines(ORDER).replace(b"269.8", f"{amount:f}".encode())
    assert orders(record.strip()).rows["total_amount"].to_list() == [amount]


def test_half_an_emoji_costs_no_record() -> None:
    cut = lines({**ORDER, "order_sn": "CUT"}).replace(b'"THB"', b'"THB","note":"\\ud83d"').strip()
    result = orders(ORDER, cut)
    assert result.dead.is_empty()
    assert result.rows["order_sn"].to_list() == ["A1", "CUT"]


def test_of_a_field_that_comes_twice_the_last_counts() -> None:
    twice = lines(ORDER).replace(b'"cod":', b'"order_sn":"B2","cod":').strip()
    assert orders(ORDER, twice).rows["order_sn"].to_list() == ["A1", "B2"]


GOOGLE: dict[str, Any] = {
    "customer": {"id": "7301188201", "currencyCode": "THB", "timeZone": "Asia/Bangkok"},
    "campaign": {"id": "21010000000", "name": "Search"},
    "segments": {"date": "2026-11-02", "device": "MOBILE"},
    "metrics": {
        "impressions": "173",
        "clicks": "33",
        "costMicros": "113730000",
        "conversions": 5.49,
        "conversionsValue": 1965.31,
    },
}


def google(**metrics: Any) -> Validated:
    record = GOOGLE | {"metrics": GOOGLE["metrics"] | metrics}
    return Judge(CAMPAIGN_PERFORMANCE, FRAME).judge(lines(record), 0)


def test_a_row_of_google_is_typed_by_the_contract() -> None:
    row = google().rows.row(0, named=True)
    assert (row["impressions"], row["clicks"], row["day"]) == (173, 33, date(2026, 11, 2))
    assert (row["cost"], row["conversions"]) == (Decimal("113.73"), Decimal("5.49"))
    assert (row["account_id"], row["currency_code"]) == ("7301188201", "THB")


@given(st.integers(min_value=-(10**20), max_value=10**20), st.booleans())
def test_micros_are_money_to_the_last_digit(amount: int, as_text: bool) -> None:
    result = google(costMicros=str(amount) if as_text or abs(amount) >= 2**63 else amount)
    assert result.rows["cost"].to_list() == [Decimal(amount).scaleb(-6)]


@pytest.mark.parametrize("wrong", ["1.5", "12 THB", "1e6", "--1", "1_000_000"])
def test_micros_that_are_no_whole_number_are_a_breach(wrong: str) -> None:
    result = google(costMicros=wrong)
    assert result.rows.is_empty()
    assert f"cost: '{wrong}' is no NUMERIC" in reasons(result)[0]
