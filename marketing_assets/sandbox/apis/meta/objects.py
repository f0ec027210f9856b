"""Accounts, campaigns, ad sets and ads as JSON: each type's fields, declared once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from marketing_assets.sandbox.accounts import MetaAccount
from marketing_assets.sandbox.advertising.nodes import Node
from marketing_assets.sandbox.advertising.response import budget
from marketing_assets.sandbox.apis.meta.errors import parameter


@dataclass(frozen=True, slots=True)
class Shown:
    """An object and the moment it is looked at: `today` is the ad account's day."""

    seed: int
    account: MetaAccount
    node: Node
    today: date

    def at(self, day: date, hour: int) -> str:
        """A time of the account's day as Meta writes it, `2026-11-01T09:00:00+0700`."""
        return datetime.combine(day, time(hour), self.account.zone).strftime("%Y-%m-%dT%H:%M:%S%z")

    def above(self, level: str) -> str | None:
        """The id of the object at a level above."""
        node = self.node.line.get(level)
        return node.node_id if node else None


Told = Callable[[Shown], Any]

ACCOUNT_STATUS_ACTIVE = 1


def minor_units(amount: float) -> str:
    """Budgets are said in hundredths of the currency."""
    return str(round(amount * 100))


def _planned(shown: Shown) -> float:
    """The campaign's daily budget as of today, or of its last day; in the account's currency."""
    stop = shown.node.span.stop
    day = shown.today if stop is None else min(shown.today, stop)
    return budget(shown.seed, shown.node.tenant, shown.node.campaign_index, day)


def _campaign_daily(shown: Shown) -> str | None:
    return minor_units(_planned(shown)) if shown.node.campaign.budget_at == "campaign" else None


def _campaign_lifetime(shown: Shown) -> str | None:
    stop = shown.node.span.stop
    if shown.node.campaign.budget_at != "lifetime" or stop is None:
        return None
    return minor_units(_planned(shown) * ((stop - shown.node.span.start).days + 1))


def _adset_daily(shown: Shown) -> str | None:
    plan = shown.node.adset
    if plan is None or shown.node.campaign.budget_at != "adset":
        return None
    weights = sum(adset.weight for adset in shown.node.campaign.adsets)
    return minor_units(_planned(shown) * plan.weight / weights)


def _stop_time(shown: Shown) -> str | None:
    stop = shown.node.span.stop
    return shown.at(stop, 23) if stop is not None else None


def _updated(shown: Shown) -> str:
    return shown.at(shown.node.changed(shown.today), 10)


COMMON: dict[str, Told] = {
    "id": lambda shown: shown.node.node_id,
    "name": lambda shown: shown.node.name,
    "account_id": lambda shown: shown.account.account_id,
    "status": lambda shown: shown.node.own_status(shown.today),
    "configured_status": lambda shown: shown.node.own_status(shown.today),
    "effective_status": lambda shown: shown.node.effective_status(shown.today),
    "created_time": lambda shown: shown.at(shown.node.created, 9),
    "updated_time": _updated,
}

CAMPAIGN_FIELDS: dict[str, Told] = {
    **COMMON,
    "objective": lambda shown: shown.node.campaign.objective,
    "buying_type": lambda shown: "AUCTION",
    "bid_strategy": lambda shown: "LOWEST_COST_WITHOUT_CAP",
    "daily_budget": _campaign_daily,
    "lifetime_budget": _campaign_lifetime,
    "special_ad_categories": lambda shown: [],
    "start_time": lambda shown: shown.at(shown.node.span.start, 0),
    "stop_time": _stop_time,
}

ADSET_FIELDS: dict[str, Told] = {
    **COMMON,
    "campaign_id": lambda shown: shown.above("campaign"),
    "campaign": lambda shown: {"id": shown.above("campaign")},
    "optimization_goal": lambda shown: shown.node.campaign.goal,
    "billing_event": lambda shown: "IMPRESSIONS",
    "daily_budget": _adset_daily,
    "lifetime_budget": lambda shown: None,
    "attribution_spec": lambda shown: [
        {"event_type": "CLICK_THROUGH", "window_days": 7},
        {"event_type": "VIEW_THROUGH", "window_days": 1},
    ],
    "start_time": lambda shown: shown.at(shown.node.span.start, 0),
    "end_time": _stop_time,
}

AD_FIELDS: dict[str, Told] = {
    **COMMON,
    "campaign_id": lambda shown: shown.above("campaign"),
    "campaign": lambda shown: {"id": shown.above("campaign")},
    "adset_id": lambda shown: shown.above("adset"),
    "adset": lambda shown: {"id": shown.above("adset")},
    "creative": lambda shown: {"id": "9" + shown.node.node_id[1:]},
}

# Meta's own names of the types, as its errors say them.
TYPES: dict[str, tuple[str, dict[str, Told]]] = {
    "campaign": ("AdCampaignGroup", CAMPAIGN_FIELDS),
    "adset": ("AdCampaign", ADSET_FIELDS),
    "ad": ("AdGroup", AD_FIELDS),
}


def _offset_hours(account: MetaAccount) -> float:
    """The zone's standard offset; Meta gives the current one, which only matters to people."""
    return (datetime(2026, 1, 1, tzinfo=account.zone).utcoffset() or timedelta()).total_seconds() / 3600


ACCOUNT_FIELDS: dict[str, Callable[[MetaAccount], Any]] = {
    "id": lambda account: f"act_{account.account_id}",
    "account_id": lambda account: account.account_id,
    "name": lambda account: account.name,
    "currency": lambda account: account.currency,
    "timezone_name": lambda account: account.time_zone,
    "timezone_offset_hours_utc": _offset_hours,
    "account_status": lambda account: ACCOUNT_STATUS_ACTIVE,
    "business": lambda account: {"id": account.business_id, "name": account.name},
    "created_time": lambda account: datetime(2020, 1, 1, 9, tzinfo=account.zone).strftime(
        "%Y-%m-%dT%H:%M:%S%z"
    ),
    "disable_reason": lambda account: 0,
}


def node_json(shown: Shown, fields: list[str]) -> dict[str, Any]:
    """The object with the asked fields; its id always, values that do not exist never."""
    kind, told = TYPES[shown.node.level]
    return _told(kind, told, shown, fields)


def account_json(account: MetaAccount, fields: list[str]) -> dict[str, Any]:
    """The ad account with the asked fields; its id always."""
    return _told("AdAccount", ACCOUNT_FIELDS, account, fields)


def _told(kind: str, told: Mapping[str, Callable[[Any], Any]], of: Any, fields: list[str]) -> dict[str, Any]:
    for field in fields:
        if field not in told:
            raise parameter(f"Tried accessing nonexisting field ({field}) on node type ({kind})")
    said = {field: told[field](of) for field in (*fields, "id")}
    return {field: value for field, value in said.items() if value is not None}
