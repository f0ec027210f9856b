"""Totals and parts made to agree: each moves the more, the less is known of it. Pure.

The diagonal form of minimum-trace reconciliation, day by day: what the parts' sum misses of the total is
shared out by the variances of the total and of the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from marketing_assets.intelligence.forecast_lines import CAMPAIGN, PLATFORM, TENANT
from marketing_assets.intelligence.forecast_paths import Path
from marketing_assets.intelligence.series import Floats

Key = tuple[str, str, str]
"""Entity type, entity and metric."""

_ADDS_UP = ("revenue", "orders", "spend", "conversions")
"""Profit does not: a platform's is before costs that are the tenant's alone, and an ad platform's is that of
orders which a shop's profit has too."""


def coherent(paths: Mapping[Key, Path], missing: Sequence[Key] = ()) -> dict[Key, Path]:
    """The paths with platforms that add up to the tenant and campaigns that add up to their platform.

    Where a part is `missing` because there is not enough to say of it, the rest is only kept from exceeding
    the total.
    """
    found = dict(paths)
    for metric in _ADDS_UP:
        total = (TENANT, "", metric)
        parts = [key for key in found if key[0] == PLATFORM and key[2] == metric]
        if total in found and parts:
            absent = any(key[0] == PLATFORM and key[2] == metric for key in missing)
            found |= _agreed(found, total, parts, absent, total_moves=True)
        for platform in parts:
            own = [key for key in found if _is_part(key, platform)]
            if own:
                absent = any(_is_part(key, platform) for key in missing)
                found |= _agreed(found, platform, own, absent, total_moves=False)
    return found


def _is_part(key: Key, platform: Key) -> bool:
    return key[0] == CAMPAIGN and key[2] == platform[2] and key[1].startswith(f"{platform[1]}/")


def _agreed(
    paths: Mapping[Key, Path], total: Key, parts: Sequence[Key], absent: bool, total_moves: bool
) -> dict[Key, Path]:
    means = np.stack([paths[key].mean for key in parts])
    whole = paths[total].mean
    gap = whole - means.sum(axis=0)
    if absent:
        gap = np.minimum(gap, 0.0)
    spread = np.stack([_variance(paths[key]) for key in parts])
    of_total = _variance(paths[total]) if total_moves and not absent else np.zeros(len(whole))
    shares = spread / (spread.sum(axis=0) + of_total)
    moved = _not_negative(means + gap * shares, means.sum(axis=0) + gap * shares.sum(axis=0))
    found = {key: paths[key].moved_to(mean) for key, mean in zip(parts, moved, strict=True)}
    if not absent:
        found[total] = paths[total].moved_to(moved.sum(axis=0))
    return found


def _variance(path: Path) -> Floats:
    """Of each day, never nothing, so that something can always move."""
    low, high = path.intervals[80]
    floor = 1e-3 * float(np.abs(path.mean).mean()) + 1e-9
    return np.maximum((high - low) / 2.56, floor) ** 2


def _not_negative(parts: Floats, total: Floats) -> Floats:
    """Parts that a correction drove below zero are zero, and the others give what that takes."""
    kept = np.maximum(parts, 0.0)
    sums = kept.sum(axis=0)
    wanted = np.maximum(total, 0.0)
    scale = np.divide(wanted, sums, out=np.zeros_like(wanted), where=sums > 0)
    scaled: Floats = kept * scale
    return scaled
