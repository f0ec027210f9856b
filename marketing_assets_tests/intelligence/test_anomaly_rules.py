"""What people are told: few false alarms however many series, no part beside its whole, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from marketing_assets.intelligence.anomaly_metrics import OF_ADS, Metric
from marketing_assets.intelligence.anomaly_rules import FALSE_A_WEEK, MOST_A_WEEK, rulings, strictness
from marketing_assets.intelligence.anomaly_tracks import Entity, Track
from marketing_assets.intelligence.contributors import OTHERS, Part, contributors
from marketing_assets.partitions import DayRange

FIRST = date(2026, 1, 5)
SPEND = next(metric for metric in OF_ADS if metric.name == "spend")
_EDGE = 3.4
"""Where Student's t with six degrees of freedom has 1.24 % beyond it."""


def track(kind: str, entity: str, off: np.ndarray, metric: Metric = SPEND, name: str = "") -> Track:
    n = len(off)
    of = Entity(kind, entity, name or entity or "Shop", None, {}, {}, np.zeros(n, bool))
    days = DayRange(FIRST, FIRST + timedelta(days=n - 1))
    nothing = np.full(n, np.nan)
    value, expected = np.full(n, 50.0), np.full(n, 100.0)
    return Track(of, metric, days, value, expected, value, value, off, nothing, nothing, [""] * n)


@pytest.mark.parametrize("campaigns", [5, 60, 400])
def test_false_alarms_are_bounded_whatever_the_number_of_series(campaigns: int) -> None:
    rng = np.random.default_rng(campaigns)
    n = 7 * 40
    tracks = [track("tenant", "", rng.standard_t(6, n) / _EDGE) for _ in range(6)]
    tracks += [track("campaign", f"meta/1/{c}", rng.standard_t(6, n) / _EDGE) for c in range(campaigns)]
    ruled = rulings(tracks)
    alerts = np.array([[r.is_alert for r in of] for of in ruled])
    assert 0 < alerts.sum() / 40 <= FALSE_A_WEEK
    told = [{t.entity.id for t, a in zip(tracks, alerts[:, i], strict=True) if a} for i in range(n)]
    assert max(sum(len(t) for t in told[i : i + 7]) for i in range(n)) <= MOST_A_WEEK
    assert strictness("campaign", campaigns) > strictness("tenant", 6)


def test_a_flood_is_cut_to_the_most_unusual() -> None:
    offs = [np.r_[np.zeros(50), 4.0 + c, np.zeros(10)] for c in range(30)]
    ruled = rulings([track("campaign", f"meta/1/{c}", off) for c, off in enumerate(offs)])
    told = [c for c, of in enumerate(ruled) if of[50].is_alert]
    assert told == list(range(30 - MOST_A_WEEK, 30))
    assert all("enough" in str(of[50].quiet_because) for of in ruled[: 30 - MOST_A_WEEK])


def test_what_moves_next_to_no_money_is_not_told() -> None:
    off = np.r_[np.zeros(50), 9.0]
    shop = replace(track("tenant", "", np.zeros(51)).entity, known={"revenue": np.full(51, 20_000.0)})
    own = replace(track("tenant", "", np.zeros(51)), entity=shop)
    small, large = track("campaign", "meta/1/1", off), track("campaign", "meta/1/2", off)
    large.expected[50] = 200.0
    ruled = rulings([own, small, large])
    assert ruled[1][50].quiet_because == "50.00 a day is too little money to tell of"
    assert not ruled[1][50].is_alert and ruled[2][50].is_alert


def test_an_event_is_told_once_then_as_a_shift_and_anew_when_it_is_over() -> None:
    off = np.zeros(40)
    off[10:16], off[30] = -5.0, -5.0
    [of] = rulings([track("tenant", "", off)])
    told = {i: r.kind for i, r in enumerate(of) if r.is_alert}
    assert told == {10: "drop", 12: "level_shift", 30: "drop"}
    assert of[11].quiet_because == f"told of on {FIRST + timedelta(days=10)}"
    assert all(r.score < 0.5 for i, r in enumerate(of) if not off[i])


def test_a_part_is_not_told_beside_its_whole() -> None:
    off = np.r_[np.zeros(20), 8.0]
    other = np.r_[np.zeros(20), -8.0]
    tracks = [
        track("tenant", "", off, name="Siam"),
        track("platform", "meta", off),
        track("campaign", "meta/1/7", off),
        track("campaign", "meta/1/8", other),
    ]
    last = [of[-1] for of in rulings(tracks)]
    assert [r.is_alert for r in last] == [True, False, False, True]
    assert last[2].quiet_because == "part of what happened to Siam"


def test_shares_add_up_and_name_who_changed() -> None:
    rng = np.random.default_rng(4)
    tops = rng.uniform(90, 110, (9, 60))
    tops[3, 59] = 20.0
    parts = [Part(f"c{i}", top) for i, top in enumerate(tops)]
    found = contributors(parts, 59, float(tops[:, 59].sum()), 900.0)
    assert found[0].entity == "c3" and found[0].share > 0.7
    assert sum(c.share for c in found) == pytest.approx(1.0)
    assert sum(c.change for c in found) == pytest.approx(tops[:, 59].sum() - 900.0)


def test_the_shares_of_a_ratio_add_up_too() -> None:
    bottoms = np.full((4, 60), 1000.0)
    tops = 20.0 * np.ones((4, 60))
    tops[2, 59], bottoms[1, 59] = 0.0, 3000.0
    tops[1, 59] = 60.0
    parts = [Part(f"c{i}", t, b) for i, (t, b) in enumerate(zip(tops, bottoms, strict=True))]
    value = tops[:, 59].sum() / bottoms[:, 59].sum()
    found = contributors(parts, 59, value, 0.02)
    assert (found[0].entity, sum(c.share for c in found)) == ("c2", pytest.approx(1.0))
    # More of the same at the same rate moves no ratio.
    assert {c.entity: c.change for c in found}.get("c1", 0.0) == pytest.approx(0.0, abs=1e-9)


def test_what_the_parts_do_not_make_up_is_told_as_others() -> None:
    parts = [Part("a", np.full(30, 10.0)), Part("b", np.full(30, 10.0))]
    found = contributors(parts, 29, 100.0, 20.0)
    assert found[0].entity == OTHERS and found[0].share == pytest.approx(1.0)
    assert contributors(parts, 29, 20.0, 20.0) == []
