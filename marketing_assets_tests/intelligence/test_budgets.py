"""Splits of a budget: bounds whatever the numbers, and gains where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.intelligence import allocate
from marketing_assets.intelligence.budgets import best_split, within
from marketing_assets.intelligence.claims import claim_evidence
from marketing_assets.intelligence.hidden_promotions import hidden_promotions
from marketing_assets.intelligence.response import Draws, response_draws
from marketing_assets_tests.intelligence.advertised import brought, shop
from marketing_assets_tests.intelligence.known_curves import known_curves

amounts = st.floats(0.0, 1e6, allow_subnormal=False)


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """A split, bounds, and a budget that the bounds can hold."""
    count = draw(st.integers(1, 6))
    some = st.lists(amounts, min_size=count, max_size=count)
    lo, room, x = (np.array(draw(some)) for _ in range(3))
    return x, lo, lo + room, float(lo.sum() + draw(st.floats(0, 1)) * room.sum())


@given(problems())
@settings(max_examples=80, deadline=None)
def test_a_split_keeps_its_bounds_and_the_budget(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, float],
) -> None:
    x, lo, hi, budget = problem
    kept = within(x, budget, lo, hi)
    assert (kept >= lo).all() and (kept <= hi).all()
    assert kept.sum() == pytest.approx(budget, abs=1e-6 * (1 + budget))


@example((np.zeros(2), np.zeros(2), np.array([1.0, 25_600.0]), 12_800.5), 0)
@given(problems(), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_the_best_split_of_any_curves_keeps_them_too(
    problem: tuple[np.ndarray, np.ndarray, np.ndarray, float], seed: int
) -> None:
    _, lo, hi, budget = problem
    rng, count = np.random.default_rng(seed), len(lo)
    draws = Draws(
        rng.integers(0, 30, (20, count)),
        np.full((20, count), 0.5),
        rng.gamma(1, 100, (20, count)),
        np.full(count, 50.0),
    )
    best = best_split(draws, budget, lo, hi)
    assert (best >= lo).all() and (best <= hi).all()
    assert best.sum() == pytest.approx(budget, abs=1e-6 * (1 + budget))
    value = sum(draws.revenue(c, best[c : c + 1]).mean() for c in range(count))
    even = within(np.full(count, budget / count), budget, lo, hi)
    other = sum(draws.revenue(c, even[c : c + 1]).mean() for c in range(count))
    # Near the optimum, never far below another split.
    assert value >= 0.98 * other - 1e-6


def test_money_goes_where_it_brings_more_although_the_platforms_claim_otherwise() -> None:
    of = shop()
    current = of.spend[-56:].mean(axis=0)
    lo, hi = 0.5 * current, 1.6 * current
    x, change, low, high = allocate(of.spend, of.revenue, of.claimed, float(current.sum()), lo, hi)
    assert x[1] > 1.2 * current[1]
    true = float((brought(x) - brought(current)).sum())
    best = best_known(float(current.sum()), lo, hi)
    assert true > 0.6 * float((brought(best) - brought(current)).sum())
    assert low <= change <= high
    again = allocate(of.spend, of.revenue, of.claimed, float(current.sum()), lo, hi)
    assert (again[0] == x).all() and again[1:] == (change, low, high)


def best_known(budget: float, lo: np.ndarray, hi: np.ndarray) -> np.ndarray:
    grid = np.linspace(0, 1, 60)
    first, second = np.meshgrid(lo[0] + grid * (hi - lo)[0], lo[1] + grid * (hi - lo)[1], indexing="ij")
    third = budget - first - second
    splits = np.stack([first, second, third], -1)
    ok = (third >= lo[2]) & (third <= hi[2])
    return np.asarray(splits[ok][brought(splits[ok]).sum(-1).argmax()])


def test_promotions_that_nobody_told_of_are_found_and_not_taken_for_ads() -> None:
    of = shop(varied=0.08)
    t = np.arange(len(of.revenue))
    baseline = np.stack([np.ones(len(t)), t / len(t), *((t % 7 == d) - 1 / 7 for d in range(6))], 1)
    on = hidden_promotions(baseline, of.spend, of.revenue)
    assert ((on > 0.5) == of.promoted).mean() > 0.97
    true = brought(of.spend).mean(axis=0)
    draws = response_draws(of.spend, of.revenue, of.claimed)
    assert (np.median(draws.size, axis=0) < 1.6 * true).all()


def test_a_shop_without_promotions_is_not_the_worse_for_looking() -> None:
    of = shop(varied=0.3)
    rng = np.random.default_rng(3)
    revenue = 3000 + brought(of.spend).sum(axis=1) + rng.normal(0, 100, len(of.revenue))
    spend = of.spend / (1 + 0.33 * of.promoted[:, None])
    draws, true = response_draws(spend, revenue, of.claimed), brought(spend).mean(axis=0)
    assert (np.median(draws.size, axis=0) < 1.7 * true).all()
    assert (np.median(draws.size, axis=0) > 0.5 * true).all()


@pytest.mark.parametrize("organic", [0.0, 0.5])
def test_claims_tell_what_was_only_credited_to_ads(organic: float) -> None:
    of = shop(varied=0.5)
    caused = brought(of.spend)[:, 1]
    revenue = of.revenue + 400 * np.random.default_rng(4).normal(0, 1, len(of.revenue))
    claimed = (1 - organic) * caused + organic * caused.mean() * revenue / revenue.mean()
    told = claim_evidence(of.spend[:, 1] / of.spend[:, 1].mean(), claimed, revenue, 28)
    assert told.share == pytest.approx(1 - organic, abs=0.2)


def test_closed_days_do_not_decide_the_shape() -> None:
    of = shop()
    relative, claimed, revenue = (
        of.spend[:, 0] / of.spend[:, 0].mean(),
        of.claimed[:, 0].copy(),
        of.revenue.copy(),
    )
    open_ = claim_evidence(relative, claimed, revenue, 28)
    claimed[[60, 130, 200]] = revenue[[60, 130, 200]] = 0.0
    closed = claim_evidence(relative, claimed, revenue, 28)
    assert closed.share == pytest.approx(open_.share, abs=0.1)


@pytest.mark.parametrize(("tenant", "least"), [("siam", 0.0), ("northwind", -0.02)])
def test_the_sandbox_s_own_campaigns(tenant: str, least: float) -> None:
    """Ads bring a few per cent of a shop that varies by more than half, so little can be told; what is moved
    gains, or costs no more than a fraction of what the ads bring."""
    known = known_curves(tenant, 300)
    current = known.spend[-56:].mean(axis=0)
    x, *_ = allocate(
        known.spend, known.revenue, known.claimed, float(current.sum()), 0.7 * current, 1.3 * current
    )
    gain = known.true_revenue(x) / known.true_revenue(current) - 1
    assert gain > least
