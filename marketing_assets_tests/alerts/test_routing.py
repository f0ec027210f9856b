"""Who is told and when: routes, and quiet hours on the days when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.alerts.config import AlertsConfig, QuietHours
from marketing_assets.alerts.routing import channels_for, not_before

BERLIN, NEW_YORK, BANGKOK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Bangkok")
NIGHT = QuietHours.model_validate({"start": "22:00", "end": "07:00"})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "held_until"),
    [
        (BERLIN, "2026-03-28T21:30", "2026-03-29T05:00"),  # the night is an hour shorter
        (BERLIN, "2026-03-28T20:30", "2026-03-28T20:30"),
        (BERLIN, "2026-10-24T20:30", "2026-10-25T06:00"),  # an hour longer
        (BERLIN, "2026-10-25T05:59", "2026-10-25T06:00"),
        (BERLIN, "2026-10-25T06:00", "2026-10-25T06:00"),
        (NEW_YORK, "2026-11-01T05:30", "2026-11-01T12:00"),
        (BANGKOK, "2026-11-12T15:00", "2026-11-13T00:00"),
        (BANGKOK, "2026-11-12T14:59", "2026-11-12T14:59"),
    ],
)
def test_a_warning_of_the_night_waits_for_the_morning(zone: ZoneInfo, now: str, held_until: str) -> None:
    assert not_before(NIGHT, zone, utc(now), "WARN") == utc(held_until)
    assert not_before(NIGHT, zone, utc(now), "ERROR") == utc(now), "what is critical passes"


@pytest.mark.parametrize(
    ("end", "now", "held_until"),
    [
        ("02:30", "2026-03-29T00:45", "2026-03-29T01:30"),  # 02:30 never comes: as long after the jump
        ("02:30", "2026-10-25T00:45", "2026-10-25T01:30"),  # 02:30 comes twice: the second
    ],
)
def test_an_end_that_the_clocks_jump_over_or_pass_twice(end: str, now: str, held_until: str) -> None:
    quiet = QuietHours.model_validate({"start": "22:00", "end": end})
    assert not_before(quiet, BERLIN, utc(now), "WARN") == utc(held_until)


times = st.times().map(lambda t: f"{t:%H:%M}")


@given(
    start=times,
    end=times,
    zone=st.sampled_from([BERLIN, NEW_YORK, BANGKOK]),
    now=st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30), timezones=st.just(UTC)),
)
def test_quiet_hours_end_within_a_day_and_what_is_due_then_is_not_held_again(
    start: str, end: str, zone: ZoneInfo, now: datetime
) -> None:
    if start == end:
        return
    quiet = QuietHours.model_validate({"start": start, "end": end})
    at = not_before(quiet, zone, now, "WARN")
    assert now <= at <= now + timedelta(hours=26)
    if at > now:
        local = at.astimezone(zone)
        shifts = {-60, 0, 60}
        wanted = datetime.combine(local.date(), quiet.end)
        assert (local.replace(tzinfo=None) - wanted).total_seconds() / 60 in shifts


def test_routes_choose_by_severity_kind_and_asset() -> None:
    config = AlertsConfig.model_validate(
        {
            "channels": {
                name: {"type": "teams", "webhook": {"file": f"siam/{name}"}}
                for name in ("ops", "boss", "ads")
            },
            "routes": [
                {"channels": ["boss"], "severity": ["ERROR"]},
                {"channels": ["ads"], "asset": ["siam/raw/meta_ads"], "stop": True},
                {"channels": ["ops"]},
            ],
        }
    )

    def of(severity: str, kind: str, asset: str) -> tuple[str, ...]:
        return channels_for(config, severity=severity, kind=kind, asset=asset)

    assert of("WARN", "check", "siam/raw/shopee_orders") == ("ops",)
    assert of("ERROR", "step", "siam/raw/shopee_orders") == ("ops", "boss")
    assert of("ERROR", "connection", "siam/raw/meta_ads") == ("boss", "ads")
    assert of("WARN", "check", "siam/raw/meta_ads_insights") == ("ops",), "a prefix ends with a whole name"
    assert of("", "digest", "") == ("ops",)
