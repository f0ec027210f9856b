"""Campaigns, ad sets and ads as objects with ids, lifetimes and statuses, made from the declarations.

Ids are digits that tell where in the declaration the object stands and which running of it this is; they
never change. Statuses follow from the running's end: paused for a week, then as declared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from marketing_assets.sandbox.advertising.periods import ONE_DAY, Span, span_about, spans_until
from marketing_assets.sandbox.advertising.plan import AdPlan, AdSetPlan, CampaignPlan, EndsAs
from marketing_assets.sandbox.advertising.portfolio import PORTFOLIOS

Level = Literal["campaign", "adset", "ad"]

LEVELS: tuple[Level, ...] = ("campaign", "adset", "ad")
HIDDEN = ("ARCHIVED", "DELETED")

# People prepare things before they start, and tidy up some time after the end.
PREPARED_DAYS = 2
TIDIED_AFTER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Node:
    """One campaign, ad set or ad. `parent` is the object above it; days are the ad account's own."""

    tenant: str
    level: Level
    node_id: str
    name: str
    span: Span
    ends_as: EndsAs
    launched: bool
    parent: "Node | None"
    campaign_index: int
    campaign: CampaignPlan
    adset: AdSetPlan | None
    ad: AdPlan | None
    line: "dict[str, Node]" = field(init=False, repr=False, compare=False)
    """The object and those above it, by level."""

    @property
    def created(self) -> date:
        """The day on which it was made."""
        return self.span.start - timedelta(days=PREPARED_DAYS)

    def own_status(self, day: date) -> str:
        """What its owner set it to, as of the day. Who runs as long as its parent is left as it is."""
        if self.parent is not None and self.span == self.parent.span:
            above = self.parent.own_status(day)
            return above if above in HIDDEN else "ACTIVE"
        if not self.launched:
            return "PAUSED"
        if self.span.stop is None or day <= self.span.stop:
            return "ACTIVE"
        return self.ends_as if day > self.span.stop + timedelta(days=TIDIED_AFTER_DAYS) else "PAUSED"

    def effective_status(self, day: date) -> str:
        """Its status with that of everything above it, as of the day."""
        own = self.own_status(day)
        if self.parent is None or own in HIDDEN:
            return own
        above = self.parent.effective_status(day)
        if above in HIDDEN:
            return above
        if own != "ACTIVE" or above == "ACTIVE":
            return own
        return (
            "CAMPAIGN_PAUSED"
            if self.parent.own_status(day) == "ACTIVE" or self.level == "adset"
            else "ADSET_PAUSED"
        )

    def changed(self, day: date) -> date:
        """The last day, up to the given one, on which anybody changed it."""
        if self.span.stop is not None and day > self.span.stop + timedelta(days=TIDIED_AFTER_DAYS):
            return self.span.stop + timedelta(days=TIDIED_AFTER_DAYS + 1)
        if self.span.stop is not None and day > self.span.stop:
            return self.span.stop + ONE_DAY
        return max(self.created, day.replace(day=1))

    def __post_init__(self) -> None:
        above = self.parent.line if self.parent else {}
        object.__setattr__(self, "line", {**above, self.level: self})


def _id(tenant: str, level: Level, campaign: int, adset: int, ad: int, span: Span) -> str:
    number = 1 + list(PORTFOLIOS).index(tenant)
    return f"120{number}{LEVELS.index(level) + 1}{campaign + 1:02d}{adset:02d}{ad:02d}{span.ordinal:06d}"


def _within(outer: Span, every_span: Span) -> Span:
    """A child's running: its own, or its parent's when it has no calendar. Never both have one."""
    if every_span.stop is None:
        return outer
    return every_span


@lru_cache(maxsize=64)
def nodes(tenant: str, last: date) -> tuple[Node, ...]:
    """Every object of the account that starts up to `last`, parents before children, oldest runs first."""
    return tuple(_nodes(tenant, last))


def _nodes(tenant: str, last: date) -> Iterator[Node]:
    portfolio = PORTFOLIOS[tenant]
    for number, plan in enumerate(portfolio.campaigns):
        for span in spans_until(plan.every, portfolio.opened, last):
            campaign = Node(
                tenant,
                "campaign",
                _id(tenant, "campaign", number, 0, 0, span),
                plan.name.format(period=span.label),
                span,
                plan.ends_as,
                plan.launched,
                None,
                number,
                plan,
                None,
                None,
            )
            yield campaign
            for place, adset in enumerate(plan.adsets, start=1):
                yield from _adsets(campaign, place, adset, last)


def _adsets(campaign: Node, place: int, plan: AdSetPlan, last: date) -> Iterator[Node]:
    opened = PORTFOLIOS[campaign.tenant].opened
    for own in spans_until(plan.every, opened, last):
        span = _within(campaign.span, own)
        adset = Node(
            campaign.tenant,
            "adset",
            _id(campaign.tenant, "adset", campaign.campaign_index, place, 0, span),
            plan.name.format(period=span.label),
            span,
            plan.ends_as,
            campaign.launched,
            campaign,
            campaign.campaign_index,
            campaign.campaign,
            plan,
            None,
        )
        yield adset
        for number, ad in enumerate(plan.ads, start=1):
            yield from _ads(adset, place, number, ad, last)


def _ads(adset: Node, place: int, number: int, plan: AdPlan, last: date) -> Iterator[Node]:
    opened = PORTFOLIOS[adset.tenant].opened
    for own in spans_until(plan.every, opened, last):
        span = _within(adset.span, own)
        yield Node(
            adset.tenant,
            "ad",
            _id(adset.tenant, "ad", adset.campaign_index, place, number, span),
            plan.name.format(period=span.label),
            span,
            plan.ends_as,
            adset.launched,
            adset,
            adset.campaign_index,
            adset.campaign,
            adset.adset,
            plan,
        )


@lru_cache(maxsize=2048)
def ads_running(tenant: str, day: date) -> tuple[Node, ...]:
    """The ads which could deliver on the day, in a fixed order."""
    horizon = span_about("half", day, day).stop or day
    return tuple(n for n in nodes(tenant, horizon) if n.level == "ad" and n.launched and n.span.covers(day))
