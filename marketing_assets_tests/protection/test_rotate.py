"""After a rotation everything still joins, with what was stored before and with what comes in new."""

from __future__ import annotations

from marketing_assets.ingest.pseudonyms import keyed_hash, keys_of
from marketing_assets.protection.erase import erase
from marketing_assets.protection.rotate import rotate
from marketing_assets.protection.subjects import parsed
from marketing_assets_tests.protection.people import (
    ANNA,
    BERT,
    DAYS,
    PEOPLE,
    Person,
    Small,
    all_records,
    shopee_order,
    shopify_order,
)
from marketing_assets_tests.protection.searching import places


def per_customer(house: Small) -> list[tuple[int, float]]:
    """Orders and money of each customer, by nobody's name."""
    found: dict[str, list[float]] = {}
    for row in house.rows("staging.orders"):
        found.setdefault(row["customer_id"], []).append(float(row["net_amount"]))
    return sorted((len(paid), sum(paid)) for paid in found.values())


def test_old_and_new_values_join_and_no_old_digest_is_left(house: Small) -> None:
    old = sorted({d for p in PEOPLE for d in house.digests_of(p)})
    before = per_customer(house)
    done = rotate(house.settings, house.tenant, "the officer")
    assert done.told["keys"] == 2 and done.told["rows"]["staging.orders"] == 18
    assert per_customer(house) == before
    stored = {r["customer_id"] for r in house.rows("staging.orders")}
    assert {keys_of(d) for d in stored} == {2}
    assert {house.names.digest(p.gid) for p in PEOPLE} < stored
    unmarked = [f'"{d}"' for d in old]
    assert places(house.settings.home, [*old, *unmarked], "northwind") == set()
    for table, records in all_records().items():
        house.fetch(table, records)
    house.stage()
    assert per_customer(house) == before


def test_a_second_rotation_wraps_what_the_first_made(house: Small) -> None:
    first = house.names.digest(BERT.email)
    for _ in range(2):
        rotate(house.settings, house.tenant, "the officer")
    names = house.names
    assert (
        names.digest(BERT.email) == names.wrapped(first) == f"k3:{keyed_hash(names.keys[2], _twice(house))}"
    )
    assert names.digest(BERT.email) in {r["email"] for r in house.rows("raw.shopify_orders")}


def _twice(house: Small) -> str:
    keys = house.names.keys
    return f"k2:{keyed_hash(keys[1], keyed_hash(keys[0], BERT.email))}"


def test_who_was_erased_stays_away_after_a_rotation(house: Small) -> None:
    erase(house.settings, house.tenant, parsed([f"email={ANNA.email}", f"id={ANNA.number}"]), "x")
    rotate(house.settings, house.tenant, "x")
    house.fetch("shopify_orders", [shopify_order(1, ANNA), shopify_order(2, BERT)])
    house.fetch("shopee_orders", [shopee_order(3, ANNA), shopee_order(4, BERT)])
    assert [r["email"] is None for r in house.rows("raw.shopify_orders")].count(True) == 1
    assert [r["buyer_user_id"] is None for r in house.rows("raw.shopee_orders")].count(True) == 1
    names = house.names
    assert (
        places(house.settings.home, [names.digest(ANNA.gid), names.digest(ANNA.email)], "northwind") == set()
    )


def test_a_person_is_erased_after_a_rotation_by_a_hash_from_before_it(house: Small) -> None:
    before = house.names.digest(ANNA.gid)
    rotate(house.settings, house.tenant, "x")
    stranger = Person(1, "x@y.example", "+1")
    house.fetch("shopify_orders", [shopify_order(1, ANNA), shopify_order(2, stranger)], DAYS)
    done = erase(house.settings, house.tenant, parsed([f"hash={before}"]), "x")
    assert done.left == []
    assert sorted(r["email"] is None for r in house.rows("raw.shopify_orders")) == [False, True]
