"""Rows of a raw table's last ended day against what is usual. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from marketing_assets.norms import Norm, preceding_norm, weekday_norm
from marketing_assets.platforms.platform import Refresh
from marketing_assets.rules import Volume
from marketing_assets.verdicts import Finding, Verdict, passed, percent, unknown, verdict


def volume(
    rows: Mapping[date, int],
    judged: date,
    refresh: Refresh,
    rule: Volume,
    says_zero: Callable[[date], bool | None],
) -> Verdict:
    """Whether a day has far fewer or more rows than its like.

    `rows` has every day from the table's first on, days without rows as 0. Records are held against the same
    weekday of the weeks before; a snapshot, which has no rhythm of the week, against the days before that
    have one. `says_zero` tells whether the platform itself counts nothing on a day; None
    where the day was never fetched.
    """
    count = rows.get(judged, 0)
    usual = _usual(rows, judged, refresh, rule)
    if usual is None:
        return unknown(f"fewer than {rule.fewest_weeks} days like {judged} are known before it")
    looked = f"{judged}: {count} rows, usually {usual.centre:.0f}"
    if usual.centre < rule.fewest_rows:
        return unknown(f"{looked}; judged from {rule.fewest_rows} on")
    difference = Decimal(count) - usual.centre
    spread = _spread(usual)
    can_grow = difference > 0 and refresh is not Refresh.SNAPSHOT
    allowed = rule.most_more if can_grow else rule.least_share
    if abs(difference) <= max(usual.centre * allowed, rule.usual_spreads * spread):
        return passed(f"{looked}, give or take {spread:.0f}")
    if count == 0 and (said := says_zero(judged)) is not False:
        if said is None:
            return unknown(f"{looked}; the day was not fetched yet")
        return passed(f"{looked}; the platform itself counts none")
    word = "fewer" if difference < 0 else "more"
    return verdict(
        [Finding(f"{looked}: {percent(abs(difference) / usual.centre)} {word}", None, judged)],
        looked,
        severity=rule.as_severity,
        likely_cause="the shop or account was idle, a filter or permission of the connection changed, or the "
        "platform holds data back."
        if difference < 0
        else "a campaign or sale, a new account in the connection, or rows that stand twice.",
        next_step="compare the day with the platform's own page; fetch it again if that differs.",
    )


def _spread(usual: Norm) -> Decimal:
    """The days' own spread and that of counting: eight days that happened to be alike know little of it."""
    return (usual.spread**2 + usual.centre).sqrt()


def _usual(rows: Mapping[date, int], judged: date, refresh: Refresh, rule: Volume) -> Norm | None:
    if refresh is Refresh.SNAPSHOT:
        taken = {d: Decimal(n) for d, n in rows.items() if n}
        return preceding_norm(taken, judged, rule.weeks * 7, rule.fewest_weeks)
    return weekday_norm({d: Decimal(n) for d, n in rows.items()}, judged, rule.weeks, rule.fewest_weeks)
