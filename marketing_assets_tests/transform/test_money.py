"""The money macro against Python's Decimal, from satang to a year's sales in rupiah."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

import duckdb
import jinja2
import polars as pl
import pytest

from marketing_assets.settings import Settings

EXACT = Context(prec=100)
NINE = Decimal("1e-9")


@pytest.fixture(scope="module")
def macro() -> Any:
    """The DuckDB macros, rendered as dbt would."""
    folder = Settings().dbt_dir / "macros"
    source = "".join((folder / name).read_text(encoding="utf-8") for name in ("types.sql", "money.sql"))
    # Only the dispatch needs an adapter; here there is one engine.
    source = re.sub(r"adapter\.dispatch\('(\w+)', 'marketing_assets'\)", r"duckdb__\1", source)
    target = {"database": "memory", "schema": "main"}
    return jinja2.Environment().from_string(source, globals={"target": target}).module


@pytest.fixture
def engine(macro: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(macro.create_functions())
        yield connection


def expected(amount: Decimal, multiplier: Decimal, divisor: Decimal) -> Decimal | None:
    if divisor == 0:
        return None
    exact = EXACT.divide(EXACT.multiply(amount, multiplier), divisor)
    return exact.quantize(NINE, ROUND_HALF_EVEN, context=EXACT)


def triples() -> Iterator[tuple[Decimal, Decimal, Decimal]]:
    chance = random.Random(7)
    rates = [Decimal(r) for r in ("1", "37.915", "1.1626", "19421.37", "0.000000001", "25000.123456789")]
    for _ in range(4000):
        whole = chance.randrange(10 ** chance.randrange(1, 13))
        amount = Decimal(whole) + Decimal(chance.randrange(10**9)).scaleb(-9)
        yield chance.choice([1, -1]) * amount, chance.choice(rates), chance.choice(rates[:4])
    # Exact ties, either side of an even last digit, and divisors of either sign.
    for last in range(10):
        for sign in (1, -1):
            yield sign * Decimal(last).scaleb(-9), Decimal(1), Decimal(2)
            yield sign * (Decimal(10**12) + Decimal(last).scaleb(-9)), Decimal(1), Decimal(-2)
    yield Decimal("999999999999.999999999"), Decimal("25000.123456789"), Decimal("0.000001")
    yield Decimal(5), Decimal(1), Decimal(0)


def test_products_and_quotients_are_exact_and_rounded_half_to_even(
    macro: Any, engine: duckdb.DuckDBPyConnection
) -> None:
    given = list(triples())
    numeric = pl.Decimal(38, 9)
    frame = pl.DataFrame(given, schema={"a": numeric, "m": numeric, "d": numeric}, orient="row")
    engine.register("given", frame)
    sql = macro.multiply_divide("a", "m", "d")
    found = [row[0] for row in engine.execute(f"select {sql} from given").fetchall()]
    kind = engine.execute(f"select typeof({sql}) from given").fetchone()
    assert found == [expected(*t) for t in given]
    assert kind == ("DECIMAL(38,9)",)


def test_an_amount_in_the_wanted_currency_is_left_alone(
    macro: Any, engine: duckdb.DuckDBPyConnection
) -> None:
    sql = macro.convert("1234.5", "'THB'", "'THB'", "null", "null")
    assert engine.execute(f"select {sql}").fetchone() == (Decimal("1234.5"),)


def test_no_rate_gives_no_amount(macro: Any, engine: duckdb.DuckDBPyConnection) -> None:
    sql = macro.convert("1234.5", "'KES'", "'THB'", "cast(null as decimal(38, 9))", "37.9")
    assert engine.execute(f"select {sql}").fetchone() == (None,)


@pytest.mark.parametrize(
    ("now", "before", "wanted"),
    [("150", "100", Decimal("0.5")), ("0", "100", Decimal(-1)), ("5", "0", None), ("5", "null", None)],
)
def test_changes(
    macro: Any, engine: duckdb.DuckDBPyConnection, now: str, before: str, wanted: Decimal | None
) -> None:
    sql = macro.change(f"cast({now} as decimal(38, 9))", f"cast({before} as decimal(38, 9))")
    assert engine.execute(f"select {sql}").fetchone() == (wanted,)
