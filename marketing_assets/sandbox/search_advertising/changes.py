"""What people changed in an account, as events: budgets each month, campaigns that begin, end and are
removed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from marketing_assets.sandbox.advertising.draws import digest
from marketing_assets.sandbox.advertising.periods import ONE_DAY
from marketing_assets.sandbox.search_advertising.nodes import (
    ENABLED,
    PAUSED,
    REMOVED,
    REMOVED_AFTER_DAYS,
    Campaign,
    campaigns,
)
from marketing_assets.sandbox.search_advertising.response import budget


@dataclass(frozen=True, slots=True)
class Change:
    """One event. `at` is the account's clock; `before` and `after` hold the changed fields, by their names in
    JSON; `resource` is `campaign` or `campaignBudget`."""

    at: datetime
    campaign: Campaign
    resource: str
    operation: str
    before: dict[str, Any]
    after: dict[str, Any]


def changes(seed: int, tenant: str, day: date) -> list[Change]:
    """The events of a day, oldest first."""
    found = [change for campaign in campaigns(tenant, day) for change in _of(seed, tenant, campaign, day)]
    return sorted(found, key=lambda change: change.at)


def _of(seed: int, tenant: str, campaign: Campaign, day: date) -> Iterator[Change]:
    # Morning in the office, to the microsecond.
    offset = digest(seed, "google change", campaign.campaign_id, day) % (4 * 3600 * 1_000_000)
    at = datetime(day.year, day.month, day.day, 9) + timedelta(microseconds=offset)  # noqa: DTZ001 - local
    span, stop = campaign.span, campaign.span.stop
    if not campaign.plan.launched:
        return
    if day == span.start:
        yield Change(at, campaign, "campaign", "CREATE", {}, {"status": ENABLED, "name": campaign.name})
    elif stop is not None and day == stop + ONE_DAY:
        yield _status(at, campaign, ENABLED, PAUSED)
    elif stop is not None and day == stop + timedelta(days=REMOVED_AFTER_DAYS + 1):
        yield _status(at, campaign, PAUSED, REMOVED)
    elif span.covers(day) and day.day == 1:
        before, after = (
            {"amountMicros": str(amount_of(seed, tenant, campaign, d) * 10_000)} for d in (day - ONE_DAY, day)
        )
        if before != after and _owns_budget(tenant, campaign, day):
            yield Change(at, campaign, "campaignBudget", "UPDATE", before, after)


def _status(at: datetime, campaign: Campaign, before: str, after: str) -> Change:
    operation = "REMOVE" if after == REMOVED else "UPDATE"
    return Change(at, campaign, "campaign", operation, {"status": before}, {"status": after})


def amount_of(seed: int, tenant: str, campaign: Campaign, day: date) -> int:
    """The daily amount of the campaign's budget, in hundredths: a shared one holds all its campaigns'
    shares."""
    sharing = {c.index for c in campaigns(tenant, day) if c.budget_id == campaign.budget_id}
    return sum(budget(seed, tenant, index, day) for index in sharing or {campaign.index})


def _owns_budget(tenant: str, campaign: Campaign, day: date) -> bool:
    sharing = [c for c in campaigns(tenant, day) if c.budget_id == campaign.budget_id]
    return sharing[0].campaign_id == campaign.campaign_id
