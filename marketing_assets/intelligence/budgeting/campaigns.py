"""A channel's budget over its campaigns: by what they claim, shrunk to the channel's claim. Pure.

What a campaign truly brings cannot be told from revenue: there are too many of them. Their claims are biased
as the channel's is, so that only the differences between them count, and only with many conversions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
import polars as pl

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.intelligence.budgeting.limits import WEEK, stepped
from marketing_assets.intelligence.budgeting.plan import Move
from marketing_assets.intelligence.budgeting.worth import LEAST_MOVE, Worth
from marketing_assets.intelligence.budgets import within
from marketing_assets.intelligence.curves import Floats
from marketing_assets.intelligence.response import BELIEF, CLAIM_SPREAD

CLAIM_DAYS = 28
YOUNG_DAYS = 14
_SHRINK = 30.0
"""Conversions at which a campaign's own claim counts as much as its channel's."""
_TENTH = NormalDist().inv_cdf(0.9)
_FEWEST_CONVERSIONS = 10


@dataclass(frozen=True)
class Campaign:
    """A running campaign: spend a day in the last week and the one before, claims of the last four weeks."""

    entity_id: str
    name: str
    current: float
    before: float
    spent: float
    days: int
    conversions: float
    value: float
    is_reconstructed: bool


@dataclass(frozen=True)
class CampaignMove:
    """What is recommended of one campaign; `worth` is None where it does not move."""

    campaign: Campaign
    recommended: float
    worth: Worth | None
    reason: str
    guard_rails: tuple[str, ...]


def running(daily: pl.DataFrame, channel: str, last: date) -> list[Campaign]:
    """The campaigns of a channel that spent in the last week up to `last`; `daily` as in `history.as_of`."""
    rows = daily.filter(
        pl.col("entity_type") == "campaign",
        pl.col("platform") == channel,
        pl.col("date").is_between(last - timedelta(days=CLAIM_DAYS - 1), last),
    )
    week = pl.col("date") > last - timedelta(days=WEEK)
    before = ~week & (pl.col("date") > last - timedelta(days=2 * WEEK))
    spend = pl.col("spend").fill_nan(None)
    found = (
        rows.group_by("entity_id")
        .agg(
            name=pl.col("entity_name").sort_by("date").last(),
            current=spend.filter(week).sum() / WEEK,
            before=spend.filter(before).sum() / WEEK,
            spent=spend.sum(),
            days=(spend > 0).sum().cast(pl.Int64),
            conversions=pl.coalesce("expected_conversions", "conversions").fill_nan(None).sum(),
            value=pl.coalesce("expected_conversion_value", "conversion_value").fill_nan(None).sum(),
            is_reconstructed=pl.col("is_reconstructed").any(),
        )
        .filter(pl.col("current") > 0)
        .sort("entity_id")
    )
    return [Campaign(**row) for row in found.iter_rows(named=True)]


def shared_out(
    move: Move, name: str, campaigns: Sequence[Campaign], advice: BudgetAdvice, margin: float
) -> list[CampaignMove]:
    """A channel's recommended spend over its campaigns; they add up to it.

    `name` is what people call the channel, `margin` what a unit of revenue is worth to the goal.
    """
    if not campaigns:
        return []
    current = np.array([c.current for c in campaigns])
    even = current * move.recommended / max(float(current.sum()), 1e-9)
    claims, channel = _claims(campaigns)
    held = np.array([_young(c) is not None for c in campaigns])
    # A channel that is tried is tried as a whole, else nobody could tell what came of it.
    tilt = np.where(held | move.is_exploration, 1.0, (claims / channel) ** BELIEF if channel > 0 else 1.0)
    before = np.array([c.before for c in campaigns])
    step = float(advice.step)
    lo, hi = stepped(even, current, before, step)
    near = np.where(held, even, np.clip(even * tilt, lo, hi))
    lo, hi = np.where(held, even, lo), np.where(held, even, hi)
    x = within(near, move.recommended, lo, hi)
    return list(_moves(move, name, campaigns, even, x, claims, channel, step, margin))


def _claims(campaigns: Sequence[Campaign]) -> tuple[Floats, float]:
    """Claimed value of a unit of spend by campaign, shrunk to the channel's, and the channel's."""
    spent = max(sum(c.spent for c in campaigns), 1e-9)
    channel = sum(c.value for c in campaigns) / spent
    own = np.array([c.value / max(c.spent, 1e-9) for c in campaigns])
    weight = np.array([max(c.conversions, 0.0) for c in campaigns])
    return (weight * np.maximum(own, 0.0) + _SHRINK * channel) / (weight + _SHRINK), channel


def _young(campaign: Campaign) -> str | None:
    """Why nothing can be said of a campaign, or None."""
    if campaign.days < YOUNG_DAYS:
        return f"It spent on {campaign.days} of the last {CLAIM_DAYS} days, which is too little to judge it."
    if campaign.conversions < _FEWEST_CONVERSIONS:
        number = f"{campaign.conversions:,.0f} conversions"
        return f"It has {number} in {CLAIM_DAYS} days, which is too few to judge it."
    return None


def _moves(
    move: Move,
    name: str,
    campaigns: Sequence[Campaign],
    even: Floats,
    x: Floats,
    claims: Floats,
    channel: float,
    step: float,
    margin: float,
) -> Iterator[CampaignMove]:
    for i, campaign in enumerate(campaigns):
        moved = x[i] - campaign.current
        rails = [f"at most {step:.0%} a week", f"adds up to {move.recommended:,.0f} of {name}"]
        tilted = abs(x[i] - even[i]) >= LEAST_MOVE * max(even[i], 1e-9)
        if (young := _young(campaign)) is not None:
            reason = f"{young} It keeps its share of {name}."
        elif tilted:
            more = "more" if claims[i] >= channel else "less"
            share = f"its share of {name} {'grows' if x[i] > even[i] else 'shrinks'}"
            against = (x[i] > even[i]) != (moved > 0)
            reason = (
                f"{name} claims {100 * claims[i]:,.0f} for 100 spent here, {more} than the "
                f"{100 * channel:,.0f} of all its campaigns: {share}"
                f"{', though the whole moves the other way' if against else ''}."
            )
        else:
            reason = f"Its claims are those of {name} as a whole; it keeps its share."
        is_moved = abs(moved) >= LEAST_MOVE * campaign.current
        worth = _worth(move, x[i] - even[i], claims[i] / channel, margin) if is_moved and tilted else None
        yield CampaignMove(campaign, float(x[i]), worth, reason, tuple(rails))


def _worth(move: Move, moved: float, ratio: float, margin: float) -> Worth | None:
    """What moving money to a campaign is worth beside leaving it to all campaigns of the channel.

    Of the claimed ratio half is believed, and the true one lies around it as widely as channels' do.
    """
    if move.marginal <= 0:
        return None
    unit = margin * move.marginal * moved
    centre = BELIEF * np.log(ratio) - CLAIM_SPREAD**2 / 2
    mean = unit * (np.exp(BELIEF * np.log(ratio)) - 1)
    ends = unit * (np.exp(centre + CLAIM_SPREAD * np.array([-_TENTH, _TENTH])) - 1)
    chance = NormalDist().cdf(centre / CLAIM_SPREAD if moved > 0 else -centre / CLAIM_SPREAD)
    return Worth(float(mean), float(ends.min()), float(ends.max()), chance)
