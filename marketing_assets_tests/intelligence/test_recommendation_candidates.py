"""What is made of anomalies, budgets, months and campaigns: which are worth saying, and in which words."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from marketing_assets.intelligence.recommendations.anomalies import of_anomalies
from marketing_assets.intelligence.recommendations.budgets import of_budgets
from marketing_assets.intelligence.recommendations.candidate import Candidate, Kind
from marketing_assets.intelligence.recommendations.idle_spend import of_idle_spend
from marketing_assets.intelligence.recommendations.outlook import of_outlook
from marketing_assets_tests.intelligence.said import (
    NAMES,
    TODAY,
    YESTERDAY,
    anomalies,
    anomaly,
    budget,
    budgets,
    month,
    outlook,
    shop,
)


def of(*rows: dict[str, Any], as_of: date = TODAY) -> list[Candidate]:
    return of_anomalies(anomalies(*rows), as_of, NAMES)


def test_an_alert_in_plain_words() -> None:
    parts = [
        {"entity": "Lamps", "share": 0.7, "change": -28e3},
        {"entity": "Rugs", "share": 0.3, "change": -12e3},
    ]
    (found,) = of(shop(contributors=json.dumps(parts)))
    assert found.title == "Revenue of “Baan Siam” on Shopee was 40 % below what was expected on 11 Nov 2026."
    assert found.description == (
        "It was 60,000 THB, and 90,000 to 111,000 THB would have been usual. It looks like a drop. "
        "The change comes from Lamps (70 %), Rugs (30 %)."
    )
    assert (found.expected_impact, found.confidence, found.platform) == (-40_000, 0.8, "shopee")
    assert (found.current_value, found.recommended_value) == (60_000, 100_000)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"value": 900_000, "direction": "up"}, "was 9 times what was expected"),
        ({"expected": -5_000, "value": -80_000}, "was far below what was expected"),
        ({"value": 0, "anomaly_type": "outage"}, "was 100 % below what was expected"),
    ],
)
def test_how_far_off_it_was(changed: dict[str, Any], words: str) -> None:
    assert words in of(anomaly(**changed))[0].title


def test_what_is_no_alert_is_not_told() -> None:
    quiet = anomaly(is_alert=False, suppressed_because="the same was told two days ago")
    assert of(quiet, anomaly(metric="orders", is_alert=False, score=0.2)) == []


def test_a_part_that_explains_the_whole_is_told_instead_of_it() -> None:
    assert [c.subject[0] for c in of(anomaly(), shop(impact=-36_000))] == ["shop"]


def test_a_part_that_explains_little_of_the_whole_stands_beside_it() -> None:
    assert [c.subject[0] for c in of(anomaly(), shop(impact=-9_000))] == ["tenant", "shop"]


def test_a_part_that_rises_does_not_explain_a_fall() -> None:
    assert len(of(anomaly(), shop(impact=40_000, direction="up"))) == 2


def test_metrics_that_tell_one_story_are_one() -> None:
    (found,) = of(anomaly(metric="orders", impact=-30_000), anomaly())
    assert found.title.startswith("Revenue was")
    assert "Orders moved along." in found.description
    assert found.expected_impact == -40_000, "the same money is not counted twice"


def test_costs_are_another_story_than_sales() -> None:
    up = {"direction": "up", "value": 30, "expected": 10, "impact": -2_000}
    assert len(of(anomaly(), anomaly(metric="cpc", **up))) == 2


def test_an_episode_of_days_is_one_with_all_of_its_money() -> None:
    before = anomaly(day=YESTERDAY, date=date(2026, 11, 10), impact=-10_000)
    (found,) = of(before, anomaly())
    assert found.expected_impact == -50_000
    assert found.subject == of(before, as_of=YESTERDAY)[0].subject


def test_a_day_that_was_judged_again_counts_as_it_was_judged_last() -> None:
    first = anomaly(day=YESTERDAY, date=date(2026, 11, 10))
    again = anomaly(date=date(2026, 11, 10), is_alert=False, score=0.1)
    assert of(first, again) == []


def test_what_was_judged_later_or_is_long_past_is_not_told() -> None:
    assert of(anomaly(day=TODAY + timedelta(1), date=TODAY)) == []
    assert of(anomaly(date=date(2026, 11, 8))) == []


def test_a_budget_to_raise() -> None:
    (found,) = of_budgets(budgets(budget()), NAMES)
    assert found.title == "Raise the budget of Meta Ads from 3,000 to 4,000 THB a day."
    assert found.description == (
        "Each further baht there brings more than anywhere else. "
        "900 THB more profit a day are expected (80 % interval 150 to 1,800). "
        "Kept within: no more than a third in one step."
    )
    assert found.expected_impact == 900 * 28
    assert (found.kind, found.platform, found.campaign_id) == (Kind.BUDGET, "meta_ads", None)


def test_a_campaign_to_lower_and_one_to_try() -> None:
    of_campaign = {"level": "campaign", "account_id": "11", "campaign_id": "12", "name": "Lamps"}
    lower, tried = of_budgets(
        budgets(
            budget(**of_campaign, recommended_value=2_500),
            budget(**{**of_campaign, "campaign_id": "13"}, is_exploration=True),
        ),
        NAMES,
    )
    assert lower.title == "Lower the budget of “Lamps” on Meta Ads from 3,000 to 2,500 THB a day."
    assert (lower.campaign_id, lower.subject[-1]) == ("12", "lower")
    assert tried.title.endswith("THB a day to learn what it brings.")


def test_a_campaign_that_keeps_its_share_is_told_of_by_its_channel() -> None:
    follows = budget(level="campaign", account_id="11", campaign_id="12", expected_impact=None)
    paced = budget(expected_impact=None, impact_low=None, impact_high=None, confidence=None)
    (found,) = of_budgets(budgets(follows, paced), NAMES)
    assert (found.campaign_id, found.expected_impact, found.confidence) == (None, None, 0.0)


def test_doing_nothing_and_knowing_nothing_are_no_recommendations() -> None:
    same = budget(recommended_value=3_010)
    unknown = budget(platform="google_ads", recommended_value=None, reason="9 days of spend, 60 are needed")
    assert of_budgets(budgets(same, unknown), NAMES) == []


def test_a_target_that_will_be_missed_is_something_to_act_on() -> None:
    (found,) = of_outlook(outlook(month()), TODAY)
    assert found.kind is Kind.ACTION
    assert found.title == (
        "Revenue must come to 100,000 THB a day until the end of November 2026 to keep its target, "
        "and 84,211 THB is expected."
    )
    assert found.expected_impact == 300_000
    assert found.confidence == pytest.approx(0.9), (
        "the target lies outside the 80 % interval, inside that of 95"
    )


def test_a_month_that_cannot_be_changed_any_more_is_foretold() -> None:
    (found,) = of_outlook(outlook(month(day=date(2026, 11, 29))), date(2026, 11, 29))
    assert found.kind is Kind.PREDICTION
    assert found.title == "Revenue of November 2026 is expected to end 10 % below its target."
    assert found.expected_impact == -300_000


def test_spend_misses_its_target_from_above() -> None:
    over, under = (
        next(iter(of_outlook(outlook(month(metric="spend", value=value)), TODAY)))
        for value in (3_300_000, 2_700_000)
    )
    assert (over.kind, under.kind) == (Kind.ACTION, Kind.PREDICTION)


def test_a_month_without_a_target_or_of_which_nothing_is_known() -> None:
    (found,) = of_outlook(
        outlook(month(target=None), month(metric="orders", value=None), month(metric="spend", target=None)),
        TODAY,
    )
    assert found.title == "Revenue of November 2026 is expected to come to 2,700,000 THB."
    assert found.expected_impact is None


def test_orders_have_no_price() -> None:
    (found,) = of_outlook(outlook(month(metric="orders", value=900, target=1_000, to_date=400)), TODAY)
    assert found.expected_impact is None
    assert "must come to 31.58 a day" in found.title


def daily(
    campaign: str, spend: float, conversions: float, days: int = 30, last: date = YESTERDAY
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "date": [last - timedelta(days=n) for n in range(days)],
            "entity_type": "campaign",
            "entity_id": f"meta_ads/11/{campaign}",
            "entity_name": f"Campaign {campaign}",
            "platform": "meta_ads",
            "spend": float(spend),
            "conversions": float(conversions),
            "is_reconstructed": False,
        }
    )


def idle(*campaigns: pl.DataFrame) -> list[Candidate]:
    return of_idle_spend(pl.concat(campaigns), TODAY, "THB", NAMES)


def test_spend_without_a_conversion() -> None:
    (found,) = idle(daily("1", 500, 5), daily("2", 100, 0))
    assert found.title == (
        "“Campaign 2” on Meta Ads spent 1,400 THB in 14 days without a conversion: "
        "mend its tracking or stop it."
    )
    assert (found.campaign_id, found.recommended_value) == ("2", 0.0)
    assert found.expected_impact == pytest.approx(100 * 28)
    assert "usually have 12 conversions" in found.description


@pytest.mark.parametrize(
    ("others", "own"),
    [
        (daily("1", 500, 5), daily("2", 20, 0)),  # fewer than three were due
        (daily("1", 500, 5), daily("2", 100, 0, last=YESTERDAY - timedelta(days=5))),  # stopped already
        (daily("1", 500, 0), daily("2", 100, 0)),  # the platform tells of no conversions at all
        (daily("1", 500, 5), daily("2", 100, 0.1)),
    ],
)
def test_what_proves_nothing_is_not_told(others: pl.DataFrame, own: pl.DataFrame) -> None:
    assert idle(others, own) == []


def test_conversions_that_come_late_are_waited_for() -> None:
    """Of a campaign that began four days ago only one day counts."""
    assert idle(daily("1", 500, 5), daily("2", 100, 0, days=4)) == []


def test_no_campaigns_say_nothing() -> None:
    assert idle(daily("1", 500, 5).clear()) == []
