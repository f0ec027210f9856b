"""What is said of a recommendation two weeks later: whether spend moved, and what the forecast had said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from marketing_assets.intelligence.budgeting.outcomes import outcomes
from marketing_assets.intelligence.ml_tables import BUDGET_RECOMMENDATIONS, FORECASTS
from marketing_assets_tests.intelligence.advertised import DAY, Shop, daily, shop
from marketing_assets_tests.intelligence.said import budget, frame

AFTER = 14
ON = DAY - timedelta(days=AFTER)
NAMES = ("google_ads", "meta_ads", "tiktok_ads")


def recommended(of: Shop, times: tuple[float, float, float]) -> pl.DataFrame:
    """As of `ON`, each channel's spend since, divided by these: 1 where it went as recommended."""
    since = of.spend[-AFTER:].mean(axis=0)
    return frame(
        BUDGET_RECOMMENDATIONS,
        [
            budget(
                day=ON,
                platform=n,
                name=n,
                current_value=0.8 * s,
                recommended_value=s * t,
                expected_impact=50.0,
            )
            for n, s, t in zip(NAMES, since, times, strict=True)
        ],
    )


def forecast(of: Shop, less: float, width: float) -> pl.DataFrame:
    """That of `ON`: revenue that came, less this much, and an interval this wide on either side."""
    came = of.revenue[-AFTER:]
    rows: list[dict[str, Any]] = [
        {
            **dict.fromkeys(c.name for c in FORECASTS.columns),
            "tenant_id": "siam",
            "day": ON,
            "date": ON + timedelta(days=i),
            "horizon": i + 1,
            "entity_type": "tenant",
            "entity_id": "",
            "entity_name": "Siam",
            "metric": "revenue",
            "value": v - less,
            "low_80": v - less - width,
            "high_80": v - less + width,
            "is_reconstructed": False,
            "currency": "THB",
        }
        for i, v in enumerate(came)
    ]
    return frame(FORECASTS, rows)


def told(of: Shop, times: tuple[float, float, float], less: float, width: float) -> dict[str, dict[str, Any]]:
    rows = recommended(of, times).with_columns(goal=pl.lit("revenue"))
    return {r["platform"]: r for r in outcomes(rows, daily(of), forecast(of, less, width), AFTER)}


@pytest.mark.parametrize(
    ("less", "width", "words"),
    [
        (300.0, 1000.0, "cannot be told from chance: 300 of revenue a day more than forecast"),
        (300.0, 100.0, "with a change beyond chance, though not by the plan alone"),
        (-300.0, 100.0, "300 of revenue a day less than forecast (80 % interval -400 to -200)"),
    ],
)
def test_a_followed_plan_is_compared_with_its_forecast(less: float, width: float, words: str) -> None:
    rows = told(shop(), (1.0, 1.0, 1.0), less, width)
    assert all(rows[n]["was_followed"] for n in NAMES)
    assert all(rows[n]["actual_impact"] is None for n in NAMES)
    plan = rows[""]
    assert plan["level"] == "plan" and plan["was_followed"] is True
    assert plan["actual_impact"] == pytest.approx(less)
    assert (plan["actual_low"], plan["actual_high"]) == pytest.approx((less - width, less + width))
    assert plan["expected_impact"] == pytest.approx(150.0)
    assert words in plan["reason"]


def test_a_plan_that_was_not_followed_is_no_evidence() -> None:
    rows = told(shop(), (1.0, 2.0, 1.0), 300.0, 100.0)
    assert rows["meta_ads"]["was_followed"] is False and "did not move" in rows["meta_ads"]["reason"]
    assert rows[""]["was_followed"] is False
    assert rows[""]["reason"].startswith("It says nothing of the plan")


def test_without_a_forecast_or_known_days_there_is_not_enough_to_say() -> None:
    of = shop()
    rows = recommended(of, (1.0, 1.0, 1.0))
    none = {r["platform"]: r for r in outcomes(rows, daily(of), forecast(of, 0, 1).clear(), AFTER)}
    assert none[""]["actual_impact"] is None and "not enough to say" in none[""]["reason"]
    early = daily(of).filter(pl.col("date") < ON + timedelta(days=3))
    unknown = {r["platform"]: r for r in outcomes(rows, early, forecast(of, 0, 1), AFTER)}
    assert all(unknown[n]["was_followed"] is None for n in (*NAMES, ""))


def test_a_day_that_had_nothing_to_say_has_no_outcome() -> None:
    silent = frame(BUDGET_RECOMMENDATIONS, [budget(day=ON, current_value=None, recommended_value=None)])
    assert not list(outcomes(silent, daily(shop()), forecast(shop(), 0, 1), AFTER))
