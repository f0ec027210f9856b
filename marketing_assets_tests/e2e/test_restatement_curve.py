"""How numbers mature: what was said when, the curve drawn from it, and what is expected of young days.

One house lives through the summer of 2026: each of fifteen days of ads is looked at three days later, then
all of them when they have settled; each of fifteen more is looked at three days later, and foretold.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets_tests.e2e.forgetful import forgetful_instance
from marketing_assets_tests.e2e.house import House, open_house
from marketing_assets_tests.installation import SEED

pytestmark = pytest.mark.timeout(900)

PAST = DayRange(date(2026, 5, 1), date(2026, 5, 15))
YOUNG = DayRange(date(2026, 6, 16), date(2026, 6, 30))
AGE = 3
SETTLED = 31
FORETOLD = ("conversions", "conversion_value")


def _morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def _look(house: House, days: DayRange, at: date, select: str, checks: bool = True) -> None:
    house.move_to(_morning(at))
    run = house.run("siam", days, select, checks=checks)
    assert run.success, run.complaint
    assert run.failed_checks() == {}


@pytest.fixture(scope="module")
def lived(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    looked_at = '+key:"siam/ops/ads_expected_finals"'
    house = open_house(
        tmp_path_factory.mktemp("curve"),
        parsed,
        _morning(PAST.first),
        SEED,
        instance=forgetful_instance(),
        start_date=f"{PAST.first}",
    )
    with house.sandbox:
        for day in PAST:
            _look(house, DayRange(day, day), day + AGE * ONE_DAY, looked_at, checks=False)
        _look(house, PAST, PAST.last + SETTLED * ONE_DAY, looked_at)
        for day in YOUNG:
            _look(house, DayRange(day, day), day + AGE * ONE_DAY, looked_at, checks=False)
        _look(house, YOUNG, YOUNG.last + SETTLED * ONE_DAY, looked_at)
        yield house


@pytest.fixture(scope="module")
def sayings(lived: House) -> dict[tuple[date, str, str], list[dict[str, Any]]]:
    """What was said of each day, platform and metric, in the order in which it was said."""
    found: dict[tuple[date, str, str], list[dict[str, Any]]] = {}
    rows = lived.rows("siam", "ops.ads_expected_finals")
    for row in sorted(rows, key=lambda r: r["observed_at"]):
        found.setdefault((row["day"], row["platform"], row["metric"]), []).append(row)
    return found


def test_every_look_is_kept(lived: House) -> None:
    for day in (*PAST, *YOUNG):
        rows = lived.rows("siam", "ops.ads_observations", DayRange(day, day))
        late = 31 + ((PAST if day in PAST else YOUNG).last - day).days
        assert {(r["platform"], r["days_after"]) for r in rows} == {
            (platform, age) for platform in ("meta_ads", "google_ads") for age in (AGE, late)
        }


@pytest.mark.parametrize("metric", FORETOLD)
@pytest.mark.parametrize("platform", ["meta_ads", "google_ads"])
def test_expected_conversions_are_near_what_they_become(
    sayings: dict[tuple[date, str, str], list[dict[str, Any]]], platform: str, metric: str
) -> None:
    """Over fifteen days; a single one has too few conversions for its last ones to be foretold."""
    pairs = [sayings[day, platform, metric] for day in YOUNG]
    for young, final in pairs:
        assert (young["is_final"], final["is_final"]) == (False, True)
        assert young["days_compared"] == len(PAST)
    known, expected, came = (
        sum(told[at][column] for told in pairs)
        for at, column in ((0, "value"), (0, "expected_value"), (1, "value"))
    )
    assert known / came < Decimal("0.9"), "too much was known for there to be anything to foretell"
    assert abs(expected / came - 1) <= Decimal("0.05"), (known, expected, came)


def test_four_intervals_in_five_hold(sayings: dict[tuple[date, str, str], list[dict[str, Any]]]) -> None:
    held = [
        young["expected_low"] <= final["value"] <= young["expected_high"]
        for (day, _, metric), (young, final) in sayings.items()
        if day in YOUNG and metric in FORETOLD
    ]
    assert len(held) == 60
    assert 0.7 <= sum(held) / len(held) <= 0.9
