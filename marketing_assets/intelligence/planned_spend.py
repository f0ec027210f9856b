"""What is planned to be spent, and what revenue follows from it. Pure; amounts in the reporting currency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np

from marketing_assets.intelligence.forecast_lines import PLATFORM, TENANT, Line
from marketing_assets.intelligence.forecast_paths import Path
from marketing_assets.intelligence.reconciling import Key
from marketing_assets.intelligence.series import Floats

ALL = "all"
"""The scope of a budget of all platforms together."""

_BELIEVED = (0.5, 2.0)
"""How far a plan may be from what is expected without it; a plan further off is followed this far."""
_FEWEST_DAYS = 56
_WEEK, _AROUND = 7, 35
_PRIOR_DAYS = 28.0
"""Days of usual changes of spend that the prior of no effect weighs as much as."""
_MOST = 0.8


def with_plans(
    paths: Mapping[Key, Path], lines: Mapping[Key, Line], budgets: Mapping[str, float], day: date
) -> dict[Key, Path]:
    """The paths with the spend that `budgets` of a month (by platform, or `all`) plan from `day` on, and the
    revenue, orders and conversions that change with it."""
    found = dict(paths)
    # A platform's own budget says more of it than that of all platforms.
    for scope, budget in sorted(budgets.items(), key=lambda pair: (pair[0] != ALL, pair[0])):
        spend = (TENANT, "", "spend") if scope == ALL else (PLATFORM, scope, "spend")
        if spend in paths:
            factors = _factors(paths[spend].mean, lines[spend], budget, day)
            found |= {key: _moved(paths[key], factors) for key in paths if _is_spend_of(key, spend, lines)}
    total = (TENANT, "", "spend")
    if total not in paths:
        return found
    ratio = _of_platforms(found) / np.maximum(_of_platforms(paths), 1e-9)
    return found | {total: _moved(paths[total], ratio)} | _followed(paths, lines, ratio)


def _of_platforms(paths: Mapping[Key, Path]) -> Floats:
    """Spend of all platforms, where they are known; else the tenant's."""
    parts = [path.mean for key, path in paths.items() if key[0] == PLATFORM and key[2] == "spend"]
    return np.sum(parts, axis=0) if parts else paths[TENANT, "", "spend"].mean


def _is_spend_of(key: Key, spend: Key, lines: Mapping[Key, Line]) -> bool:
    return key[2] == "spend" and (spend[0] == TENANT or lines[key].platform == spend[1] or key == spend)


def _factors(mean: Floats, line: Line, budget: float, day: date) -> Floats:
    """Planned ÷ expected spend of each day; what is left of a month is spread over it as spend usually is."""
    days = [day + timedelta(days=i) for i in range(len(mean))]
    months = np.array([d.year * 12 + d.month for d in days])
    factors = np.ones(len(mean))
    for month in np.unique(months):
        own = months == month
        first = days[int(np.flatnonzero(own)[0])]
        whole = days[int(np.flatnonzero(own)[-1])] != days[-1] or (days[-1] + timedelta(days=1)).day == 1
        expected = float(mean[own].sum())
        spent = float(np.nansum(line.between(first.replace(day=1), first))) if first.day > 1 else 0.0
        if whole and expected > 0:
            factors[own] = np.clip(max(budget - spent, 0.0) / expected, *_BELIEVED)
    return factors


def _moved(path: Path, factors: Floats) -> Path:
    return path.moved_to(path.mean * factors)


def _followed(paths: Mapping[Key, Path], lines: Mapping[Key, Line], ratio: Floats) -> dict[Key, Path]:
    """What changes with the tenant's spend, as far as its history shows that it does."""
    if np.allclose(ratio, 1.0, atol=1e-6):
        return {}
    spend = lines[TENANT, "", "spend"]
    found: dict[Key, Path] = {}
    for metric in ("revenue", "orders", "conversions"):
        whole = lines.get((TENANT, "", metric))
        if whole is None:
            continue
        strength = elasticity(spend, whole)
        factors = np.clip(ratio, *_BELIEVED) ** strength
        found |= {key: _moved(path, factors) for key, path in paths.items() if key[2] == metric}
    return found


def elasticity(spend: Line, brought: Line) -> float:
    """By how many per cent `brought` changes with a per cent of spend, 0 to 0.8, drawn to 0.

    Read off weeks against the four weeks around them, so that neither the weekday nor the season is taken for
    an effect. Promotions that raise both make it too high, which the draw to 0 and the bound are for."""
    first = max(spend.first, brought.first)
    after = min(spend.next_day, brought.next_day)
    x, y = (_departures(line.between(first, after)) for line in (spend, brought))
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < _FEWEST_DAYS:
        return 0.0
    x, y = x[known], y[known]
    prior = _PRIOR_DAYS * 0.2**2
    return float(np.clip((x @ y) / (x @ x + prior), 0.0, _MOST))


def _departures(values: Floats) -> Floats:
    """Logarithm of the week around each day against the weeks around it."""
    week, around = (_mean_around(values, width) for width in (_WEEK, _AROUND))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(week / around)
    return np.where(np.isfinite(found), found, np.nan)


def _mean_around(values: Floats, width: int) -> Floats:
    half = width // 2
    padded = np.pad(values, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    known = np.isfinite(windows)
    sums = np.where(known, windows, 0.0).sum(axis=1)
    enough = known.sum(axis=1) >= min(5, width)
    found: Floats = np.where(enough, sums / np.maximum(known.sum(axis=1), 1), np.nan)
    return found
