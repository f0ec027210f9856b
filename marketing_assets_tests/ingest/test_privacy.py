"""No personal value passes the mask, declared or not."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.ingest.privacy import UNREADABLE, Masker, keyed_hash
from marketing_assets.platforms.google_ads.tables import CHANGES
from marketing_assets.platforms.meta_ads.tables import INSIGHTS
from marketing_assets.platforms.shopee.tables import ORDERS

KEY = b"k" * 32
ORDER: dict[str, Any] = {
    "order_sn": "1",
    "buyer_user_id": 77_001,
    "buyer_username": "somchai_สมชาย",
    "recipient_address": {
        "name": "สมชาย ใจดี",
        "phone": "0812345678",
        "region": "TH",
        "full_address": "9 Rama",
    },
    "message_to_seller": "leave at 9 Rama",
    "item_list": [{"item_id": 1}],
}
CLEAR = ["77001", "somchai_สมชาย", "สมชาย ใจดี", "0812345678", "9 Rama"]


def masked(record: Any, table: Any = ORDERS) -> tuple[Any, set[str]]:
    page = Masker(table, KEY).mask([orjson.dumps(record)])
    return orjson.loads(page.lines[0]), set(page.drift)


def test_declared_personal_values_are_hashed_or_dropped() -> None:
    record, drift = masked(ORDER)
    text = orjson.dumps(record).decode()
    assert not [clear for clear in CLEAR if clear in text]
    assert record["buyer_user_id"] == keyed_hash(KEY, "77001")
    assert record["recipient_address"]["region"] == "TH"
    assert record["recipient_address"]["full_address"] is None
    assert drift == set()


def test_the_same_person_has_the_same_hash_under_one_key_only() -> None:
    assert keyed_hash(KEY, "77001") == keyed_hash(KEY, "77001")
    assert keyed_hash(KEY, "77001") != keyed_hash(b"other", "77001")


def test_an_undeclared_field_is_drift_and_masked_where_it_sounds_personal() -> None:
    record, drift = masked(
        {**ORDER, "gift_email": "a@b.co", "loyalty": {"tier": "gold", "mobile": "0899999999"}}
    )
    assert record["gift_email"] == keyed_hash(KEY, "a@b.co")
    assert record["loyalty"] == {"tier": "gold", "mobile": keyed_hash(KEY, "0899999999")}
    assert drift == {"gift_email", "loyalty"}


def test_a_new_field_beside_masked_ones_is_masked_whatever_its_name() -> None:
    record, drift = masked({**ORDER, "recipient_address": {"name": "x", "nickname": "Lek"}})
    assert record["recipient_address"]["nickname"] == keyed_hash(KEY, "Lek")
    assert drift == {"recipient_address.nickname"}


def test_records_without_personal_fields_stay_as_sent() -> None:
    line = (
        b'{"account_id": "1", "spend":"415.20", "actions":[{"action_type":"x","value":"1","7d_click":"1"}]}'
    )
    page = Masker(INSIGHTS, KEY).mask([line])
    assert page.lines == [line]
    assert not page.drift


def test_drift_in_a_table_without_personal_fields_is_still_masked() -> None:
    record, drift = masked({"account_id": "1", "viewer_email": "a@b.co", "note_to": 3}, INSIGHTS)
    assert record["viewer_email"] == keyed_hash(KEY, "a@b.co")
    assert drift == {"viewer_email", "note_to"}


def test_whatever_comes_in_an_ignored_field_is_no_drift_beside_columns_that_stand_in_it() -> None:
    state = {"campaign": {"name": "Sommer", "status": "PAUSED"}, "adGroup": {"name": "x"}}
    record = {"changeEvent": {"resourceName": "1", "newResource": state, "note": "y"}}
    kept, drift = masked(record, CHANGES)
    assert drift == {"changeEvent.note"}
    assert kept["changeEvent"]["newResource"] == state


def test_what_is_no_object_leaves_nothing_behind() -> None:
    page = Masker(ORDERS, KEY).mask([b'"somchai 0812345678"', b"[1,2]", b"null"])
    assert page.lines == [UNREADABLE] * 3


def test_line_breaks_between_tokens_do_not_split_a_record() -> None:
    page = Masker(INSIGHTS, KEY).mask([b'{\r\n "account_id": "1",\n "ad_name": "a\\nb"}'])
    assert b"\n" not in page.lines[0]
    assert orjson.loads(page.lines[0]) == {"account_id": "1", "ad_name": "a\nb"}


NEEDLE = "needle-7f3a9c"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["extra", "order_sn", "item_list", "package_list"]), JSON, max_size=4))
def test_declared_personal_fields_never_pass_whatever_stands_around_them(around: dict[str, Any]) -> None:
    record = {
        **around,
        "buyer_username": NEEDLE,
        "note": [NEEDLE],
        "recipient_address": {"phone": {"mobile": NEEDLE}, "name": NEEDLE},
    }
    page = Masker(ORDERS, KEY).mask([orjson.dumps(record)])
    assert NEEDLE.encode() not in page.lines[0]
    kept = orjson.loads(page.lines[0])
    assert {k: kept[k] for k in around if k == "order_sn" and not isinstance(around[k], dict | list)} == {
        k: v for k, v in around.items() if k == "order_sn" and not isinstance(v, dict | list)
    }


def test_masking_keeps_every_digit_of_a_number_and_outlives_half_an_emoji() -> None:
    long = b'{"order_sn":"A1","total_amount":12345678901234.567891,"buyer_username":"somchai"}'
    cut = b'{"order_sn":"A2","note":"\\ud83d","buyer_username":"somchai"}'
    page = Masker(ORDERS, b"k" * 32).mask([long, cut])
    kept, repaired = (orjson.loads(line) for line in page.lines)
    assert kept["total_amount"] == "12345678901234.567891"
    assert repaired["order_sn"] == "A2"
    assert kept["buyer_username"] == repaired["buyer_username"] == keyed_hash(b"k" * 32, "somchai")
