"""Forecasts of a tenant with its platforms, campaigns and products: that they add up, what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from marketing_assets.intelligence.event_kinds import kinds_of
from marketing_assets.intelligence.forecast_frames import Said, fit_all, say
from marketing_assets.intelligence.forecast_lines import METRICS, Line, lines
from marketing_assets.intelligence.forecast_paths import monday
from marketing_assets.intelligence.forecast_rows import About
from marketing_assets.intelligence.history import COLUMNS
from marketing_assets.intelligence.planned_spend import elasticity
from marketing_assets.intelligence.sale_calendar import sale_calendar
from marketing_assets.partitions import DayRange
from marketing_assets_tests.intelligence.rhythms import Floats, days

DAY = date(2025, 11, 6)
"""A Thursday."""
SIZE = 200
ABOUT = About("siam", "THB", targets={"revenue": 90_000.0})
SHARES = (0.5, 0.3, 0.2)


def entity(kind: str, name: str, platform: str | None, **figures: Floats) -> pl.DataFrame:
    n = len(next(iter(figures.values())))
    absent = {c: pl.lit(None, pl.Float64) for c in COLUMNS}
    told: dict[str, Any] = {
        "date": [DAY - timedelta(days=n - i) for i in range(n)],
        **{metric: values.tolist() for metric, values in figures.items()},
    }
    return (
        pl.DataFrame(told)
        .with_columns(**{c: e for c, e in absent.items() if c not in told})
        .with_columns(
            entity_type=pl.lit(kind),
            entity_id=pl.lit(name),
            entity_name=pl.lit(name.title()),
            platform=pl.lit(platform, pl.String),
            is_final=pl.lit(True),
            is_reconstructed=pl.lit(False),
        )
        .select(COLUMNS)
    )


def tenant(size: int = SIZE, campaigns: int = 12) -> pl.DataFrame:
    """Two shops with three products and an ad platform with campaigns."""
    shops = [days(size, seed, level) for seed, level in ((1, 2000.0), (2, 700.0))]
    spend = [days(size, 10 + i, 20.0 * (i + 1), noise=0.2) for i in range(campaigns)]
    total, spent = np.sum(shops, axis=0), np.sum(spend, axis=0) + np.zeros(size)
    parts = [
        entity("platform", n, n, revenue=r, orders=np.round(r / 40))
        for n, r in zip(("shopee", "shopify"), shops, strict=True)
    ]
    orders = np.round(shops[0] / 40) + np.round(shops[1] / 40)
    parts.append(entity("platform", "meta_ads", "meta_ads", spend=spent, conversions=spent / 9))
    parts += [
        entity("campaign", f"meta_ads/9/{i}", "meta_ads", spend=s, conversions=s / 9)
        for i, s in enumerate(spend)
    ]
    parts += [
        entity("product", f"SKU-{i}", None, revenue=total * share, profit=total * share / 3)
        for i, share in enumerate(SHARES)
    ]
    profit = 0.4 * total - spent
    parts.append(
        entity(
            "tenant",
            "",
            None,
            revenue=total,
            orders=orders,
            spend=spent,
            conversions=spent / 9,
            profit=profit,
        )
    )
    return pl.concat(parts)


def kinds(first: date, last: date) -> Sequence[str | None]:
    return kinds_of(sale_calendar(DayRange(first, last), ["TH"]))


def said(daily: pl.DataFrame, day: date = DAY, about: About = ABOUT) -> Said:
    start = monday(day)
    fitted = fit_all(daily.filter(pl.col("date") < start), start, kinds)
    return say(about, daily.filter(pl.col("date") < day), day, fitted)


@pytest.fixture(scope="module")
def told() -> Said:
    return said(tenant())


def of(frame: pl.DataFrame, **which: str) -> Floats:
    """Sums by day of the rows."""
    rows = frame.filter(**which).group_by("date").agg(pl.col("value").sum()).sort("date")
    return rows["value"].to_numpy()


def test_parts_add_up_to_their_totals(told: Said) -> None:
    rows = told.forecasts
    for metric in ("revenue", "orders", "spend", "conversions"):
        whole = of(rows, entity_type="tenant", metric=metric)
        assert whole.shape == (90,)
        assert of(rows, entity_type="platform", metric=metric) == pytest.approx(whole)
    for metric in ("spend", "conversions"):
        whole = of(rows, entity_type="platform", entity_id="meta_ads", metric=metric)
        assert of(rows, entity_type="campaign", metric=metric) == pytest.approx(whole)
    names = rows.filter(entity_type="campaign")["entity_id"].unique()
    assert "meta_ads/others" in names
    assert len(names) == 11


def test_adding_up_moves_little_and_keeps_intervals_in_order(told: Said) -> None:
    rows = told.forecasts.filter(pl.col("value").is_not_null())
    for inner, outer in ((50, 80), (80, 95)):
        assert (rows[f"low_{outer}"] <= rows[f"low_{inner}"] + 1e-9).all()
        assert (rows[f"high_{inner}"] <= rows[f"high_{outer}"] + 1e-9).all()
    assert rows.filter(pl.col("metric") != "profit")["low_95"].min() >= 0
    recent = tenant().filter(entity_type="tenant").tail(56)["revenue"].mean()
    assert of(told.forecasts, entity_type="tenant", metric="revenue")[:28].mean() == pytest.approx(
        recent, rel=0.15
    )


def test_a_day_is_forecast_from_what_is_known_by_it() -> None:
    daily = tenant(130, campaigns=0).filter(pl.col("entity_type") == "tenant")
    risen = daily.with_columns(
        pl.when(pl.col("date") >= monday(DAY))
        .then(pl.col("revenue") * 3)
        .otherwise("revenue")
        .alias("revenue")
    )
    before, after = (
        of(said(d).forecasts, entity_type="tenant", metric="revenue")[:7].sum() for d in (daily, risen)
    )
    assert after > 1.3 * before
    on_monday = [said(d, monday(DAY)).forecasts for d in (daily, risen)]
    assert on_monday[0].equals(on_monday[1])


def test_a_planned_budget_moves_spend_and_what_follows_it() -> None:
    daily = tenant(130, campaigns=1).filter(pl.col("entity_type") != "product")
    month = daily.filter(entity_type="platform", entity_id="meta_ads").filter(
        pl.col("date") >= date(2025, 11, 1)
    )
    spent, plain = month["spend"].sum(), said(daily)
    left = DayRange(DAY, date(2025, 11, 30))
    usual = of(plain.forecasts, entity_type="tenant", metric="spend")[: len(left)].sum()
    budget = spent + 1.4 * usual
    planned = said(daily, about=About("siam", "THB", {"meta_ads": budget}))
    for kind in ("tenant", "platform"):
        assert of(planned.forecasts, entity_type=kind, metric="spend")[: len(left)].sum() == pytest.approx(
            1.4 * usual, rel=0.01
        )
    ratio = of(planned.forecasts, entity_type="tenant", metric="revenue") / of(
        plain.forecasts, entity_type="tenant", metric="revenue"
    )
    assert (ratio[: len(left)] >= 1 - 1e-9).all()
    assert (ratio < 1.4).all()


def test_revenue_follows_spend_as_far_as_the_history_shows() -> None:
    def line(metric: str, values: Floats) -> Line:
        first = DAY - timedelta(days=len(values))
        return Line("tenant", "", "", None, metric, first, values, np.zeros(len(values), bool))

    moves = np.exp(np.repeat(np.random.default_rng(4).normal(0, 0.4, 40), 7))
    spend = days(280, 1, 100.0) * moves
    follows, apart = days(280, 2) * moves**0.5, days(280, 3)
    assert elasticity(line("spend", spend), line("revenue", follows)) == pytest.approx(0.45, abs=0.12)
    assert elasticity(line("spend", spend), line("revenue", apart)) < 0.1
    assert elasticity(line("spend", spend[:40]), line("revenue", follows[:40])) == 0


def test_the_month_is_what_is_known_and_what_is_expected(told: Said) -> None:
    (row,) = told.outlook.filter(metric="revenue").to_dicts()
    known = tenant().filter(pl.col("date") >= date(2025, 11, 1), entity_type="tenant")["revenue"].sum()
    assert row["to_date"] == pytest.approx(known)
    coming = of(told.forecasts, entity_type="tenant", metric="revenue")[:25].sum()
    assert row["value"] == pytest.approx(known + coming)
    assert row["target"] == 90_000
    assert (
        known < row["low_95"] < row["low_80"] < row["low_50"] < row["value"] < row["high_50"] < row["high_80"]
    )
    # The errors of days partly cancel: a sum is surer than its days.
    days_of_revenue = told.forecasts.filter(entity_type="tenant", metric="revenue").head(25)
    assert row["high_80"] - row["low_80"] < (days_of_revenue["high_80"] - days_of_revenue["low_80"]).sum()
    assert told.outlook["metric"].to_list() == list(METRICS)


def test_back_tests_are_told_of_each_series(told: Said) -> None:
    errors = told.errors.filter(entity_type="tenant")
    assert set(errors["metric"]) == set(METRICS)
    assert (errors["mase"] < errors["naive_mase"]).all()
    assert errors["coverage_80"].is_between(0.6, 1.0).all()
    assert not errors["is_reconstructed"].any()


@pytest.mark.parametrize(
    ("size", "reason"),
    [(3, "Not enough to say: no revenue is known"), (9, "values are known, 10 are needed")],
)
def test_of_a_young_tenant_nothing_is_said(size: int, reason: str) -> None:
    found = said(tenant(size))
    rows = found.forecasts.filter(entity_type="tenant", metric="revenue")
    assert rows.height == 1
    assert rows["value"].to_list() == [None]
    assert reason in rows["reason"][0]
    assert found.outlook["value"].is_null().all()
    assert found.outlook["reason"].is_not_null().all()
    assert found.errors.is_empty()


def test_of_no_tenant_at_all_every_metric_has_its_reason() -> None:
    found = said(tenant().clear())
    assert found.forecasts["metric"].to_list() == list(METRICS)
    assert found.forecasts["value"].is_null().all()


def test_a_day_without_a_campaign_is_zero_and_a_day_without_a_platform_is_missing() -> None:
    daily = tenant(40, campaigns=1)
    gone = pl.col("date").is_in([DAY - timedelta(days=5)])
    of_campaign = daily.filter(~((pl.col("entity_type") == "campaign") & gone))
    nobody = daily.filter(~gone)
    campaign, both = (
        next(line for line in lines(d, DAY) if line.entity_type == "campaign" and line.metric == "spend")
        for d in (of_campaign, nobody)
    )
    assert campaign.values[-5] == 0
    assert np.isnan(both.values[-5])


def test_a_young_day_counts_as_what_it_will_be() -> None:
    daily = tenant(40, campaigns=1).with_columns(expected_revenue=pl.col("revenue") * 1.25)
    (line,) = [line for line in lines(daily, DAY) if line.key == ("tenant", "", "revenue")]
    assert line.values[-1] == pytest.approx(1.25 * daily.filter(entity_type="tenant")["revenue"][-1])
