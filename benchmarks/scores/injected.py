"""Scores a detector on real daily series with spikes, drops, outages and shifts planted on known days.

An event is found by an alert from its first day to two days behind it (one for outages and shifts). Alerts
elsewhere are false, those within three days of one another one. The series themselves are taken for
normal, which they are not everywhere; so some of what counts as false is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.scores.data import Detect, Floats, daily_series

ALERT, LEARNING_DAYS = 0.5, 84
SEEDS = (1, 2, 3)
"""Of the figure; the detector was tuned on these."""
OTHER_SEEDS = tuple(range(13, 22))
"""Events it was not tuned on, in the same series; those of the seeds before had a part in its constants."""
_KINDS, _SHARES = ("spike", "drop", "outage", "shift"), (0.3, 0.3, 0.15, 0.25)

Event = tuple[int, int]
"""First and last day on which an alert finds it."""


@dataclass(frozen=True)
class InjectedScore:
    f1: float
    precision: float
    recall: float
    false_a_year: float
    """False alarms a series and year."""
    causality_error: float
    events: int


def score_injected(detect: Detect, seeds: Sequence[int] = SEEDS) -> InjectedScore:
    """Each series with events of every seed; causality is tried with the first."""
    found = missed = false = days = 0
    error = 0.0
    for series in (s for s in daily_series() if s.is_core):
        for seed in seeds:
            rng = np.random.default_rng([seed, sum(map(ord, series.name))])
            values, events = planted(series.values, rng)
            scores = np.nan_to_num(detect(series.seconds, values, 7))
            hits, others = judged(scores >= ALERT, events)
            found, missed, false = found + hits, missed + len(events) - hits, false + others
            days += len(values) - LEARNING_DAYS
            if seed == seeds[0]:
                cut = int(0.7 * len(values))
                before = np.nan_to_num(detect(series.seconds[:cut], values[:cut], 7))
                error = max(error, float(np.abs(before - scores[:cut]).max()))
    precision, recall = found / max(1, found + false), found / max(1, found + missed)
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return InjectedScore(f1, precision, recall, false / (days / 365), error, found + missed)


def planted(values: Floats, rng: np.random.Generator) -> tuple[Floats, list[Event]]:
    """The series with an event about every forty days, three to seven usual weekly changes large."""
    values, events = values.copy(), []
    usual = np.nanmedian(np.abs(values[7:] - values[:-7])) * 1.4826 / np.sqrt(2)
    day = LEARNING_DAYS + int(rng.integers(5, 20))
    while day < len(values) - 10:
        kind = rng.choice(_KINDS, p=_SHARES)
        if values[day] <= 0.2 * np.nanmedian(values):  # a closed day, on which nothing is to be seen
            day += 1
            continue
        size = float(rng.uniform(3, 7))
        if kind in {"spike", "drop"}:
            values[day] = max(0.0, values[day] + (size if kind == "spike" else -size) * usual)
            events.append((day, day + 2))
        elif kind == "outage":
            length = int(rng.integers(1, 4))
            values[day : day + length] = 0.0
            events.append((day, day + length + 1))
        else:
            length = int(rng.integers(7, 15))
            values[day : day + length] *= 1 + float(rng.choice([-1, 1])) * float(rng.uniform(0.3, 0.6))
            events.append((day, day + length + 1))
        day = events[-1][1] + int(rng.integers(25, 45))
    return values, events


def judged(alert: np.ndarray, events: list[Event]) -> tuple[int, int]:
    """How many events were found, and how many alarms were false."""
    alert = alert & (np.arange(len(alert)) >= LEARNING_DAYS)
    outside = np.ones(len(alert), bool)
    found = 0
    for first, last in events:
        outside[first : last + 1] = False
        found += bool(alert[first : last + 1].any())
    false, counted = 0, -10
    for day in np.flatnonzero(alert & outside):
        if day - counted >= 3:
            false, counted = false + 1, int(day)
    return found, false
