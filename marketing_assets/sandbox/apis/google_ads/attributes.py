"""What Google tells of each object, as of a day: fields by their names in queries, values as they are on the
wire.

Whole numbers of 64 bits are texts, money is in millionths, and what is not set is left out.
"""

from datetime import date
from typing import Any

from marketing_assets.sandbox.accounts import GoogleAccount
from marketing_assets.sandbox.search_advertising.changes import Change, amount_of
from marketing_assets.sandbox.search_advertising.nodes import (
    REMOVED,
    Ad,
    AdGroup,
    Campaign,
    Keyword,
    campaigns,
)

Fields = dict[str, Any]

MICROS_PER_HUNDREDTH = 10_000
_AD_GROUP_TYPES = {"SEARCH": "SEARCH_STANDARD", "SHOPPING": "SHOPPING_PRODUCT_ADS"}
_CONVERSION_ACTIONS = (
    (
        "7001",
        "Purchase",
        "ENABLED",
        "PURCHASE",
        True,
        "MANY_PER_CLICK",
        "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN",
    ),
    ("7002", "Add to cart", "ENABLED", "ADD_TO_CART", False, "MANY_PER_CLICK", "GOOGLE_ADS_LAST_CLICK"),
    ("7003", "Newsletter", "REMOVED", "SUBSCRIBE_PAID", False, "ONE_PER_CLICK", "GOOGLE_ADS_LAST_CLICK"),
)


def micros(hundredths: int) -> str:
    return str(hundredths * MICROS_PER_HUNDREDTH)


