"""Which unusual values people are told of: how strict one is with how many series, and when one keeps quiet.
Pure.

What is guaranteed. A series alone is unusual at a distance of one limit, which about one day in eighty
reaches by chance. With many series the limit grows: each level of entities has a share of `FALSE_A_WEEK`
expected false alarms a week, divided by its series of that day, and the limit grows as the tail of Student's
t with six degrees of freedom says. So the expected number of false alarms of a tenant and week stays below
`FALSE_A_WEEK` however many series there are and however they hang together (expectations add up whatever the
dependence), as long as usual errors have no heavier tails than that. Whatever their tails, no seven days have
more than `MOST_A_WEEK` entities with alerts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy.stats import t as student  # type: ignore[import-untyped]

from marketing_assets.intelligence.anomalies import score_of
from marketing_assets.intelligence.anomaly_parts import impact_of
from marketing_assets.intelligence.anomaly_tracks import Track
from marketing_assets.partitions import ONE_DAY

FALSE_A_WEEK = 2.0
MOST_A_WEEK = 7
_SHARES = {"tenant": 0.5, "platform": 0.2, "shop": 0.1, "account": 0.05, "campaign": 0.15}
_RATE_ALONE = 0.0124
"""Share of days on which a series alone is unusual by chance."""
_FREEDOM = 6
_LEAST_STAKE = 0.005
"""Share of what the tenant usually sells a day below which money at stake is not worth telling."""
_USUAL_DAYS = 28
_GONE = 0.1
"""Share of what was expected below which nothing works any more."""
_EPISODE_GAP = 3
"""Usual days after which an event is over, so that the next one is told again."""
_SHIFT_DAYS, _SHIFT_OF = 3, 4
_DRIFT_PAUSE = 28


@dataclass
class Ruling:
    """What becomes of a track's day."""

    score: float
    kind: str | None
    quiet_because: str | None
    distance: float = 0.0
    """How far off it was, in limits; the score hardly tells great distances apart."""

    @property
    def is_alert(self) -> bool:
        return self.kind is not None and self.quiet_because is None


@lru_cache(maxsize=4096)
def strictness(entity_type: str, series: int) -> float:
    """By how much the limit of a series grows where `series` of its level are judged on a day."""
    return in_limits(min(FALSE_A_WEEK * _SHARES[entity_type] / (7 * max(series, 1)), _RATE_ALONE))


def in_limits(chance: float) -> float:
    """The distance, in limits of a series alone, of a value that is as unlikely as `chance`."""
    return float(student.isf(max(chance, 1e-12) / 2, _FREEDOM) / student.isf(_RATE_ALONE / 2, _FREEDOM))


@dataclass
class _Episode:
    """An event that goes on: the last unusual day, the first day it was told, and as what."""

    last: int
    since: int
    told_as: set[str] = field(default_factory=set)


def rulings(tracks: Sequence[Track], first: int = 0) -> list[list[Ruling]]:
    """The rulings of each track from day `first` on; every day depends on the days before it alone."""
    n = len(tracks[0].days) if tracks else 0
    out: list[list[Ruling]] = [[] for _ in tracks]
    episodes: dict[tuple[int, int, bool], _Episode] = {}
    told_days: list[int] = []
    for i in range(n):
        judged: Counter[str] = Counter(t.entity.type for t in tracks if not t.lacking[i])
        least = _LEAST_STAKE * _usual_revenue(tracks, i)
        today = [
            _ruled(t, k, i, strictness(t.entity.type, judged[t.entity.type]), least, episodes)
            for k, t in enumerate(tracks)
        ]
        _leave_to_wholes(tracks, today, i)
        _keep_to_bound(tracks, today, i, told_days)
        for k, ruling in enumerate(today):
            if i >= first:
                out[k].append(ruling)
    return out


def _usual_revenue(tracks: Sequence[Track], i: int) -> float:
    """What the tenant sold on a usual day of the last weeks; 0 where that is not known."""
    own = [t.entity.known["revenue"] for t in tracks if not t.entity.id and "revenue" in t.entity.known]
    recent = own[0][max(0, i - _USUAL_DAYS) : i] if own else np.empty(0)
    known = recent[np.isfinite(recent)]
    return float(np.median(known)) if len(known) else 0.0


