"""Budget recommendations as rows of `ml.budget_recommendations`. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from marketing_assets.intelligence.budgeting.campaigns import CampaignMove
from marketing_assets.intelligence.budgeting.plan import Move, Plan
from marketing_assets.intelligence.budgeting.worth import Worth

Row = dict[str, Any]


def plan_rows(
    plan: Plan, shared: Mapping[str, Sequence[CampaignMove]], common: Row, names: Mapping[str, str]
) -> Iterator[Row]:
    """A row a channel and one a campaign.

    `shared` is by channel, `common` as of `common_of`; `names` are what people call the channels.
    """
    common = {**common, "goal": plan.goal}
    for move in plan.moves:
        yield {**common, **_channel(move, names.get(move.channel, move.channel))}
        for campaign in shared.get(move.channel, ()):
            yield {**common, **_campaign(move, campaign)}


def silent_row(reason: str, goal: str, common: Row) -> Row:
    """The one row of a day on which there is not enough to say."""
    return {
        **common,
        "goal": goal,
        "level": "channel",
        "platform": "",
        "account_id": "",
        "campaign_id": "",
        "name": "all channels",
        "current_value": None,
        "recommended_value": None,
        **_impact(None),
        "reason": reason,
        "guard_rails": "[]",
        "is_exploration": False,
    }


def common_of(tenant_id: str, day: date, currency: str, is_reconstructed: bool) -> Row:
    return {"tenant_id": tenant_id, "day": day, "currency": currency, "is_reconstructed": is_reconstructed}


def _channel(move: Move, name: str) -> Row:
    return {
        "level": "channel",
        "platform": move.channel,
        "account_id": "",
        "campaign_id": "",
        "name": name,
        "current_value": move.current,
        "recommended_value": move.recommended,
        **_impact(move.worth),
        "reason": move.reason,
        "guard_rails": json.dumps(move.guard_rails, ensure_ascii=False),
        "is_exploration": move.is_exploration,
    }


def _campaign(channel: Move, move: CampaignMove) -> Row:
    platform, account, campaign = move.campaign.entity_id.split("/", 2)
    return {
        "level": "campaign",
        "platform": platform,
        "account_id": account,
        "campaign_id": campaign,
        "name": move.campaign.name,
        "current_value": move.campaign.current,
        "recommended_value": move.recommended,
        **_impact(move.worth),
        "reason": move.reason,
        "guard_rails": json.dumps(move.guard_rails, ensure_ascii=False),
        "is_exploration": channel.is_exploration,
    }


def _impact(worth: Worth | None) -> Row:
    if worth is None:
        return dict.fromkeys(("expected_impact", "impact_low", "impact_high", "confidence"))
    return {
        "expected_impact": worth.mean,
        "impact_low": worth.low,
        "impact_high": worth.high,
        "confidence": worth.chance,
    }
