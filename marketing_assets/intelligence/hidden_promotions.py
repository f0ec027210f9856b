"""Promotions that nobody told of, read off revenue and spend. Pure.

Sellers spend more on the days of a promotion, which sells more by itself. Whoever does not set those days
apart takes the promotion's sales for what the ads brought: the largest error a response model can make. A
promotion lifts revenue beyond what spend explains, and the spend of all channels together, for days in a row:
a hidden Markov model of two states.
"""

from __future__ import annotations

import numpy as np

from marketing_assets.intelligence.curves import Floats, carried

_STAYS, _BEGINS = 0.78, 0.02
"""Chance that a promotion is still on the next day, and that one begins."""
_ROUNDS = 12
_SPEND_WEIGHT = 0.5
"""Channels are planned together, so that several of them are not as many witnesses."""
_MOST_OF_A_CHANNEL = 2.5
"""Spreads up to which one channel's rise counts: a flight of its own is no promotion."""
_LEAST_RISE = 0.7
"""Spreads by which revenue must rise on the days found, else there were none."""
_WINDOW = 29
_FEWEST_DAYS = 3
ROUGH_CARRY_OVER = 0.3


def rough_effect(spend: Floats) -> Floats:
    """What spend [days, channels] may have done while no curve is known: the root of what carries over."""
    columns = [np.sqrt(carried(s, ROUGH_CARRY_OVER) / max(float(s.mean()), 1e-9)) for s in spend.T]
    return np.stack(columns, 1)


def hidden_promotions(baseline: Floats, spend: Floats, revenue: Floats) -> Floats:
    """Probability by day that a promotion is on; zeros where none can be told.

    `baseline` [days, columns] is what revenue does without ads, `spend` [days, channels] and `revenue` [days]
    are as in `response.response_draws`.
    """
    rises = np.stack([np.clip(_rises(s), -_MOST_OF_A_CHANNEL, _MOST_OF_A_CHANNEL) for s in spend.T], 1)
    columns = np.concatenate([baseline, rough_effect(spend)], 1)
    left = _scaled(_left_over(columns, revenue, None))
    first = left + rises.mean(axis=1) * np.sqrt(rises.shape[1])
    on: Floats = (first > max(float(np.quantile(first, 0.95)), 2.0)).astype(np.float64)
    for _ in range(_ROUNDS):
        if on.sum() < _FEWEST_DAYS:
            return np.zeros(len(revenue))
        left = _scaled(_left_over(columns, revenue, on))
        evidence = _evidence(np.concatenate([left[:, None], rises], 1), on)
        if evidence is None:
            return np.zeros(len(revenue))
        before, on = on, _smoothed(evidence)
        if np.abs(on - before).max() < 0.01:
            break
    return on


def _left_over(columns: Floats, revenue: Floats, on: Floats | None) -> Floats:
    """Revenue that neither the baseline nor spend explains, fitted beside the promotion found so far."""
    beside = columns if on is None else np.concatenate([columns, on[:, None]], 1)
    found = np.linalg.lstsq(beside, revenue, rcond=None)[0]
    return np.asarray(revenue - columns @ found[: columns.shape[1]])


def _rises(spend: Floats) -> Floats:
    """How far each day lies above the weeks around it and its weekday, in robust spreads of the logarithm."""
    spent = spend > 0
    if spent.mean() < 0.8:
        return np.zeros(len(spend))
    logs = np.log(np.maximum(spend, 0.02 * np.median(spend[spent])))
    around = np.pad(logs, _WINDOW // 2, mode="reflect")
    logs = logs - np.median(np.lib.stride_tricks.sliding_window_view(around, _WINDOW), axis=1)
    for weekday in range(7):
        logs[weekday::7] -= np.median(logs[weekday::7])
    return _scaled(logs)


def _scaled(values: Floats) -> Floats:
    middle = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - middle)) + 1e-9
    scaled: Floats = np.clip((values - middle) / spread, -4.0, 6.0)
    return scaled


def _evidence(seen: Floats, on: Floats) -> Floats | None:
    """Log-odds of a promotion by day, from `seen` [days, revenue and channels]; None without a rise."""
    off = 1 - on
    with_it = np.maximum(on @ seen / max(float(on.sum()), 1e-9), 0.0)
    without = off @ seen / max(float(off.sum()), 1e-9)
    if with_it[0] - without[0] < _LEAST_RISE:
        return None
    from_on, from_off = (seen - with_it) ** 2, (seen - without) ** 2
    spread = (on @ from_on + off @ from_off) / len(seen) + 1e-9
    weights = np.full(seen.shape[1], _SPEND_WEIGHT)
    weights[0] = 1.0
    ratio: Floats = (weights * (from_off - from_on) / (2 * spread)).sum(axis=1)
    return ratio


def _smoothed(evidence: Floats) -> Floats:
    """Probability of a promotion by day, given the evidence of all days (forward and backward pass)."""
    likely = np.stack([np.ones(len(evidence)), np.exp(np.clip(evidence, -20, 20))], 1)
    moves = np.array([[1 - _BEGINS, _BEGINS], [1 - _STAYS, _STAYS]])
    usual = _BEGINS / (1 - _STAYS + _BEGINS)
    ahead = np.empty_like(likely)
    state = np.array([1 - usual, usual])
    for day, seen in enumerate(likely):
        state = (state @ moves if day else state) * seen
        state /= state.sum()
        ahead[day] = state
    later, on = np.ones(2), np.empty(len(evidence))
    for day in range(len(evidence) - 1, -1, -1):
        both = ahead[day] * later
        on[day] = both[1] / both.sum()
        later = moves @ (likely[day] * later)
        later /= later.sum()
    return on
