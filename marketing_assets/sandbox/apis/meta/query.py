"""What an insights request asks for, checked as Meta checks it."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import orjson

from marketing_assets.sandbox.advertising.nodes import LEVELS, Node
from marketing_assets.sandbox.apis.meta import errors, filters
from marketing_assets.sandbox.apis.meta.actions import ATTRIBUTION_WINDOWS
from marketing_assets.sandbox.apis.meta.breakdowns import Breakdown, find
from marketing_assets.sandbox.apis.meta.errors import parameter
from marketing_assets.sandbox.apis.meta.fields import DEFAULT_FIELDS, FIELDS

ReportLevel = Literal["account", "campaign", "adset", "ad"]

HISTORY_MONTHS = 37
REACH_HISTORY_MONTHS = 13
MOST_INCREMENT_DAYS = 90
PRESET_DAYS = {"last_3d": 3, "last_7d": 7, "last_14d": 14, "last_28d": 28, "last_30d": 30, "last_90d": 90}


@dataclass(frozen=True)
class Query:
    """One report: account days `since` to `until`, inclusive, in buckets; `scope`: the object asked about."""

    tenant: str
    level: ReportLevel
    since: date
    until: date
    increment: int | Literal["monthly", "all_days"]
    fields: tuple[str, ...]
    conditions: tuple[filters.Condition, ...]
    breakdown: Breakdown | None
    windows: tuple[str, ...]
    scope: Node | None

    def bucket(self, day: date) -> tuple[date, date]:
        """First and last day of the row to which a day belongs."""
        if self.increment == "all_days":
            return self.since, self.until
        if self.increment == "monthly":
            last = day.replace(day=monthrange(day.year, day.month)[1])
            return max(self.since, day.replace(day=1)), min(self.until, last)
        start = day - timedelta(days=(day - self.since).days % self.increment)
        return start, min(self.until, start + timedelta(days=self.increment - 1))


def json_param(params: Mapping[str, str], name: str) -> Any:
    """A parameter that carries JSON; None when absent."""
    if not params.get(name):
        return None
    try:
        return orjson.loads(params[name])
    except orjson.JSONDecodeError:
        raise parameter(f"param {name} must be valid JSON") from None


def listed(params: Mapping[str, str], name: str) -> list[str]:
    """A parameter given as a JSON list or with commas."""
    text = params.get(name, "").strip()
    if text.startswith("["):
        found = json_param(params, name)
        return [str(item) for item in found]
    return [item.strip() for item in text.split(",") if item.strip()]


def months_before(day: date, months: int) -> date:
    """The same day of the month that many months earlier, or that month's last day."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def read(params: Mapping[str, str], tenant: str, today: date, scope: Node | None) -> Query:
    """The request as a Query; `today` is the ad account's day, where relative ranges and limits start."""
    breakdown = find(listed(params, "breakdowns"))
    since, until = _range(params, today)
    fields = _fields(params)
    if since < months_before(today, HISTORY_MONTHS):
        raise errors.TOO_LONG_AGO
    if breakdown and "reach" in fields and since < months_before(today, REACH_HISTORY_MONTHS):
        raise parameter("Reach with breakdowns is available for the last 13 months only")
    declared = json_param(params, "filtering")
    return Query(
        tenant=tenant,
        level=_level(params, scope),
        since=since,
        until=until,
        increment=_increment(params),
        fields=fields,
        conditions=filters.parse(declared) if declared is not None else (),
        breakdown=breakdown,
        windows=_windows(params),
        scope=scope,
    )


def _level(params: Mapping[str, str], scope: Node | None) -> ReportLevel:
    own = scope.level if scope else "account"
    level = params.get("level", own)
    for known in ("account", *LEVELS):
        if level == known:
            return known  # type: ignore[return-value]
    raise parameter("level must be one of the following values: ad, adset, campaign, account")


def _fields(params: Mapping[str, str]) -> tuple[str, ...]:
    fields = listed(params, "fields") or list(DEFAULT_FIELDS)
    for field in fields:
        if field not in FIELDS:
            raise parameter(
                f"{field} is not valid for fields param. please check "
                f"{errors.REFERENCE}/marketing-api/reference/ads-insights/ for all valid values"
            )
    return tuple(dict.fromkeys(fields))


def _windows(params: Mapping[str, str]) -> tuple[str, ...]:
    windows = listed(params, "action_attribution_windows")
    for place, window in enumerate(windows):
        if window not in ATTRIBUTION_WINDOWS:
            raise parameter(
                f"action_attribution_windows[{place}] must be one of the following values: "
                f"{', '.join(ATTRIBUTION_WINDOWS)}"
            )
    return tuple(windows)


def _increment(params: Mapping[str, str]) -> Any:
    text = params.get("time_increment", "all_days").strip('"')
    if text in ("monthly", "all_days"):
        return text
    if text.isdigit() and 1 <= int(text) <= MOST_INCREMENT_DAYS:
        return int(text)
    raise parameter("time_increment must be between 1 and 90, monthly or all_days")


def _range(params: Mapping[str, str], today: date) -> tuple[date, date]:
    given = json_param(params, "time_range")
    if given is None:
        return _preset(params.get("date_preset", "last_30d"), today)
    try:
        since, until = date.fromisoformat(given["since"]), date.fromisoformat(given["until"])
    except (KeyError, TypeError, ValueError):
        raise parameter(
            "Must be a valid time_range: {'since': 'YYYY-MM-DD', 'until': 'YYYY-MM-DD'}"
        ) from None
    if since > until:
        raise parameter("time_range: since must not be later than until")
    return since, until


def _preset(name: str, today: date) -> tuple[date, date]:
    yesterday = today - timedelta(days=1)
    if name in PRESET_DAYS:
        return today - timedelta(days=PRESET_DAYS[name]), yesterday
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    others = {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "this_month": (first, today),
        "last_month": (before.replace(day=1), before),
        "maximum": (months_before(today, HISTORY_MONTHS), today),
    }
    if name not in others:
        raise parameter(
            f"date_preset must be one of the following values: {', '.join((*PRESET_DAYS, *others))}"
        )
    return others[name]
