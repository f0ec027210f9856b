"""Which parts explain a change: shares that add up to one. Pure.

A part is expected to be what it usually is on that weekday, scaled so that all parts make the whole's
expected value. What it is beyond that is its change; the changes add up to the whole's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST = 5
OTHERS = "others"
_WEEKS = 8


@dataclass(frozen=True)
class Part:
    """A part by day: `top` and, of ratios, `bottom`; NaN where nothing is known of it counts as nothing."""

    name: str
    top: Floats
    bottom: Floats | None = None


@dataclass(frozen=True)
class Contributor:
    """`change` in units of the metric; `share` of the whole change, which can be below zero and above one."""

    entity: str
    share: float
    change: float

    def as_dict(self) -> Mapping[str, str | float]:
        return {"entity": self.entity, "share": round(self.share, 6), "change": round(self.change, 6)}


def contributors(
    parts: Sequence[Part], i: int, value: float, expected: float, factor: float = 1.0
) -> list[Contributor]:
    """What explains `value - expected` of day `i`, the largest shares first; none where nothing changed or
    nothing is known of any part. What the parts do not make up is left to `others`."""
    change = value - expected
    if not parts or not np.isfinite(change) or abs(change) < 1e-12:
        return []
    changes = _of_ratio(parts, i, factor) if parts[0].bottom is not None else _of_sum(parts, i, expected)
    if not changes:
        return []
    moved = {name: c for name, c in changes.items() if abs(c) > 1e-9 * abs(change)}
    ranked = sorted(moved.items(), key=lambda c: (-abs(c[1]), c[0]))[:MOST]
    rest = change - sum(c for _, c in ranked)
    told = [Contributor(name, c / change, c) for name, c in ranked]
    return [*told, Contributor(OTHERS, rest / change, rest)] if abs(rest) > 1e-9 * abs(change) else told


def _of_sum(parts: Sequence[Part], i: int, expected: float) -> dict[str, float]:
    usual = np.array([_usual(p.top, i) for p in parts])
    total = usual.sum()
    scale = expected / total if total > 0 else 0.0
    now = np.array([np.nan_to_num(p.top[i]) for p in parts])
    return {p.name: float(n - scale * u) for p, n, u in zip(parts, now, usual, strict=True)}


def _of_ratio(parts: Sequence[Part], i: int, factor: float) -> dict[str, float]:
    """By how much each part moved the ratio of the sums: its top beyond what its bottom is usually worth."""
    usual = [(_usual(p.top, i), _usual(p.bottom, i)) for p in parts if p.bottom is not None]
    now = [
        (float(np.nan_to_num(p.top[i])), float(np.nan_to_num(p.bottom[i])))
        for p in parts
        if p.bottom is not None
    ]
    before, after = (np.array(pairs) for pairs in (usual, now))
    if before[:, 1].sum() <= 0 or after[:, 1].sum() <= 0:
        return {}
    rate = before[:, 0].sum() / before[:, 1].sum()
    moved = (after[:, 0] - rate * after[:, 1]) / after[:, 1].sum()
    moved = moved - (before[:, 0] - rate * before[:, 1]) / before[:, 1].sum()
    return {p.name: float(factor * m) for p, m in zip(parts, moved, strict=True)}


def _usual(values: Floats, i: int) -> float:
    """The median of the same weekday of the weeks before; of the days before where there are too few."""
    same = values[np.arange(i - 7, max(-1, i - 7 * _WEEKS - 1), -7)] if i >= 7 else values[:0]
    same = np.nan_to_num(same)
    return (
        float(np.median(same))
        if len(same) >= 3
        else float(np.median(np.nan_to_num(values[:i])))
        if i
        else 0.0
    )
