"""What a refresh fetches again: pure planning from today, the restatement windows and the changed days."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date

from marketing_assets.partitions import ONE_DAY, DayRange, group_consecutive

YOUNG_DAYS = 2
"""How many days before today a refresh fetches ads again; their numbers still move within hours."""


@dataclass(frozen=True)
class PlannedRun:
    """One run over consecutive days.

    `changed` are the days whose orders are fetched (None = every day of the range). `everything` tells
    whether ad tables and snapshots are refreshed too, or only orders and what is computed from them.
    """

    days: DayRange
    changed: tuple[date, ...] | None
    everything: bool


def plan_refresh(
    start: date,
    today: date,
    restatement_days: int,
    changed: Iterable[date] | None,
    never_filled: Set[date] | None = None,
) -> list[PlannedRun]:
    """The runs of one refresh, the recent days first.

    `changed` are the creation days of changed orders, or None where they could not be listed: then every
    day of the restatement window is fetched, so that a failed listing costs calls but hides no change.

    With `never_filled`, the days that no run has computed yet, the recent run begins with the oldest day of
    the window that needs it: a young one, one with changed orders, or one never filled, which makes up for
    refreshes that were missed. Without it the run spans the whole window.
    """
    window = DayRange(max(start, today - restatement_days * ONE_DAY), today)
    if changed is None:
        return [PlannedRun(window, None, everything=True)]
    days = {d for d in changed if start <= d <= today}
    recent = window
    if never_filled is not None:
        young = max(window.first, today - YOUNG_DAYS * ONE_DAY)
        recent = DayRange(min([young, *(d for d in days | never_filled if d in window)]), today)
    recent_changed = tuple(sorted({d for d in days if d in recent} | {today}))
    older = group_consecutive(d for d in days if d not in recent)
    return [
        PlannedRun(recent, recent_changed, everything=True),
        *(PlannedRun(group, None, everything=False) for group in older),
    ]
