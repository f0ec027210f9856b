"""Scores an allocation of budgets on shops whose curves are known: the share of the possible uplift it
reaches.

The best split is sought over a fine grid by dynamic programming, which no shape of curve misleads. An
uplift is measured against the current mix, scaled to the budget; a case is harmed where it loses more than
0.2 %.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from benchmarks.scores.data import Allocate, Floats
from benchmarks.scores.scenarios import Scenario, scenario

CASES = 60
_UNITS = 1000
_HARMED = 0.998


@dataclass(frozen=True)
class Case:
    """Gain, and what could be gained, as shares of the revenue that ads bring now."""

    regime: str
    gain: float
    room: float
    harmed: bool
    inside: bool
    """Whether the true change lies in the interval that was told."""
    failed: bool
    seconds: float


@dataclass(frozen=True)
class BudgetScore:
    share: float
    share_of_poor: float
    """Where spend was hardly ever varied."""
    harmed: float
    inside_80: float
    seconds: float
    failures: int
    cases: int


def score_budgets(allocate: Allocate, cases: int = CASES) -> BudgetScore:
    found = [_case(allocate, scenario(seed)) for seed in range(cases)]
    return BudgetScore(
        share=_share(found),
        share_of_poor=_share([c for c in found if c.regime == "poor"]),
        harmed=float(np.mean([c.harmed for c in found])),
        inside_80=float(np.mean([c.inside for c in found])),
        seconds=float(np.mean([c.seconds for c in found])),
        failures=sum(c.failed for c in found),
        cases=cases,
    )


def _share(cases: list[Case]) -> float:
    return sum(c.gain for c in cases) / max(sum(c.room for c in cases), 1e-12)


def _case(allocate: Allocate, of: Scenario) -> Case:
    now = feasible(of.current, of)
    current, best = of.truth.revenue(now), of.truth.revenue(best_split(of))
    started, failed = time.perf_counter(), False
    try:
        split, _, low, high = allocate(
            of.spend.copy(), of.revenue.copy(), of.claimed.copy(), of.budget, of.low.copy(), of.high.copy()
        )
        if np.shape(split) != now.shape or not np.isfinite(split).all():
            raise ValueError("no split")
    except Exception:  # whatever it is, the budget stays as it is
        split, low, high, failed = now, 0.0, 0.0, True
    seconds = time.perf_counter() - started
    reached = of.truth.revenue(feasible(np.asarray(split, float), of))
    change = reached - current
    return Case(
        regime=of.regime,
        gain=change / current,
        room=(max(best, current) - current) / current,
        harmed=reached < _HARMED * current,
        inside=bool(low <= change <= high),
        failed=failed,
        seconds=seconds,
    )


def feasible(split: Floats, of: Scenario) -> Floats:
    """The nearest split that keeps the bounds and spends the budget."""
    down, up = -of.budget - of.high.max(), of.budget + of.high.max()
    for _ in range(80):
        middle = (down + up) / 2
        if np.clip(split + middle, of.low, of.high).sum() < of.budget:
            down = middle
        else:
            up = middle
    return np.clip(split + (down + up) / 2, of.low, of.high)


def best_split(of: Scenario) -> Floats:
    unit = (of.budget - of.low.sum()) / _UNITS
    worth, choices = np.full(_UNITS + 1, -np.inf), []
    worth[0] = 0.0
    for c in range(len(of.low)):
        units = min(int((of.high[c] - of.low[c]) / unit + 1e-9), _UNITS)
        own = of.truth.response(c, of.low[c] + unit * np.arange(units + 1))
        table = np.full((units + 1, _UNITS + 1), -np.inf)
        for n in range(units + 1):
            table[n, n:] = worth[: _UNITS + 1 - n] + own[n]
        choices.append(table.argmax(axis=0))
        worth = table.max(axis=0)
    split, left = of.low.copy(), _UNITS
    for c in reversed(range(len(of.low))):
        taken = int(choices[c][left])
        split[c], left = split[c] + unit * taken, left - taken
    return _polished(feasible(split, of), of)


def _polished(split: Floats, of: Scenario) -> Floats:
    """The best split between the points of the grid."""
    worth = of.truth.revenue(split)
    found = minimize(
        lambda shares: -of.truth.revenue(shares * of.budget) / worth,
        split / of.budget,
        bounds=list(zip(of.low / of.budget, of.high / of.budget, strict=True)),
        constraints=[{"type": "eq", "fun": lambda shares: shares.sum() - 1}],
        method="SLSQP",
        options={"ftol": 1e-10},
    )
    return max(split, feasible(found.x * of.budget, of), key=of.truth.revenue)
