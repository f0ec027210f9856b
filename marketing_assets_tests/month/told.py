"""What people were told, against the plan. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketing_assets_tests.month.plan import Alert, Standing


@dataclass(frozen=True)
class Seen:
    """An incident as the product kept it, and how often messages told that it opened and that it ended."""

    id: str
    asset: str
    check: str
    entity: str
    severity: str
    opened: datetime
    recovered: datetime | None
    alerts: Mapping[str, int]
    """By channel."""
    recoveries: Mapping[str, int]
    text: str = ""


@dataclass(frozen=True)
class Due:
    """An incident that must be told: when it was planted, and when its cause ended.

    Of what happens in the world anyway it is only known by when it has ended.
    """

    what: str
    alert: Alert
    begun: datetime
    ended: datetime
    ends_by: bool = False


@dataclass(frozen=True)
class Judgement:
    """How the month's incidents compare with the plan."""

    matched: tuple[tuple[str, Seen], ...]
    deviations: tuple[str, ...]


def judge(
    due: Sequence[Due], standing: Sequence[Standing], seen: Sequence[Seen], channels: Sequence[str]
) -> Judgement:
    """Each planted incident once, told once and its end once on each channel; nothing else."""
    matched: list[tuple[str, Seen]] = []
    wrong: list[str] = []
    left = list(seen)
    for one in due:
        found = [s for s in left if _is(s, one)]
        left = [s for s in left if s not in found]
        matched += [(one.what, s) for s in found]
        if len(found) != 1:
            wrong.append(
                f"{one.what}: {len(found)} incidents of {one.alert.asset} · {one.alert.check}, not one"
            )
        for s in found:
            wrong += [f"{one.what}: {text}" for text in _mistold(s, channels, one.alert.over is not None)]
            wrong += _late(one, s)
    for kept in standing:
        found = [s for s in left if (s.asset, s.check) == (kept.asset, kept.check)]
        left = [s for s in left if s not in found]
        matched += [(f"stands: {kept.why}", s) for s in found]
        if len(found) != 1:
            wrong.append(f"{kept.asset} · {kept.check} stands: {len(found)} incidents, not one")
        wrong += [f"{kept.check}: {text}" for s in found for text in _mistold(s, channels, False)]
    wrong += [f"not planted: {describe(s)}" for s in left]
    return Judgement(tuple(matched), tuple(wrong))


def _is(seen: Seen, due: Due) -> bool:
    latest = (due.begun if due.ends_by else due.ended) + timedelta(hours=due.alert.within)
    same = (seen.asset, seen.check) == (due.alert.asset, due.alert.check)
    same = same and due.alert.entity in {"", seen.entity}
    return same and due.begun <= seen.opened <= latest


def _mistold(seen: Seen, channels: Iterable[str], ends: bool) -> Iterable[str]:
    for channel in channels:
        if seen.alerts.get(channel, 0) != 1:
            yield f"told {seen.alerts.get(channel, 0)} times on {channel}, not once"
        if seen.recoveries.get(channel, 0) != int(ends):
            yield f"its end was told {seen.recoveries.get(channel, 0)} times on {channel}, not {int(ends)}"


def _late(due: Due, seen: Seen) -> Iterable[str]:
    after = seen.opened - due.begun
    if after > timedelta(hours=due.alert.within):
        yield f"{due.what}: told {hours(after)} after it began"
    if due.alert.over is not None and seen.recovered is not None:
        after = seen.recovered - due.ended
        least = due.begun - due.ended if due.ends_by else timedelta(0)
        if not least <= after <= timedelta(hours=due.alert.over):
            yield f"{due.what}: its end was told {hours(after)} after it"


def hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} h"


def describe(seen: Seen) -> str:
    entity = f" ({seen.entity})" if seen.entity else ""
    ended = f", over {seen.recovered:%d %b %H:%M}" if seen.recovered else ", still open"
    return (
        f"{seen.severity} {seen.asset} · {seen.check}{entity}, open {seen.opened:%d %b %H:%M}{ended} UTC: "
        f"{seen.text[:200]}"
    )
