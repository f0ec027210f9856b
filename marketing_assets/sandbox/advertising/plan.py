"""The words in which an ad account is declared: campaigns, their ad sets, ads and response curves."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from marketing_assets.sandbox.advertising.periods import Every

EndsAs = Literal["PAUSED", "ARCHIVED", "DELETED"]
BudgetAt = Literal["campaign", "adset", "lifetime"]


@dataclass(frozen=True, slots=True)
class Curve:
    """What spend does to orders: carried-over spend through a saturating Hill curve.

    stock(d) = (1 - carry) x sum of carry^k x spend(d - k), so a steady spend has itself as its stock;
    lift(d) = most x stock^shape / (half^shape + stock^shape), as a share of the orders without advertising.
    `half` is in the account's currency per day.
    """

    most: float
    half: float
    shape: float
    carry: float


@dataclass(frozen=True, slots=True)
class AdPlan:
    """One ad. `trickle`: it only delivers pennies now and then, and some of those are refunded in full."""

    name: str
    weight: float = 1.0
    every: Every = "always"
    ends_as: EndsAs = "PAUSED"
    trickle: bool = False


@dataclass(frozen=True, slots=True)
class AdSetPlan:
    """One ad set: its share of the campaign's budget, and its ads."""

    name: str
    ads: tuple[AdPlan, ...]
    weight: float = 1.0
    every: Every = "always"
    ends_as: EndsAs = "PAUSED"


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """One campaign (or a series of them, when it recurs).

    `daily` is the planned spend per day and `cpm` the price of a thousand impressions, both in the
    account's currency. `bias`: purchases which the platform claims per purchase it really caused;
    `organic`: share of all other orders it claims on top. `ctr`: all clicks per impression.
    """

    name: str
    objective: str
    goal: str
    daily: float
    cpm: float
    ctr: float
    curve: Curve
    adsets: tuple[AdSetPlan, ...]
    link_share: float = 0.7
    video_share: float = 0.1
    bias: float = 1.0
    organic: float = 0.0
    budget_at: BudgetAt = "adset"
    every: Every = "always"
    ends_as: EndsAs = "PAUSED"
    launched: bool = True


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All campaigns of a tenant's ad account, which was opened on `opened` (the account's own day).

    `weekend`: spend on Saturdays and Sundays against other days.
    """

    tenant: str
    opened: date
    weekend: float
    campaigns: tuple[CampaignPlan, ...]
