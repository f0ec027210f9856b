"""Daily budgets from what was known on a day: limits, reasons, silence, trials, campaigns, scenarios."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from marketing_assets.intelligence.budgeting.advice import Advice, Asking, advise, fit, monday_of
from marketing_assets.intelligence.budgeting.limits import monthly_total
from marketing_assets.intelligence.budgeting.scenarios import what_if
from marketing_assets_tests.intelligence.advertised import DAY, Shop, asking, calendar, daily, shop


def advice_for(of: Shop | pl.DataFrame, who: Asking | None = None, day: date = DAY) -> Advice:
    who, known = who or asking(), of if isinstance(of, pl.DataFrame) else daily(of)
    monday = monday_of(day)
    weekly = fit(known.filter(pl.col("date") < monday), monday, who.currency, calendar)
    return advise(who, day, known, weekly, calendar)


def by_name(found: Advice, level: str = "channel") -> dict[str, dict[str, Any]]:
    return {row["campaign_id"] or row["platform"]: row for row in found.rows if row["level"] == level}


@pytest.fixture(scope="module")
def usual() -> Advice:
    return advice_for(shop())


def test_money_moves_in_steps_within_the_week_s_limit_and_the_total_stays(usual: Advice) -> None:
    rows = by_name(usual)
    of = shop()
    before, current = of.spend[-14:-7].mean(axis=0), of.spend[-7:].mean(axis=0)
    found = np.array([row["recommended_value"] for row in rows.values()])
    assert (found <= np.maximum(current, 1.3 * np.minimum(current, before)) + 1e-6).all()
    assert (found >= np.minimum(current, 0.7 * np.maximum(current, before)) - 1e-6).all()
    assert found.sum() == pytest.approx(current.sum())
    assert rows["meta_ads"]["recommended_value"] > 1.1 * rows["meta_ads"]["current_value"]
    assert "against" in rows["meta_ads"]["reason"]
    assert "at most 30% a week" in json.loads(rows["meta_ads"]["guard_rails"])


def test_what_the_channels_gain_adds_up_to_the_plan(usual: Advice) -> None:
    rows = by_name(usual).values()
    assert usual.plan is not None
    impacts = [row["expected_impact"] for row in rows if row["expected_impact"] is not None]
    assert sum(impacts) == pytest.approx(usual.plan.worth.mean, rel=1e-6)
    for row in rows:
        if row["expected_impact"] is not None:
            assert row["impact_low"] <= row["expected_impact"] <= row["impact_high"]
            assert 0 <= row["confidence"] <= 1


def test_campaigns_add_up_to_their_channel_and_lean_to_the_better_claim(usual: Advice) -> None:
    channels, campaigns = by_name(usual), [row for row in usual.rows if row["level"] == "campaign"]
    leaning = 0
    for name, channel in channels.items():
        own = {row["campaign_id"]: row for row in campaigns if row["platform"] == name}
        assert sum(r["recommended_value"] for r in own.values()) == pytest.approx(
            channel["recommended_value"]
        )
        grown = {k: r["recommended_value"] / r["current_value"] for k, r in own.items()}
        assert grown["a"] >= grown["b"] - 1e-9
        leaning += grown["a"] > 1.01 * grown["b"]
        assert own["a"]["account_id"] == "9"
    assert leaning


def test_the_same_again_is_the_same(usual: Advice) -> None:
    assert advice_for(shop()).rows == usual.rows


@pytest.mark.parametrize(
    ("rules", "holds"),
    [
        ({"step": "0.1"}, lambda new, old: bool((np.abs(new / old - 1) < 0.1 + 1e-6).all())),
        ({"highest": {"meta_ads": 200}}, lambda new, old: new[1] <= 200 + 1e-6),
        ({"lowest": {"google_ads": 320}}, lambda new, old: new[0] >= 320 - 1e-6),
    ],
)
def test_the_tenant_s_bounds_are_kept(rules: dict[str, Any], holds: Any) -> None:
    rows = by_name(advice_for(shop(), asking(**rules))).values()
    new, old = (np.array([row[n] for row in rows]) for n in ("recommended_value", "current_value"))
    assert holds(new, old)


def test_the_month_s_budget_sets_the_pace() -> None:
    spent = float(shop().spend[-15:].sum())
    wanted = 1.03 * float(shop().spend[-7:].sum()) / 7
    who = replace(asking(), monthly={"all": spent + 15 * wanted})
    rows = by_name(advice_for(shop(), who))
    assert sum(r["recommended_value"] for r in rows.values()) == pytest.approx(wanted)
    assert "paced to the month's budget" in rows["meta_ads"]["guard_rails"]


def test_budgets_of_a_month_by_platform_or_account() -> None:
    assert (
        monthly_total(
            {"meta_ads": 10.0, "google_ads/1": 5.0, "google_ads/2": 2.0}, ("google_ads", "meta_ads")
        )
        == 17
    )
    assert monthly_total({"meta_ads": 10.0}, ("google_ads", "meta_ads")) is None


def test_profit_may_lower_the_total_where_the_tenant_lets_it() -> None:
    of = shop()
    poor = daily(of).with_columns(
        profit=pl.when(pl.col("entity_type") == "shop")
        .then(0.08 * pl.col("revenue") - of.spend.sum(axis=1).mean())
        .otherwise("profit")
    )
    rows = by_name(advice_for(poor, asking(may_change_total=True))).values()
    assert sum(r["recommended_value"] for r in rows) < 0.9 * sum(r["current_value"] for r in rows)
    kept = by_name(advice_for(poor)).values()
    assert sum(r["recommended_value"] for r in kept) == pytest.approx(sum(r["current_value"] for r in kept))


def even(of: Shop) -> Shop:
    """Channels that all bring the same, and whose platforms claim the same."""
    caused = 1200 * of.spend / (500 + of.spend)
    rng = np.random.default_rng(9)
    return replace(of, revenue=9000 + rng.normal(0, 2500, len(of.revenue)), claimed=caused)


def test_little_is_tried_where_little_is_known_and_it_is_said_so() -> None:
    of = even(shop(varied=0.05))
    of = replace(
        of, spend=of.spend.mean(axis=0) * (1 + 0.03 * np.random.default_rng(2).normal(size=of.spend.shape))
    )
    found = advice_for(of)
    rows = by_name(found)
    tried = [row for row in rows.values() if row["is_exploration"]]
    assert len(tried) == 1 and "trial" in " ".join(row["reason"] for row in rows.values())
    assert abs(tried[0]["recommended_value"] - tried[0]["current_value"]) <= 0.16 * tried[0]["current_value"]
    calm = by_name(advice_for(of, asking(explore="0")))
    for row in calm.values():
        assert row["recommended_value"] == pytest.approx(row["current_value"])
        assert row["reason"].startswith("Do nothing")
        assert row["expected_impact"] is None and not row["is_exploration"]


def test_a_young_channel_is_left_as_it_is() -> None:
    of = shop()
    spend, claimed = of.spend.copy(), of.claimed.copy()
    spend[:-20, 2] = claimed[:-20, 2] = 0.0
    row = by_name(advice_for(replace(of, spend=spend, claimed=claimed)))["tiktok_ads"]
    assert row["recommended_value"] == pytest.approx(row["current_value"])
    assert "20 days" in row["reason"]


def last(of: Shop, days: int) -> Shop:
    return replace(of, **{n: getattr(of, n)[-days:] for n in ("spend", "revenue", "claimed", "promoted")})


def without_days(of: Shop, share: float) -> pl.DataFrame:
    gone = np.random.default_rng(5).choice(of.dates, int(share * len(of.dates)), replace=False)
    return daily(of).filter(~pl.col("date").is_in(list(gone)))


USUAL = shop()
SILENT: dict[str, tuple[Shop | pl.DataFrame, str]] = {
    "three days": (last(USUAL, 3), "3 days in a row"),
    "no spend": (replace(USUAL, spend=0 * USUAL.spend), "nothing was spent"),
    "no revenue": (replace(USUAL, revenue=0 * USUAL.revenue), "no revenue"),
    "all zeros": (
        replace(USUAL, spend=0 * USUAL.spend, revenue=0 * USUAL.revenue, claimed=0 * USUAL.claimed),
        "no revenue",
    ),
    "one channel": (replace(USUAL, spend=USUAL.spend * [0, 1, 0]), "only channel"),
    "constant spend": (replace(USUAL, spend=np.full_like(USUAL.spend, 300.0)), "constant"),
    "no claims": (replace(USUAL, claimed=0 * USUAL.claimed), "no ad platform reports"),
    "gaps": (without_days(USUAL, 0.3), "gaps"),
    "a long gap": (
        daily(USUAL).filter(~pl.col("date").is_between(DAY - timedelta(days=40), DAY - timedelta(days=25))),
        "24 days in a row",
    ),
    "another currency until lately": (daily(last(USUAL, 30)), "known in THB"),
    "nothing": (daily(USUAL).clear(), "no day with both"),
    "not a number": (daily(USUAL).with_columns(spend=pl.lit(float("nan"))), "There is not enough to say"),
    "no news for weeks": (daily(replace(USUAL, last=DAY - timedelta(days=30))), "0 days in a row"),
}


@pytest.mark.parametrize("name", SILENT)
def test_where_there_is_not_enough_to_say_there_is_a_reason_and_no_number(name: str) -> None:
    of, words = SILENT[name]
    found = advice_for(of)
    assert len(found.rows) == 1 and found.plan is None
    row = found.rows[0]
    assert words in row["reason"] and row["reason"].endswith(".")
    numbers = (
        "current_value",
        "recommended_value",
        "expected_impact",
        "impact_low",
        "impact_high",
        "confidence",
    )
    assert [row[n] for n in numbers] == [None] * 6


def test_holes_nan_and_negative_days_change_little(usual: Advice) -> None:
    hurt = without_days(USUAL, 0.03).with_columns(
        revenue=pl.when(pl.col("date") == DAY - timedelta(days=70)).then(-500.0).otherwise("revenue"),
        spend=pl.when(pl.col("date") == DAY - timedelta(days=90)).then(float("nan")).otherwise("spend"),
    )
    rows, before = by_name(advice_for(hurt)), by_name(usual)
    for name, row in rows.items():
        assert row["recommended_value"] == pytest.approx(before[name]["recommended_value"], rel=0.15)


def test_what_if_there_were_more_or_less(usual: Advice) -> None:
    assert usual.fit is not None
    scenario = {c: what_if(usual.fit.draws, usual.fit.spent, c, asking().advice) for c in (0.2, -0.2)}
    more, less = scenario[0.2], scenario[-0.2]
    assert sum(more.as_now.spend) == pytest.approx(1.2 * sum(more.current))
    assert sum(more.split_anew.spend) == pytest.approx(1.2 * sum(more.current))
    assert more.as_now.revenue.mean > 0 > less.as_now.revenue.mean
    assert more.split_anew.revenue.mean > more.as_now.revenue.mean
    assert more.as_now.profit is not None
    assert more.as_now.profit.mean < more.as_now.revenue.mean
    far = what_if(usual.fit.draws, usual.fit.spent, 4.0, asking().advice)
    assert far.caution is not None and more.caution is None
    with pytest.raises(ValueError, match="leaves no budget"):
        what_if(usual.fit.draws, usual.fit.spent, -1.0, asking().advice)
