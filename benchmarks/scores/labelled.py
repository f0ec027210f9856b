"""Scores a detector on labelled series by the rules of the Numenta Anomaly Benchmark, at the alert level 0.5.

Of each labelled window the best-placed alert counts, an early one more than a late one; a window without
an alert costs one, and each alert outside costs a little, less right behind a window. The first 15 % of a
series are for learning. 0 is what a silent detector gets, 100 a perfect one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, floor

import numpy as np
from numpy.typing import NDArray

from benchmarks.scores.data import Detect, Labelled, labelled_series

ALERT = 0.5
_FALSE_ALERT, _MISS = 0.11, 1.0
"""Weights of the standard profile."""
_LEARNING_SHARE, _LONGEST_LEARNING = 0.15, 750.0


@dataclass(frozen=True)
class LabelledScore:
    score: float
    causality_error: float
    """The largest change of a past score when later values come."""
    series: int


def score_labelled(detect: Detect, most: int | None = None) -> LabelledScore:
    """The score over all series, or over the `most` shortest."""
    series = sorted(labelled_series(), key=lambda s: len(s.values))[:most]
    total, windows, error = 0.0, 0, 0.0
    for number, one in enumerate(series):
        scores = _scores(detect, one, len(one.values))
        gained, of = _gained(one, scores >= ALERT)
        total, windows = total + gained, windows + of
        if number < 2:
            for cut in (len(scores) // 2, int(0.8 * len(scores))):
                error = max(error, float(np.abs(_scores(detect, one, cut) - scores[:cut]).max()))
    return LabelledScore(100 * (total + _MISS * windows) / ((1 + _MISS) * windows), error, len(series))


def _scores(detect: Detect, of: Labelled, rows: int) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(detect(of.seconds[:rows], of.values[:rows], of.period), float))


def _gained(of: Labelled, alert: NDArray[np.bool_]) -> tuple[float, int]:
    """What a series brings, and how many of its windows count."""
    learning = min(floor(_LEARNING_SHARE * len(alert)), _LONGEST_LEARNING)
    counted = np.arange(len(alert)) >= learning
    outside = np.ones(len(alert), bool)
    gained, windows = 0.0, 0
    for first, last in of.windows:
        outside[first : last + 1] = False
        rows = [row for row in range(first, last + 1) if counted[row]]
        if rows:
            windows += 1
            hits = [row for row in rows if alert[row]]
            gained += _place(first, last, hits[0]) if hits else -_MISS
    for row in np.flatnonzero(alert & counted & outside):
        gained += _FALSE_ALERT * _behind(of, int(row))
    return gained, windows


def _place(first: int, last: int, row: int) -> float:
    """1 at a window's start, falling to 0 at its end."""
    return _sigmoid(-(last - row + 1) / (last - first + 1)) / _sigmoid(-1.0)


def _behind(of: Labelled, row: int) -> float:
    """-1 far from a window, less right behind one."""
    before = [w for w in of.windows if w[1] < row]
    if not before:
        return -1.0
    first, last = before[-1]
    return _sigmoid((row - last) / (last - first))


def _sigmoid(place: float) -> float:
    return -1.0 if place > 3 else 2 / (1 + exp(5 * place)) - 1
