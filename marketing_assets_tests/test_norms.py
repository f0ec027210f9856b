"""What is usual: robust against single broken days, and the same whatever the unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.norms import WEEK, norm, preceding_norm, weekday_norm
from marketing_assets.partitions import ONE_DAY

DAY = date(2026, 11, 20)
VALUES = st.lists(st.decimals(0, 10_000, places=2), min_size=1, max_size=20)


def test_the_norm_is_of_the_same_weekday_alone() -> None:
    series = {DAY - i * ONE_DAY: Decimal(i % 7 or 100) for i in range(1, 64)}
    usual = weekday_norm(series, DAY, weeks=8, fewest=4)
    assert usual is not None
    assert (usual.centre, usual.spread, usual.size) == (100, 0, 8)


def test_too_few_days_say_nothing() -> None:
    series = {DAY - i * WEEK: Decimal(5) for i in range(1, 4)}
    assert weekday_norm(series, DAY, weeks=8, fewest=4) is None
    assert weekday_norm(series, DAY, weeks=8, fewest=3) is not None
    assert preceding_norm({}, DAY, days=56, fewest=1) is None
    assert norm([], fewest=0) is None


@given(VALUES, st.decimals(-1000, 1000, places=2), st.decimals("0.5", 100, places=1))
def test_the_norm_moves_and_scales_with_its_values(
    values: list[Decimal], shift: Decimal, scale: Decimal
) -> None:
    usual, moved = norm(values, 1), norm([v * scale + shift for v in values], 1)
    assert usual is not None and moved is not None
    assert abs(moved.centre - (usual.centre * scale + shift)) < Decimal("1e-9")
    assert abs(moved.spread - usual.spread * scale) < Decimal("1e-9")


@given(st.lists(st.decimals(90, 110, places=1), min_size=7, max_size=20), st.decimals(0, 10**9, places=0))
def test_one_broken_day_moves_the_norm_no_further_than_its_neighbours(
    values: list[Decimal], broken: Decimal
) -> None:
    usual = norm([*values, broken], 1)
    assert usual is not None
    assert min(values) <= usual.centre <= max(values)
    assert usual.spread <= Decimal("1.4826") * (max(values) - min(values))


@given(VALUES, st.decimals(0, 10_000, places=2))
def test_distance_has_the_side_and_never_fails(values: list[Decimal], value: Decimal) -> None:
    usual = norm(values, 1)
    assert usual is not None
    for least in (Decimal(0), Decimal("0.1")):
        away = usual.distance(value, least)
        assert (away > 0, away < 0) == (value > usual.centre, value < usual.centre)
