"""What lands from Google Ads: table contracts.

Source: Google Ads API v26, REST. Money arrives as whole millionths of the account's currency (`costMicros`)
and is typed in its major units; whole numbers of 64 bits arrive as text, enumerations by name. Days are the
account's days. A column's `source` is the field's path in the answer, from which the query's name of it
follows.
"""

from __future__ import annotations

from marketing_assets.platforms.google_ads.fields import resource_names
from marketing_assets.schema import Column, Pii, Table, Type, Wire


def _text(name: str, source: str, description: str, required: bool = False) -> Column:
    return Column(name, Type.STRING, description, required=required, source=source)


def _micros(name: str, source: str, description: str, required: bool = False) -> Column:
    return Column(name, Type.NUMERIC, description, required=required, source=source, wire=Wire.MICROS)


def _count(name: str, source: str, description: str, required: bool = False) -> Column:
    return Column(name, Type.INT64, description, required=required, source=source)


def _number(name: str, source: str, description: str, required: bool = False) -> Column:
    return Column(name, Type.NUMERIC, description, required=required, source=source)


def _flag(name: str, source: str, description: str) -> Column:
    return Column(name, Type.BOOL, description, source=source)


ACCOUNT_ID = _text("account_id", "customer.id", "The account (customer id, digits only).", required=True)
CURRENCY = _text("currency_code", "customer.currencyCode", "ISO 4217 currency of the amounts.", required=True)
TIME_ZONE = _text("time_zone", "customer.timeZone", "IANA zone of the account's days.", required=True)
ACCOUNT_NAME = _text("account_name", "customer.descriptiveName", "The account's name.")

_ACCOUNT = (ACCOUNT_ID, ACCOUNT_NAME, CURRENCY, TIME_ZONE)
_CAMPAIGN = (
    _text("campaign_id", "campaign.id", "The campaign.", required=True),
    _text("campaign_name", "campaign.name", "The campaign's name."),
    _text("campaign_status", "campaign.status", "ENABLED, PAUSED or REMOVED, as of the fetch."),
    _text(
        "advertising_channel_type",
        "campaign.advertisingChannelType",
        "Kind of campaign: SEARCH, SHOPPING, PERFORMANCE_MAX, …",
    ),
    _text("bidding_strategy_type", "campaign.biddingStrategyType", "How bids are made."),
)
_AD_GROUP = (
    _text("ad_group_id", "adGroup.id", "The ad group.", required=True),
    _text("ad_group_name", "adGroup.name", "The ad group's name."),
    _text("ad_group_status", "adGroup.status", "ENABLED, PAUSED or REMOVED, as of the fetch."),
)
_DATE = Column(
    "date",
    Type.DATE,
    "The day, in the account's zone.",
    required=True,
    source="segments.date",
    wire=Wire.ISO_DATE,
)
_DEVICE = _text("device", "segments.device", "MOBILE, DESKTOP, TABLET, CONNECTED_TV, OTHER.", required=True)

_IMPRESSIONS = _count("impressions", "metrics.impressions", "Times ads were shown.", required=True)
_CLICKS = _count("clicks", "metrics.clicks", "Clicks on the ads.", required=True)
_COST = _micros("cost", "metrics.costMicros", "Spend in the account's currency.", required=True)
_CONVERSIONS = _number(
    "conversions",
    "metrics.conversions",
    "Conversions of the actions that bidding counts, credited to the day of the click; may be a fraction.",
    required=True,
)
_VALUE = _number(
    "conversions_value",
    "metrics.conversionsValue",
    "Their value, in the account's currency.",
    required=True,
)
_BASIC = (_IMPRESSIONS, _CLICKS, _COST, _CONVERSIONS, _VALUE)
_METRICS = (
    *_BASIC,
    _count("interactions", "metrics.interactions", "What people mainly do with the ad: click, watch."),
    _number("all_conversions", "metrics.allConversions", "Conversions of every action."),
    _number("all_conversions_value", "metrics.allConversionsValue", "Their value."),
    _count("view_through_conversions", "metrics.viewThroughConversions", "After a view without a click."),
)

_CONTROL = {column.name: column.name for column in _BASIC}


def _performance(
    name: str, what: str, key: tuple[str, ...], *columns: Column, ignored: tuple[str, ...] = ()
) -> Table:
    return Table(
        name=f"google_ads_{name}",
        description=f"Performance by {what} and day of the account, removed ones included.",
        columns=(*_ACCOUNT, *columns),
        key=("account_id", *key, "date"),
        day_from="date",
        control=_CONTROL,
        ignored=(*resource_names(columns), *ignored),
    )


