"""What known events do to a series: learned from past days of the same kind, taken out of the history that
models see and put on the days to come. Pure.

A kind is a name such as `great sale`; a day has one or none. Uplifts are factors where a series is positive,
and shares of its usual size that are added where it can be negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from marketing_assets.intelligence.series import Floats

Kinds = Sequence[str | None]

_CYCLES = 4
"""How many cycles to each side tell what is usual on a day."""
_FEWEST_NEAR = 3
_DOUBT = 0.25
"""Past days that nothing at all would weigh as much as: one event alone counts four fifths."""
_LEAST_SPREAD = 0.15
_SURE = 3.0
"""Standard errors from nothing that an effect must be at least, beside `_SMALL`."""
_SMALL = 0.1
_NORMAL = 1.4826
_AROUND = tuple(k for k in range(-_CYCLES, _CYCLES + 1) if k)
_HIGHEST = 3.0
"""Twenty times the usual, as a logarithm: more is not believed of any event."""


@dataclass(frozen=True)
class Uplift:
    """Of one kind: `size` a logarithm (or share of the usual size), `spread` how far events differ, `days`
    seen."""

    size: float
    spread: float
    days: int


_NONE = Uplift(0.0, 0.0, 0)


@dataclass(frozen=True)
class Events:
    """A history without its events, and what the events to come will do to each step."""

    ordinary: Floats
    size: Floats
    spread: Floats
    usual: float
    is_positive: bool
    uplifts: Mapping[str, Uplift]

    def put_on(self, values: Floats) -> Floats:
        """Values of the next steps with what the events do to them."""
        if self.is_positive:
            return values * np.exp(self.size)
        return values + self.size * self.usual

    def widened(self, bound: Floats, mean: Floats) -> Floats:
        """A bound of an interval around `mean`, with what is not known of the events; both with events on."""
        unsure = self.spread * (np.abs(mean) if self.is_positive else self.usual)
        moved: Floats = mean + np.sign(bound - mean) * np.hypot(bound - mean, unsure)
        return moved


def learned(y: Floats, period: int, kinds: Kinds, ahead: Kinds) -> Events:
    """What events did in the history `y`, oldest first, with the `kinds` of its days, and will do `ahead`."""
    told = _told(y, period, kinds)
    uplifts, ordinary = {}, y.copy()
    for kind in sorted({kind for kind in kinds if kind}):
        own = told.days_of(kind)
        if uplift := _uplift(told.effects[own], told.chance):
            uplifts[kind] = uplift
            ordinary[own] = told.usual[own]
    coming = [uplifts.get(kind or "", _NONE) for kind in ahead]
    return Events(
        ordinary,
        np.array([u.size for u in coming]),
        np.array([u.spread for u in coming]),
        told.size,
        told.is_positive,
        uplifts,
    )


def evidence(y: Floats, period: int, kinds: Kinds, kind: str) -> float:
    """How many standard errors the days of a kind lie from what is usual; 0 where that cannot be told."""
    told = _told(y, period, kinds)
    found = told.effects[told.days_of(kind)]
    if not len(found) or told.chance <= 0:
        return 0.0
    return float(abs(found.mean()) / (told.chance / np.sqrt(len(found))))


@dataclass(frozen=True)
class _Told:
    """What a history tells of its days: the usual value, how far each is from it, and how far by chance."""

    kinds: np.ndarray
    usual: Floats
    effects: Floats
    chance: float
    size: float
    is_positive: bool

    def days_of(self, kind: str) -> np.ndarray:
        known: np.ndarray = np.isfinite(self.effects) & (self.kinds == kind)
        return known


def _told(y: Floats, period: int, kinds: Kinds) -> _Told:
    positive = not bool((y[np.isfinite(y)] < 0).any())
    size = float(np.nanmean(np.abs(y))) if np.isfinite(y).any() else 0.0
    of_day = np.array([kind or "" for kind in kinds], dtype=object)
    usual = _usual(np.where(of_day == "", y, np.nan), period)
    effects = _effects(y, usual, size, positive)
    return _Told(of_day, usual, effects, _chance(effects[of_day == ""]), size, positive)


def _usual(y: Floats, period: int) -> Floats:
    """The median of the same phase around each day; NaN where too few are known."""
    n, reach = len(y), _CYCLES * period
    padded = np.concatenate([np.full(reach, np.nan), y, np.full(reach, np.nan)])
    near = np.stack([padded[reach + k * period : reach + k * period + n] for k in _AROUND])
    usual = np.full(n, np.nan)
    enough = np.isfinite(near).sum(axis=0) >= _FEWEST_NEAR
    usual[enough] = np.nanmedian(near[:, enough], axis=0)
    return usual


def _effects(y: Floats, usual: Floats, size: float, positive: bool) -> Floats:
    """How far each day is from the usual, NaN where that cannot be told."""
    if size <= 0:
        return np.full(len(y), np.nan)
    if not positive:
        return np.clip((y - usual) / size, -np.exp(_HIGHEST), np.exp(_HIGHEST))
    found = np.full(len(y), np.nan)
    told = (y > 0) & (usual > 0)
    found[told] = np.clip(np.log(y[told] / usual[told]), -_HIGHEST, _HIGHEST)
    return found


def _chance(effects: Floats) -> float:
    """How far ordinary days are from the usual, as a standard deviation that a few wild days do not widen."""
    known = effects[np.isfinite(effects)]
    return float(_NORMAL * np.median(np.abs(known))) if len(known) else 0.0


def _uplift(found: Floats, chance: float) -> Uplift | None:
    """What the days of a kind have in common; None where ordinary days may be as far from the usual."""
    n = len(found)
    if n == 0:
        return None
    mean, error = float(found.mean()), chance / np.sqrt(n)
    if abs(mean) <= _SURE * error + _SMALL:
        return None
    spread = float(np.std(found)) if n > 1 else abs(mean) / 2
    return Uplift(mean * n / (n + _DOUBT), float(max(spread, chance, _LEAST_SPREAD)), n)
