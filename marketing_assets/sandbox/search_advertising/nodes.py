"""Campaigns, ad groups, ads, keywords and budgets as objects with ids, lifetimes and statuses.

Ids are digits that tell where in the declaration the object stands and which running of it this is. A
campaign whose running is over is paused for a week, then removed; a recurring ad is removed at once. Nothing
vanishes. What an object is follows from its ids, so declarations do not count when objects are compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from marketing_assets.sandbox.advertising.periods import ONE_DAY, Span, span_about, spans_until
from marketing_assets.sandbox.search_advertising.plan import AdGroupPlan, AdPlan, CampaignPlan, KeywordPlan
from marketing_assets.sandbox.search_advertising.portfolio import PORTFOLIOS

REMOVED_AFTER_DAYS = 7
ENABLED, PAUSED, REMOVED = "ENABLED", "PAUSED", "REMOVED"


@dataclass(frozen=True, slots=True)
class Campaign:
    tenant: str
    index: int
    plan: CampaignPlan = field(compare=False)
    span: Span
    campaign_id: str
    budget_id: str

    @property
    def name(self) -> str:
        return self.plan.name.format(period=self.span.label)

    def status(self, day: date) -> str:
        """What its owner set it to, as of the day."""
        if not self.plan.launched:
            return PAUSED
        if self.span.stop is None or day <= self.span.stop:
            return ENABLED
        return REMOVED if day > self.span.stop + timedelta(days=REMOVED_AFTER_DAYS) else PAUSED


@dataclass(frozen=True, slots=True)
class AdGroup:
    campaign: Campaign
    plan: AdGroupPlan = field(compare=False)
    ad_group_id: str

    def status(self, day: date) -> str:
        """Left as it is; what is removed above is removed here."""
        return REMOVED if self.campaign.status(day) == REMOVED else ENABLED


@dataclass(frozen=True, slots=True)
class Ad:
    ad_group: AdGroup
    plan: AdPlan = field(compare=False)
    span: Span
    ad_id: str

    def status(self, day: date) -> str:
        over = self.span.stop is not None and day > self.span.stop
        return REMOVED if over else self.ad_group.status(day)

    def covers(self, day: date) -> bool:
        return self.ad_group.campaign.span.covers(day) and self.span.covers(day)


@dataclass(frozen=True, slots=True)
class Keyword:
    ad_group: AdGroup
    plan: KeywordPlan = field(compare=False)
    criterion_id: str

    def status(self, day: date) -> str:
        return PAUSED if self.plan.paused else self.ad_group.status(day)


def _number(tenant: str) -> int:
    return 1 + list(PORTFOLIOS).index(tenant)


def _budget_id(tenant: str, index: int, span: Span) -> str:
    """Its own, or that of the first campaign that shares it."""
    plans = PORTFOLIOS[tenant].campaigns
    shared = plans[index].budget
    owner = next(i for i, plan in enumerate(plans) if plan.budget == shared) if shared else index
    return f"13{_number(tenant)}{owner + 1:02d}{span.ordinal:06d}"


@lru_cache(maxsize=64)
def campaigns(tenant: str, last: date) -> tuple[Campaign, ...]:
    """Every campaign that starts up to `last`, oldest runs first."""
    portfolio = PORTFOLIOS[tenant]
    return tuple(
        Campaign(
            tenant,
            index,
            plan,
            span,
            f"2{_number(tenant)}{index + 1:02d}0{span.ordinal:06d}",
            _budget_id(tenant, index, span),
        )
        for index, plan in enumerate(portfolio.campaigns)
        for span in spans_until(plan.every, portfolio.opened, last)
    )


@lru_cache(maxsize=64)
def ad_groups(tenant: str, last: date) -> tuple[AdGroup, ...]:
    return tuple(
        AdGroup(campaign, plan, f"15{campaign.campaign_id[1:4]}{place}{campaign.span.ordinal:06d}")
        for campaign in campaigns(tenant, last)
        for place, plan in enumerate(campaign.plan.ad_groups, start=1)
    )


@lru_cache(maxsize=64)
def ads(tenant: str, last: date) -> tuple[Ad, ...]:
    return tuple(_ads(tenant, last))


def _ads(tenant: str, last: date) -> Iterator[Ad]:
    opened = PORTFOLIOS[tenant].opened
    for group in ad_groups(tenant, last):
        for place, plan in enumerate(group.plan.ads, start=1):
            for span in spans_until(plan.every, opened, last):
                # Recurring ads have ids of their own; the others run as long as their campaign.
                ordinal = span.ordinal or group.campaign.span.ordinal
                yield Ad(group, plan, span, f"6{group.ad_group_id[2:6]}{place}{ordinal:06d}")


@lru_cache(maxsize=64)
def keywords(tenant: str, last: date) -> tuple[Keyword, ...]:
    return tuple(
        Keyword(group, plan, f"3{group.ad_group_id[2:6]}{place:02d}")
        for group in ad_groups(tenant, last)
        for place, plan in enumerate(group.plan.keywords, start=1)
    )


@lru_cache(maxsize=2048)
def running(tenant: str, day: date) -> tuple[Campaign, ...]:
    """The campaigns that could deliver on the day."""
    horizon = (span_about("half", day, day).stop or day) + ONE_DAY
    return tuple(c for c in campaigns(tenant, horizon) if c.plan.launched and c.span.covers(day))


@lru_cache(maxsize=2048)
def ads_running(tenant: str, day: date) -> dict[str, tuple[Ad, ...]]:
    """The ads that could deliver on the day, by campaign id."""
    horizon = (span_about("half", day, day).stop or day) + ONE_DAY
    found: dict[str, list[Ad]] = {}
    for ad in ads(tenant, horizon):
        if ad.covers(day):
            found.setdefault(ad.ad_group.campaign.campaign_id, []).append(ad)
    return {campaign: tuple(those) for campaign, those in found.items()}
