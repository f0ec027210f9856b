"""`marketing replay` and `marketing dead-letters`: from landing, without a call."""

from __future__ import annotations

import re

import dagster as dg
import polars as pl
import pytest

from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets_tests.commands.conftest import Marketing
from marketing_assets_tests.crash.states import state
from marketing_assets_tests.installation import FILLED, Installation, range_tags, run_job

pytestmark = pytest.mark.xdist_group("installation")

RANGE = ["--from", f"{FILLED.first}", "--to", f"{FILLED.last}"]
ORDERS = dg.AssetKey(["siam", "raw", "shopee_orders"])


def visits(at: Installation) -> int:
    return int(at.sandbox.world.visits.report(0)["total"])


@pytest.mark.parametrize("table", ["shopee_orders", "meta_ads_insights_age_gender", "ecb_fx_rates"])
def test_a_replayed_table_equals_the_fetched_one_and_asks_nobody(
    filled: Installation, installation: Installation, marketing: Marketing, table: str
) -> None:
    warehouse = installation.warehouse()
    days = DayRange(FILLED.first + ONE_DAY, FILLED.first + ONE_DAY)
    spec = warehouse.describe("raw", table)
    assert spec.columns
    _empty_day(installation, table, days)
    before = visits(installation)
    result = marketing(installation, "replay", "siam", table, *RANGE)
    assert result.exit_code == 0, result.stderr
    assert visits(installation) == before
    assert re.search(
        rf"siam/raw/{table}, {FILLED}: \d+ rows from 1 landed fetches, 0 dead letters", result.stdout
    )
    assert state(warehouse, "raw") == state(filled.warehouse(), "raw")
    now, then = (w.read("raw", table).sort(pl.all()) for w in (warehouse, filled.warehouse()))
    assert now.equals(then), "the columns that tell of the fetch are its own too"


def _empty_day(at: Installation, table: str, days: DayRange) -> None:
    import duckdb

    with duckdb.connect(str(at.warehouse().path)) as connection:
        connection.execute(f"delete from raw.{table} where day = ?", [days.first])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["siam", "shopee_order", *RANGE], "there is no raw table 'shopee_order'; known: shopee_orders, "),
        (["simon", "shopee_orders", *RANGE], "there is no tenant 'simon'"),
        (
            ["siam", "shopee_orders", "--from", "2025-11-01"],
            "landing holds no complete fetch of shopee_orders",
        ),
        (["siam", "shopee_orders", "--from", "2025-11-02", "--to", "2025-11-01"], "lies before --from"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_words(
    filled: Installation, marketing: Marketing, arguments: list[str], said: str
) -> None:
    result = marketing(filled, "replay", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr


def test_without_dead_letters_there_is_nothing_to_show(filled: Installation, marketing: Marketing) -> None:
    assert "0 dead letters of siam" in marketing(filled, "dead-letters", "list", "siam").stdout
    assert marketing(filled, "dead-letters", "show", "siam", "x").exit_code == 1
    assert (
        marketing(filled, "dead-letters", "replay", "siam").stdout == "siam has no dead letters to replay\n"
    )


def test_a_dead_letter_is_listed_shown_and_judged_again(
    installation: Installation, marketing: Marketing
) -> None:
    world = installation.sandbox.world
    from marketing_assets.sandbox import hand_orders

    created = f"{FILLED.last}T03:00:00+00:00"
    wish = {"created": created, "wire_item": {"model_original_price": "abc"}, "in_truth": False}
    broken = hand_orders.apply(world, "siam", {**wish, "message": "call me: 0812345678"})
    definitions = installation.definitions()
    days = range_tags(DayRange(FILLED.last, FILLED.last))
    assert run_job(installation, definitions, days, [ORDERS]).success

    listed = marketing(installation, "dead-letters", "list", "siam").stdout
    assert "1 dead letters of siam" in listed
    [line] = [row for row in listed.splitlines() if "shopee_orders" in row]
    assert broken.sn in line and "model_original_price" in line
    letter = re.search(r"\b[0-9a-f]{16}\b", line)
    assert letter is not None
    shown = marketing(installation, "dead-letters", "show", "siam", letter[0])
    assert f'"order_sn": "{broken.sn}"' in shown.stdout
    assert '"model_original_price": "abc"' in shown.stdout
    assert "0812345678" not in shown.stdout

    before, rows = visits(installation), state(installation.warehouse(), "raw")
    replayed = marketing(installation, "dead-letters", "replay", "siam", "--table", "shopee_orders")
    assert replayed.exit_code == 0, replayed.stderr
    assert "1 dead letters" in replayed.stdout
    assert (visits(installation), state(installation.warehouse(), "raw")) == (before, rows)
    assert "1 dead letters of siam" in marketing(installation, "dead-letters", "list", "siam").stdout

    mended = {"order_sn": broken.sn, "amend": True, "wire_item": {"model_original_price": 100}}
    hand_orders.apply(world, "siam", mended)
    assert run_job(installation, definitions, days, [ORDERS]).success
    assert "0 dead letters of siam" in marketing(installation, "dead-letters", "list", "siam").stdout
    orders = installation.warehouse().read("raw", "shopee_orders", columns=["order_sn"])
    assert broken.sn in orders["order_sn"].to_list()