CAMPAIGN_PERFORMANCE = _performance(
    "campaign_performance",
    "campaign (Performance Max included), device",
    ("campaign_id", "device"),
    *_CAMPAIGN,
    _DATE,
    _DEVICE,
    *_METRICS,
)
CAMPAIGN_HOURS = _performance(
    "campaign_hours",
    "campaign, hour",
    ("campaign_id", "hour"),
    *_CAMPAIGN[:2],
    _DATE,
    _count("hour", "segments.hour", "Hour of the day, 0 to 23, in the account's zone.", required=True),
    *_BASIC,
)
AD_GROUP_PERFORMANCE = _performance(
    "ad_group_performance",
    "ad group, device",
    ("ad_group_id", "device"),
    *_CAMPAIGN,
    *_AD_GROUP,
    _DATE,
    _DEVICE,
    *_METRICS,
)
AD_PERFORMANCE = _performance(
    "ad_performance",
    "ad, device",
    # One ad can stand in several ad groups.
    ("ad_group_id", "ad_id", "device"),
    *_CAMPAIGN,
    *_AD_GROUP,
    _text("ad_id", "adGroupAd.ad.id", "The ad.", required=True),
    _text("ad_name", "adGroupAd.ad.name", "The ad's name; often empty."),
    _text("ad_type", "adGroupAd.ad.type", "Kind of ad."),
    _text("ad_status", "adGroupAd.status", "ENABLED, PAUSED or REMOVED, as of the fetch."),
    _DATE,
    _DEVICE,
    *_METRICS,
)
KEYWORD_PERFORMANCE = _performance(
    "keyword_performance",
    "keyword, device",
    ("ad_group_id", "criterion_id", "device"),
    *_CAMPAIGN[:3],
    *_AD_GROUP,
    _text("criterion_id", "adGroupCriterion.criterionId", "The keyword within its ad group.", required=True),
    _text("keyword", "adGroupCriterion.keyword.text", "The keyword."),
    _text("match_type", "adGroupCriterion.keyword.matchType", "EXACT, PHRASE or BROAD."),
    _text("keyword_status", "adGroupCriterion.status", "ENABLED, PAUSED or REMOVED, as of the fetch."),
    _DATE,
    _DEVICE,
    *_METRICS,
    ignored=("keywordView.resourceName",),
)
SEARCH_TERMS = _performance(
    "search_terms",
    "search term, device",
    ("ad_group_id", "search_term", "device"),
    *_CAMPAIGN[:3],
    *_AD_GROUP,
    _text("search_term", "searchTermView.searchTerm", "What people searched for.", required=True),
    _text("search_term_status", "searchTermView.status", "Whether it is a keyword by now: ADDED, NONE, …"),
    _DATE,
    _DEVICE,
    *_BASIC,
)


