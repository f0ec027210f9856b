"""The words in which a Google Ads account is declared."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from marketing_assets.sandbox.advertising.periods import Every
from marketing_assets.sandbox.advertising.plan import Curve

Channel = Literal["SEARCH", "SHOPPING", "PERFORMANCE_MAX"]
MatchType = Literal["EXACT", "PHRASE", "BROAD"]


@dataclass(frozen=True, slots=True)
class AdPlan:
    """One ad. Google lets most of them have no name. A recurring one is removed when its time is over."""

    kind: str = "RESPONSIVE_SEARCH_AD"
    name: str = ""
    weight: float = 1.0
    every: Every = "always"


@dataclass(frozen=True, slots=True)
class KeywordPlan:
    text: str
    match: MatchType = "PHRASE"
    weight: float = 1.0
    paused: bool = False


@dataclass(frozen=True, slots=True)
class AdGroupPlan:
    """One ad group: its share of the campaign, its ads and keywords, and what people type in."""

    name: str
    ads: tuple[AdPlan, ...]
    keywords: tuple[KeywordPlan, ...] = ()
    terms: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """One campaign (or a series of them, when it recurs).

    `daily` is the planned spend per day and `cpc` the price of a click, both in the account's currency;
    `ctr`: clicks per impression. `bias`: conversions which the platform claims per order that the campaign
    really caused; `organic`: share of all other orders it claims on top. `budget`: name of a budget that
    several share.
    """

    name: str
    channel: Channel
    daily: float
    cpc: float
    ctr: float
    curve: Curve
    bidding: str
    ad_groups: tuple[AdGroupPlan, ...] = ()
    bias: float = 1.0
    organic: float = 0.0
    target_roas: float | None = None
    target_cpa: float | None = None
    budget: str = ""
    every: Every = "always"
    launched: bool = True


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All campaigns of a tenant's account, which was opened on `opened`; `weekend` as for Meta."""

    tenant: str
    opened: date
    weekend: float
    campaigns: tuple[CampaignPlan, ...]