class Attributes:
    """Of one account; resource names begin with it."""

    def __init__(self, seed: int, tenant: str, account: GoogleAccount, day: date) -> None:
        self.seed, self.tenant, self.account, self.day = seed, tenant, account, day
        self.root = f"customers/{account.customer_id}"
        self._campaigns: dict[str, Fields] = {}

    def customer(self) -> Fields:
        account = self.account
        return {
            "customer.resource_name": self.root,
            "customer.id": account.customer_id,
            "customer.descriptive_name": account.name,
            "customer.currency_code": account.currency,
            "customer.time_zone": account.time_zone,
            "customer.status": "ENABLED",
            "customer.manager": False,
            "customer.test_account": False,
            "customer.auto_tagging_enabled": True,
        }

    def campaign(self, campaign: Campaign) -> Fields:
        known = self._campaigns.get(campaign.campaign_id)
        if known is None:
            known = self._campaigns[campaign.campaign_id] = self._campaign(campaign)
        return known

    def _campaign(self, campaign: Campaign) -> Fields:
        plan, status = campaign.plan, campaign.status(self.day)
        budget = f"{self.root}/campaignBudgets/{campaign.budget_id}"
        found: Fields = {
            **self.customer(),
            "campaign.resource_name": f"{self.root}/campaigns/{campaign.campaign_id}",
            "campaign.id": campaign.campaign_id,
            "campaign.name": campaign.name,
            "campaign.status": status,
            "campaign.serving_status": "SERVING" if status == "ENABLED" else "NONE",
            "campaign.advertising_channel_type": plan.channel,
            "campaign.bidding_strategy_type": plan.bidding,
            "campaign.campaign_budget": budget,
            **self.budget(campaign),
        }
        if plan.target_cpa is not None:
            found["campaign.maximize_conversions.target_cpa_micros"] = micros(round(plan.target_cpa * 100))
        if plan.target_roas is not None:
            found["campaign.maximize_conversion_value.target_roas"] = plan.target_roas
        return found

    def budget(self, campaign: Campaign) -> Fields:
        """The budget it spends from; one that nobody else spends from goes with its campaign."""
        sharing = [c for c in campaigns(self.tenant, self.day) if c.budget_id == campaign.budget_id]
        gone = all(c.status(self.day) == REMOVED for c in sharing)
        return {
            "campaign_budget.resource_name": f"{self.root}/campaignBudgets/{campaign.budget_id}",
            "campaign_budget.id": campaign.budget_id,
            "campaign_budget.name": campaign.plan.budget or campaign.name,
            "campaign_budget.status": REMOVED if gone else "ENABLED",
            "campaign_budget.period": "DAILY",
            "campaign_budget.amount_micros": micros(amount_of(self.seed, self.tenant, campaign, self.day)),
            "campaign_budget.delivery_method": "STANDARD",
            "campaign_budget.explicitly_shared": bool(campaign.plan.budget),
            "campaign_budget.reference_count": str(len(sharing)),
        }

    def ad_group(self, group: AdGroup) -> Fields:
        return {
            **self.campaign(group.campaign),
            "ad_group.resource_name": f"{self.root}/adGroups/{group.ad_group_id}",
            "ad_group.id": group.ad_group_id,
            "ad_group.name": group.plan.name,
            "ad_group.status": group.status(self.day),
            "ad_group.type": _AD_GROUP_TYPES[group.campaign.plan.channel],
            "ad_group.campaign": f"{self.root}/campaigns/{group.campaign.campaign_id}",
        }

    def ad(self, ad: Ad) -> Fields:
        group = ad.ad_group
        name = {"ad_group_ad.ad.name": ad.plan.name} if ad.plan.name else {}
        return {
            **self.ad_group(group),
            "ad_group_ad.resource_name": f"{self.root}/adGroupAds/{group.ad_group_id}~{ad.ad_id}",
            "ad_group_ad.ad.resource_name": f"{self.root}/ads/{ad.ad_id}",
            "ad_group_ad.ad.id": ad.ad_id,
            **name,
            "ad_group_ad.ad.type": ad.plan.kind,
            "ad_group_ad.status": ad.status(self.day),
            "ad_group_ad.ad_group": f"{self.root}/adGroups/{group.ad_group_id}",
        }

    def keyword(self, keyword: Keyword) -> Fields:
        place = f"{keyword.ad_group.ad_group_id}~{keyword.criterion_id}"
        return {
            **self.ad_group(keyword.ad_group),
            "keyword_view.resource_name": f"{self.root}/keywordViews/{place}",
            "ad_group_criterion.resource_name": f"{self.root}/adGroupCriteria/{place}",
            "ad_group_criterion.criterion_id": keyword.criterion_id,
            "ad_group_criterion.status": keyword.status(self.day),
            "ad_group_criterion.keyword.text": keyword.plan.text,
            "ad_group_criterion.keyword.match_type": keyword.plan.match,
        }

    def search_term(self, group: AdGroup, term: str) -> Fields:
        known = any(keyword.text == term for keyword in group.plan.keywords)
        place = f"{group.campaign.campaign_id}~{group.ad_group_id}~{term.encode().hex()}"
        return {
            **self.ad_group(group),
            "search_term_view.resource_name": f"{self.root}/searchTermViews/{place}",
            "search_term_view.search_term": term,
            "search_term_view.status": "ADDED" if known else "NONE",
            "search_term_view.ad_group": f"{self.root}/adGroups/{group.ad_group_id}",
        }

    def conversion_actions(self) -> list[Fields]:
        return [
            {
                **self.customer(),
                "conversion_action.resource_name": f"{self.root}/conversionActions/{number}",
                "conversion_action.id": number,
                "conversion_action.name": name,
                "conversion_action.status": status,
                "conversion_action.type": "WEBPAGE",
                "conversion_action.category": category,
                "conversion_action.counting_type": counting,
                "conversion_action.primary_for_goal": counted,
                "conversion_action.include_in_conversions_metric": counted,
                "conversion_action.attribution_model_settings.attribution_model": model,
                "conversion_action.click_through_lookback_window_days": "30",
                "conversion_action.view_through_lookback_window_days": "1",
            }
            for number, name, status, category, counted, counting, model in _CONVERSION_ACTIONS
        ]

    def change(self, change: Change) -> Fields:
        campaign, at = change.campaign, f"{change.at:%Y-%m-%d %H:%M:%S.%f}"
        kinds = {"campaign": "CAMPAIGN", "campaignBudget": "CAMPAIGN_BUDGET"}
        places = {"campaign": f"campaigns/{campaign.campaign_id}"}
        place = places.get(change.resource, f"campaignBudgets/{campaign.budget_id}")
        stamp = f"{change.at:%Y%m%d%H%M%S%f}"
        return {
            **self.customer(),
            "change_event.resource_name": f"{self.root}/changeEvents/{stamp}~{campaign.index}~0",
            "change_event.change_date_time": at,
            "change_event.change_resource_type": kinds[change.resource],
            "change_event.change_resource_name": f"{self.root}/{place}",
            "change_event.resource_change_operation": change.operation,
            "change_event.changed_fields": ",".join(sorted(change.after)),
            "change_event.client_type": "GOOGLE_ADS_WEB_CLIENT",
            "change_event.user_email": self.account.user,
            "change_event.campaign": f"{self.root}/campaigns/{campaign.campaign_id}",
            "change_event.old_resource": {change.resource: change.before} if change.before else {},
            "change_event.new_resource": {change.resource: change.after},
        }
