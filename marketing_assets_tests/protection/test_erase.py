"""A person who is erased is nowhere any more and does not come back; everybody else, and all money, stays."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from marketing_assets.protection import acts
from marketing_assets.protection.erase import Erased, erase, matches
from marketing_assets.protection.reports import ReportError, public_key, verified
from marketing_assets.protection.subjects import SubjectError, parsed
from marketing_assets_tests.protection.people import ANNA, BERT, CARA, DAYS, Person, Small, all_records
from marketing_assets_tests.protection.searching import places

SHARED = {"phone"}


def erased(house: Small, *subject: str) -> Erased:
    return erase(house.settings, house.tenant, parsed(subject), "the officer")


def own(house: Small, person: Person) -> list[str]:
    """The digests that are Anna's alone, and what stands for them in clear."""
    names = house.names
    return [*(names.digest(v) for v in (str(person.number), person.gid, person.email, person.username))]


@pytest.mark.parametrize(
    "subject",
    [
        [f"id={ANNA.number}"],
        [f"username={ANNA.username}", f"email={ANNA.email}"],
    ],
)
def test_nothing_of_a_person_is_left_and_nothing_comes_back(house: Small, subject: list[str]) -> None:
    gone = [*own(house, ANNA), ANNA.email, ANNA.username, str(ANNA.number)]
    assert {"raw.shopify_orders", "raw.shopee_escrow", "staging.orders", "ops.dead_letters"} <= places(
        house.settings.home, gone, "northwind"
    )
    done = erased(house, *subject)
    assert done.left == []
    assert places(house.settings.home, gone, "northwind") == set()
    for table, records in all_records().items():
        house.fetch(table, records)
    house.stage()
    assert places(house.settings.home, gone, "northwind") == set()


def test_orders_keep_their_amounts_and_others_keep_everything(house: Small) -> None:
    before = {t: house.rows(t) for t in ("raw.shopify_orders", "raw.shopee_orders", "staging.orders")}
    erased(house, f"email={ANNA.email}", f"id={ANNA.number}")
    for table, then in before.items():
        now = house.rows(table)
        key = "order_id" if "order_id" in then[0] else "order_sn"
        old, new = ({row[key]: row for row in rows} for rows in (then, now))
        assert old.keys() == new.keys()
        for number, row in new.items():
            if _number(number) % 10 == 0:
                assert _money(row) == _money(old[number]) and _money(row) > 0
                assert not {row.get(c) for c in ("customer_id", "email", "phone", "buyer_user_id")} - {None}
            else:
                assert row == old[number], "Bert has Anna's name, Cara her telephone"


def _number(order: str) -> int:
    return int("".join(c for c in order if c.isdigit()))


def _money(row: dict[str, Any]) -> Decimal:
    return next(Decimal(row[c]) for c in ("net_amount", "total_price", "total_amount") if c in row)


def test_a_telephone_of_two_takes_nobody_along_unless_it_is_named(house: Small) -> None:
    phone = house.names.digest(CARA.phone)
    done = erased(house, f"email={ANNA.email}")
    assert done.told["left_out_as_others_too"] == 1
    assert {r["phone"] for r in house.rows("raw.shopify_orders") if r["phone"] == phone} == {phone}
    assert len([r for r in house.rows("raw.shopify_orders") if r["email"] is None]) == 3
    erased(house, f"phone={CARA.phone}")
    assert [r for r in house.rows("raw.shopify_orders") if r["phone"] == phone] == []
    assert [r for r in house.rows("raw.shopify_orders") if r["email"]] == [
        r for r in house.rows("raw.shopify_orders") if r["email"] == house.names.digest(BERT.email)
    ]


def test_a_customers_own_row_is_cut_down_to_what_its_table_needs(house: Small) -> None:
    erased(house, f"email={ANNA.email}")
    rows = {r["customer_id"]: r for r in house.rows("raw.shopify_customers")}
    assert len(rows) == 3
    [(key, row)] = [(k, r) for k, r in rows.items() if k.startswith("erased:")]
    assert row["email"] is row["phone"] is row["amount_spent"] is row["number_of_orders"] is None
    assert row["tags"] == [] and row["shop_id"] == "9" and key in row["raw_json"]


def test_a_replay_gives_the_rows_that_stand(house: Small) -> None:
    from marketing_assets.ingest.raw_table import replay_raw
    from marketing_assets.platforms.catalog import PLATFORMS

    erased(house, f"email={ANNA.email}", f"id={ANNA.number}")
    platform = PLATFORMS["shopee"]
    table = next(t for t in platform.tables if t.name == "shopee_orders")
    before = house.rows("raw.shopee_orders"), house.rows("ops.dead_letters")
    replay_raw(house.warehouse, house.landing, house.tenant, platform, table, DAYS)
    assert (house.rows("raw.shopee_orders"), house.rows("ops.dead_letters")) == before


def test_the_report_is_signed_and_names_nobody(house: Small) -> None:
    gone = own(house, ANNA) + ANNA.clear
    done = erased(house, f"email={ANNA.email}", f"id={ANNA.number}")
    trusted = public_key(house.settings)
    told = verified(done.report, trusted)
    assert told == done.told
    assert told["landing_records"] == {
        "shopee_orders": 8,
        "shopee_escrow": 6,
        "shopify_orders": 6,
        "shopify_customers": 2,
    }
    assert told["rows"]["staging.orders"] == 6 and told["rows"]["ops.dead_letters"] == 1
    assert not [needle for needle in gone if needle in done.report.read_text()]
    signed = json.loads(done.report.read_text())
    signed["report"]["rows"]["staging.orders"] = 5
    done.report.write_text(json.dumps(signed))
    with pytest.raises(ReportError, match="was changed"):
        verified(done.report, trusted)
    with pytest.raises(ReportError, match="another key"):
        verified(done.report, "00" * 32)


def test_the_log_tells_of_every_act_and_of_every_change_to_itself(house: Small) -> None:
    done = erased(house, f"email={ANNA.email}")
    lines = acts.read(house.settings)
    assert [(li.act, li.state, li.by) for li in lines] == [
        (done.act, "started", "the officer"),
        (done.act, "finished", "the officer"),
    ]
    with acts.protection_state(house.settings) as at:
        at.exec_driver_sql(
            "update protection_log set line = replace(line, 'officer', 'nobody') where number = 1"
        )
    with pytest.raises(acts.LogError, match="line 1 "):
        acts.read(house.settings)


def test_a_trial_says_what_would_be_found_and_changes_nothing(house: Small) -> None:
    before = house.rows("raw.shopify_orders")
    found = matches(house.settings, house.tenant, parsed([f"email={ANNA.email}"]))
    assert found["days of raw.shopify_orders"] == 3 and found["left out as others' too"] == 1
    assert house.rows("raw.shopify_orders") == before and house.names.tombstones == frozenset()


@pytest.mark.parametrize("given", ["anna@mail.example", "mail=x", "hash=xyz", "email="])
def test_what_is_no_subject_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(SubjectError) as error:
        parsed([given])
    assert given.partition("=")[2] == "" or given.partition("=")[2] not in str(error.value)
