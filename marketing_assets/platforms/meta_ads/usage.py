"""How much of Meta's allowance is used up, read from the usage headers of an answer.

Percentages are of the rolling hour. `X-Business-Use-Case-Usage` tells the time to regain access in minutes,
`X-Ad-Account-Usage` in seconds; `X-App-Usage` and `x-fb-ads-insights-throttle` tell none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from marketing_assets.decoding import from_json

SLOW_ABOVE = 75.0
STOP_ABOVE = 90.0
"""Per cent of the allowance."""

SLOWEST_SECONDS = 10.0
STOP_SECONDS = 60.0
LONGEST_STOP_SECONDS = 900.0
"""Meta's estimate can be an hour, but usage falls all the time, so it is looked at again after 15 minutes."""


@dataclass(frozen=True)
class Usage:
    """The most used of the allowances in per cent, and seconds until access is regained (0 = not said)."""

    percent: float
    regain_seconds: float


def usage(headers: Mapping[str, str]) -> Usage:
    """Usage by an answer's headers; malformed ones count for nothing."""
    found = list(_readings(headers))
    return Usage(
        max((reading.percent for reading in found), default=0.0),
        max((reading.regain_seconds for reading in found), default=0.0),
    )


def pause_seconds(now_used: Usage) -> float:
    """How long to hold the next calls back: nothing, a slow-down that grows, or a stop."""
    if now_used.percent > STOP_ABOVE:
        return min(now_used.regain_seconds or STOP_SECONDS, LONGEST_STOP_SECONDS)
    if now_used.percent > SLOW_ABOVE:
        return SLOWEST_SECONDS * (now_used.percent - SLOW_ABOVE) / (STOP_ABOVE - SLOW_ABOVE)
    return 0.0


def _readings(headers: Mapping[str, str]) -> Iterator[Usage]:
    for use_cases in _object(headers, "x-business-use-case-usage").values():
        for case in use_cases if isinstance(use_cases, list) else []:
            minutes = _number(case, "estimated_time_to_regain_access")
            yield Usage(_highest(case, "call_count", "total_cputime", "total_time"), minutes * 60)
    account = _object(headers, "x-ad-account-usage")
    yield Usage(_number(account, "acc_id_util_pct"), _number(account, "reset_time_duration"))
    yield Usage(_highest(_object(headers, "x-app-usage"), "call_count", "total_cputime", "total_time"), 0)
    insights = _object(headers, "x-fb-ads-insights-throttle")
    yield Usage(_highest(insights, "app_id_util_pct", "acc_id_util_pct"), 0)


def _object(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        return from_json(headers.get(name, "{}"), dict[str, Any])
    except msgspec.DecodeError:
        return {}


def _highest(reading: Any, *names: str) -> float:
    return max(_number(reading, name) for name in names)


def _number(reading: Any, name: str) -> float:
    value = reading.get(name) if isinstance(reading, dict) else None
    return float(value) if isinstance(value, int | float) else 0.0