def _ruled(
    track: Track,
    k: int,
    i: int,
    strict: float,
    least: float,
    episodes: dict[tuple[int, int, bool], _Episode],
) -> Ruling:
    if track.lacking[i]:
        return Ruling(0.0, None, track.lacking[i])
    fast, slow = (float(np.nan_to_num(v[i])) / strict for v in (track.off, track.drift))
    if np.isfinite(track.none[i]):
        fast = -max(abs(fast), in_limits(float(track.none[i])) / strict)
    is_drift = abs(fast) < 1 <= abs(slow)
    off = slow if is_drift else fast
    score = float(score_of(np.array(off)))
    if abs(off) < 1:
        return Ruling(score, None, None)
    kind = "drift" if is_drift else _kind(track, i, strict)
    stake = impact_of(track, i)
    if stake is not None and abs(stake) < least:
        return Ruling(score, kind, f"{abs(stake):,.2f} a day is too little money to tell of", abs(off))
    # A drift goes on for weeks; what happens on a day of them is an event of its own.
    of = (k, int(np.sign(off)), is_drift)
    episode = _episode(episodes, of, i, _DRIFT_PAUSE if is_drift else _EPISODE_GAP)
    if kind in episode.told_as or (episode.told_as and kind != "level_shift"):
        since = track.days.first + episode.since * ONE_DAY
        return Ruling(score, kind, f"told of on {since}", abs(off))
    episode.told_as.add(kind)
    return Ruling(score, kind, None, abs(off))


def _episode(
    episodes: dict[tuple[int, int, bool], _Episode], key: tuple[int, int, bool], i: int, gap: int
) -> _Episode:
    found = episodes.get(key)
    if found is None or i - found.last > gap:
        found = episodes[key] = _Episode(i, i)
    found.last = i
    return found


def _kind(track: Track, i: int, strict: float) -> str:
    up = track.off[i] > 0 and np.isnan(track.none[i])
    recent = track.off[max(0, i - _SHIFT_OF + 1) : i + 1]
    if np.sum(recent * np.sign(track.off[i]) >= strict) >= _SHIFT_DAYS:
        return "level_shift"
    gone = track.metric.bottom is None and track.value[i] <= _GONE * track.expected[i]
    if not up and (gone or np.isfinite(track.none[i])):
        return "outage"
    return "spike" if up else "drop"


def _leave_to_wholes(tracks: Sequence[Track], today: Sequence[Ruling], i: int) -> None:
    """A part whose whole is unusual in the same way is told among its contributors."""
    unusual = {
        (t.entity.id, t.metric.name, np.sign(t.off[i])): t.entity.name
        for t, r in zip(tracks, today, strict=True)
        if r.kind is not None
    }
    for track, ruling in zip(tracks, today, strict=True):
        if not ruling.is_alert or not track.entity.id:
            continue
        parts = track.entity.id.split("/")
        for whole in ("", *("/".join(parts[:n]) for n in range(1, len(parts)))):
            name = unusual.get((whole, track.metric.name, np.sign(track.off[i])))
            if name is not None:
                ruling.quiet_because = f"part of what happened to {name}"
                break


def _keep_to_bound(tracks: Sequence[Track], today: Sequence[Ruling], i: int, told_days: list[int]) -> None:
    """No more entities are told of within seven days than the bound, the most unusual first."""
    left = MOST_A_WEEK - sum(1 for day in told_days if day > i - 7)
    best: dict[str, float] = {}
    for track, ruling in zip(tracks, today, strict=True):
        if ruling.is_alert:
            best[track.entity.id] = max(best.get(track.entity.id, 0.0), ruling.distance)
    told = set(sorted(best, key=lambda e: (-best[e], e))[: max(left, 0)])
    told_days += [i] * len(told)
    for track, ruling in zip(tracks, today, strict=True):
        if ruling.is_alert and track.entity.id not in told:
            ruling.quiet_because = f"{MOST_A_WEEK} alerts within a week are enough; others were more unusual"