def _snapshot(name: str, what: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table(
        name=f"google_ads_{name}",
        description=f"{what}, as of the fetch.",
        columns=columns,
        key=("account_id", *key),
        day_from=None,
        control={"rows": "rows"},
        ignored=resource_names(columns),
    )


CAMPAIGNS = _snapshot(
    "campaigns",
    "Campaigns with settings, status and budget, removed ones included",
    ("campaign_id",),
    ACCOUNT_ID,
    CURRENCY,
    *_CAMPAIGN,
    _text("advertising_channel_sub_type", "campaign.advertisingChannelSubType", "Kind in more detail."),
    _text("serving_status", "campaign.servingStatus", "SERVING, ENDED, PENDING, SUSPENDED, NONE."),
    _text("bidding_strategy", "campaign.biddingStrategy", "The portfolio strategy, where it follows one."),
    _micros(
        "target_cpa", "campaign.maximizeConversions.targetCpaMicros", "Cost aimed at for one conversion."
    ),
    _number("target_roas", "campaign.maximizeConversionValue.targetRoas", "Value aimed at per unit of cost."),
    _text("budget_id", "campaignBudget.id", "The budget it spends from."),
    _micros("budget_amount", "campaignBudget.amountMicros", "That budget for an average day."),
)
CAMPAIGN_BUDGETS = _snapshot(
    "campaign_budgets",
    "Budgets, removed ones included",
    ("budget_id",),
    ACCOUNT_ID,
    CURRENCY,
    _text("budget_id", "campaignBudget.id", "The budget.", required=True),
    _text("budget_name", "campaignBudget.name", "The budget's name."),
    _text("budget_status", "campaignBudget.status", "ENABLED or REMOVED."),
    _text("period", "campaignBudget.period", "DAILY or CUSTOM_PERIOD."),
    _micros("amount", "campaignBudget.amountMicros", "Amount for an average day."),
    _micros("total_amount", "campaignBudget.totalAmountMicros", "Amount for the whole time."),
    _text("delivery_method", "campaignBudget.deliveryMethod", "STANDARD or ACCELERATED."),
    _flag("is_shared", "campaignBudget.explicitlyShared", "Whether several campaigns may spend from it."),
    _count("campaigns", "campaignBudget.referenceCount", "Campaigns that spend from it."),
)
CONVERSION_ACTIONS = _snapshot(
    "conversion_actions",
    "What counts as a conversion, and how it is credited",
    ("conversion_action_id",),
    ACCOUNT_ID,
    _text("conversion_action_id", "conversionAction.id", "The action.", required=True),
    _text("conversion_action_name", "conversionAction.name", "The action's name."),
    _text("conversion_action_status", "conversionAction.status", "ENABLED, HIDDEN or REMOVED."),
    _text("conversion_action_type", "conversionAction.type", "Where it is measured."),
    _text("category", "conversionAction.category", "PURCHASE, ADD_TO_CART, …"),
    _text("counting_type", "conversionAction.countingType", "ONE_PER_CLICK or MANY_PER_CLICK."),
    _flag("is_primary", "conversionAction.primaryForGoal", "Whether bidding counts it for its goal."),
    _flag(
        "is_in_conversions",
        "conversionAction.includeInConversionsMetric",
        "Whether `conversions` counts it; `all_conversions` always does.",
    ),
    _text(
        "attribution_model",
        "conversionAction.attributionModelSettings.attributionModel",
        "How credit is shared among clicks.",
    ),
    _count("click_days", "conversionAction.clickThroughLookbackWindowDays", "Days after a click that count."),
    _count("view_days", "conversionAction.viewThroughLookbackWindowDays", "Days after a view that count."),
)
ACCOUNTS = _snapshot(
    "accounts",
    "The account with currency and time zone",
    (),
    *_ACCOUNT,
    _text("status", "customer.status", "ENABLED, CANCELED, SUSPENDED, CLOSED."),
    _flag("is_manager", "customer.manager", "Whether it manages others."),
    _flag("is_test_account", "customer.testAccount", "Whether it is a test account."),
    _flag("auto_tagging", "customer.autoTaggingEnabled", "Whether clicks carry a gclid."),
)


def _state(when: str) -> tuple[Column, ...]:
    side = f"changeEvent.{when}Resource"
    return (
        _micros(f"{when}_budget", f"{side}.campaignBudget.amountMicros", f"Budget a day, {when}."),
        _text(f"{when}_campaign_status", f"{side}.campaign.status", f"Status of the campaign, {when}."),
        _text(f"{when}_ad_group_status", f"{side}.adGroup.status", f"Status of the ad group, {when}."),
        _text(
            f"{when}_bidding_strategy_type",
            f"{side}.campaign.biddingStrategyType",
            f"How the campaign's bids are made, {when}.",
        ),
    )


CHANGES = Table(
    name="google_ads_changes",
    description="Changes of budgets, statuses and settings, with the values before and after.",
    columns=(
        ACCOUNT_ID,
        CURRENCY,
        _text("change_id", "changeEvent.resourceName", "The change.", required=True),
        Column(
            "date",
            Type.DATE,
            "The day of the change, in the account's zone.",
            required=True,
            source="_context.date",
            wire=Wire.ISO_DATE,
        ),
        Column(
            "changed_at",
            Type.TIMESTAMP,
            "When it was changed.",
            required=True,
            source="_context.changed_at",
            wire=Wire.ISO_TIMESTAMP,
        ),
        _text("local_time", "changeEvent.changeDateTime", "The same on the account's clock, as sent."),
        _text("resource_type", "changeEvent.changeResourceType", "CAMPAIGN, CAMPAIGN_BUDGET, AD_GROUP, …"),
        _text("resource", "changeEvent.changeResourceName", "What was changed."),
        _text("operation", "changeEvent.resourceChangeOperation", "CREATE, UPDATE or REMOVE."),
        _text("changed_fields", "changeEvent.changedFields", "The fields that changed, comma separated."),
        _text("client_type", "changeEvent.clientType", "Where the change was made."),
        Column(
            "user_email",
            Type.STRING,
            "Who changed it.",
            pii=Pii.HASH,
            source="changeEvent.userEmail",
        ),
        _text("campaign", "changeEvent.campaign", "The campaign concerned, as a resource name."),
        *_state("old"),
        *_state("new"),
    ),
    key=("account_id", "change_id"),
    day_from="date",
    control={"rows": "rows"},
    # Everything else that changed stays in `raw_json`.
    ignored=("customer.resourceName", "changeEvent.oldResource", "changeEvent.newResource"),
)
