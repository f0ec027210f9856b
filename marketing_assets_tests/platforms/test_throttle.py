"""The token bucket keeps its promise whatever the calls and pauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.platforms.throttle import TokenBucket

STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "pause", "idle"]), st.floats(0, 20, allow_subnormal=False)),
    max_size=150,
)


@given(rate=st.floats(0.05, 200), burst=st.integers(1, 30), steps=STEPS)
def test_no_stretch_of_time_sees_more_than_burst_plus_rate(
    rate: float, burst: int, steps: list[tuple[str, float]]
) -> None:
    now = 0.0
    bucket = TokenBucket(rate, burst, lambda: now)
    granted: list[float] = []
    pauses: list[tuple[float, float]] = []
    for kind, seconds in steps:
        if kind == "idle":
            now += seconds / rate
        elif kind == "pause":
            bucket.pause(seconds)
            pauses.append((now, now + seconds))
        else:
            while (wait := bucket.take()) > 0:
                now += wait
            granted.append(now)
    for first, start in enumerate(granted):
        for last in range(first, len(granted)):
            allowed = burst + rate * (granted[last] - start)
            assert last - first + 1 <= allowed + 1e-6 * (1 + allowed)
    for begin, end in pauses:
        assert not any(begin < moment < end - 1e-6 for moment in granted)


@given(rate=st.floats(0.05, 200), burst=st.integers(1, 30))
def test_waiting_is_never_longer_than_needed(rate: float, burst: int) -> None:
    now = 0.0
    bucket = TokenBucket(rate, burst, lambda: now)
    for _ in range(burst + 20):
        while (wait := bucket.take()) > 0:
            now += wait
    assert now == pytest.approx(20 / rate, rel=1e-3, abs=1e-3)


def test_after_a_pause_calls_come_one_by_one() -> None:
    now = 0.0
    bucket = TokenBucket(10, 10, lambda: now)
    bucket.pause(60)
    assert bucket.take() == pytest.approx(60)
    now = 60.0
    assert bucket.take() == 0
    assert bucket.take() == pytest.approx(0.1)


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_never_fills_is_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        TokenBucket(rate, burst)
