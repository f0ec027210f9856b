"""What lands from Meta Ads: table contracts.

Source: Meta Marketing API v26.0. Money is in the ad account's currency, major units, written as decimal
strings; budgets are whole minor units. Days are the ad account's days. Numbers arrive as strings.
"""

from __future__ import annotations

from marketing_assets.schema import Column, Table, Type, Wire

ACCOUNT_ID = Column("account_id", Type.STRING, "The ad account, without `act_`.", required=True)

_ACTION = (
    Column("action_type", Type.STRING, "What people did. Types overlap and are never summed."),
    Column("value", Type.NUMERIC, "Count or value by the account's own attribution setting."),
)

_INSIGHT = (
    ACCOUNT_ID,
    Column("account_name", Type.STRING, "The ad account's name."),
    Column("account_currency", Type.STRING, "ISO 4217 currency of the amounts.", required=True),
    Column("account_time_zone", Type.STRING, "Zone of the account's days.", source="_context.timezone_name"),
    Column("campaign_id", Type.STRING, "The campaign.", required=True),
    Column("campaign_name", Type.STRING, "The campaign's name."),
    Column("adset_id", Type.STRING, "The ad set.", required=True),
    Column("adset_name", Type.STRING, "The ad set's name."),
    Column("ad_id", Type.STRING, "The ad.", required=True),
    Column("ad_name", Type.STRING, "The ad's name."),
    Column("objective", Type.STRING, "The campaign's objective."),
    Column("date_start", Type.DATE, "The day, in the account's zone.", required=True, wire=Wire.ISO_DATE),
    Column("date_stop", Type.DATE, "Last day of the row; equals `date_start`.", wire=Wire.ISO_DATE),
    Column("impressions", Type.INT64, "Times ads were shown.", required=True),
    Column("reach", Type.INT64, "People who saw them; not additive."),
    Column("clicks", Type.INT64, "All clicks on the ads."),
    Column("inline_link_clicks", Type.INT64, "Clicks on links to the advertiser."),
    Column("spend", Type.NUMERIC, "Spend in the account's currency.", required=True),
    Column("actions", Type.RECORD, "Counts by action type.", fields=_ACTION, repeated=True),
    Column("action_values", Type.RECORD, "Values by action type.", fields=_ACTION, repeated=True),
)

_CONTROL = {
    "impressions": "impressions",
    "clicks": "clicks",
    "inline_link_clicks": "inline_link_clicks",
    "spend": "spend",
}
_INSIGHT_KEY = ("account_id", "ad_id", "date_start")
_WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view", "1d_ev")
_IGNORED = (
    "purchase_roas",
    *(f"{actions}.{window}" for actions in ("actions", "action_values") for window in _WINDOWS),
)

INSIGHTS = Table(
    name="meta_ads_insights",
    description="Performance by ad and day of the ad account, deleted and archived ads included.",
    columns=_INSIGHT,
    key=_INSIGHT_KEY,
    day_from="date_start",
    control=_CONTROL,
    ignored=_IGNORED,
)


def _breakdown(suffix: str, title: str, *dimensions: Column) -> Table:
    return Table(
        name=f"meta_ads_insights_{suffix}",
        description=f"Performance by ad, day and {title}.",
        columns=(*_INSIGHT, *dimensions),
        key=(*_INSIGHT_KEY, *(d.name for d in dimensions)),
        day_from="date_start",
        control=_CONTROL,
        ignored=_IGNORED,
    )


INSIGHTS_AGE_GENDER = _breakdown(
    "age_gender",
    "age and gender",
    Column("age", Type.STRING, "Age group.", required=True),
    Column("gender", Type.STRING, "Gender.", required=True),
)
INSIGHTS_PUBLISHER_PLATFORM = _breakdown(
    "publisher_platform",
    "publisher platform",
    Column("publisher_platform", Type.STRING, "facebook, instagram, …", required=True),
)
INSIGHTS_DEVICE = _breakdown(
    "device", "device", Column("device_platform", Type.STRING, "mobile, desktop, …", required=True)
)


def _time(name: str, description: str) -> Column:
    return Column(name, Type.TIMESTAMP, description, wire=Wire.ISO_TIMESTAMP)


_ENTITY = (
    ACCOUNT_ID,
    Column("id", Type.STRING, "The object.", required=True),
    Column("name", Type.STRING, "Its name."),
    Column("currency", Type.STRING, "The account's currency.", source="_context.currency"),
    Column("status", Type.STRING, "Status set by the advertiser: ACTIVE, PAUSED, ARCHIVED, DELETED."),
    Column("effective_status", Type.STRING, "Status with that of its parents applied."),
    _time("created_time", "When it was created."),
    _time("updated_time", "When it last changed."),
)
_BUDGET = (
    Column("daily_budget", Type.INT64, "Daily budget in minor units of the currency."),
    Column("lifetime_budget", Type.INT64, "Lifetime budget in minor units of the currency."),
    _time("start_time", "When delivery starts."),
)


def _entity(name: str, what: str, *columns: Column) -> Table:
    return Table(
        name=f"meta_ads_{name}",
        description=f"{what}, as of the fetch, deleted and archived included.",
        columns=(*_ENTITY, *columns),
        key=("account_id", "id"),
        day_from=None,
        version="updated_time",
        control={"rows": "rows"},
    )


CAMPAIGNS = _entity(
    "campaigns",
    "Campaigns with status and budgets",
    *_BUDGET,
    _time("stop_time", "When delivery stops."),
    Column("objective", Type.STRING, "The objective."),
    Column("buying_type", Type.STRING, "AUCTION or RESERVED."),
    Column("bid_strategy", Type.STRING, "How bids are made."),
)
ADSETS = _entity(
    "adsets",
    "Ad sets with status and budgets",
    *_BUDGET,
    _time("end_time", "When delivery stops."),
    Column("campaign_id", Type.STRING, "The campaign.", required=True),
    Column("optimization_goal", Type.STRING, "What delivery aims at."),
    Column("billing_event", Type.STRING, "What is paid for."),
)
ADS = _entity(
    "ads",
    "Ads with status",
    Column("campaign_id", Type.STRING, "The campaign.", required=True),
    Column("adset_id", Type.STRING, "The ad set.", required=True),
)

ACCOUNTS = Table(
    name="meta_ads_accounts",
    description="The ad account with currency and time zone, as of the fetch.",
    columns=(
        ACCOUNT_ID,
        Column("name", Type.STRING, "The account's name."),
        Column("currency", Type.STRING, "ISO 4217 currency of the account.", required=True),
        Column("timezone_name", Type.STRING, "IANA zone of the account's days.", required=True),
        Column("account_status", Type.INT64, "1 = active."),
    ),
    key=("account_id",),
    day_from=None,
    control={"rows": "rows"},
    ignored=("id",),
)
