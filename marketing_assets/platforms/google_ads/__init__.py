"""Google Ads: performance, campaigns, budgets, conversion actions and changes of one account."""

from marketing_assets.platforms.google_ads import changes, performance, resource, snapshots, tables
from marketing_assets.platforms.google_ads.authorize import authorize as authorize_account
from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.schema import Table

RESTATEMENT_DAYS = 30
"""How long conversions are credited back to the day of the click, by Google's default window."""

DELAY_DAYS = 1
"""Change events appear some minutes late, perhaps on the next day."""


def _performance(contract: Table, resource_name: str, totals_of: str = "") -> RawTable:
    fetch = performance.fetch_performance(contract, resource_name, totals_of or resource_name)
    return RawTable(contract, Refresh.RESTATED, fetch, RESTATEMENT_DAYS)


def _snapshot(contract: Table, resource_name: str) -> RawTable:
    return RawTable(contract, Refresh.SNAPSHOT, snapshots.fetch_snapshot(contract, resource_name))


PLATFORM = Platform(
    name=resource.NAME,
    title="Google Ads",
    kind="ads",
    base_url=resource.BASE_URL,
    tables=(
        _performance(tables.CAMPAIGN_PERFORMANCE, "campaign", "customer"),
        _performance(tables.AD_GROUP_PERFORMANCE, "ad_group"),
        _performance(tables.AD_PERFORMANCE, "ad_group_ad"),
        _performance(tables.KEYWORD_PERFORMANCE, "keyword_view"),
        _performance(tables.SEARCH_TERMS, "search_term_view"),
        _performance(tables.CAMPAIGN_HOURS, "campaign", "customer"),
        _snapshot(tables.CAMPAIGNS, "campaign"),
        _snapshot(tables.CAMPAIGN_BUDGETS, "campaign_budget"),
        _snapshot(tables.CONVERSION_ACTIONS, "conversion_action"),
        _snapshot(tables.ACCOUNTS, "customer"),
        RawTable(
            tables.CHANGES,
            Refresh.RESTATED,
            changes.fetch_changes,
            DELAY_DAYS,
            history_days=changes.HISTORY_DAYS,
        ),
    ),
    connect=resource.connect,
    prove=resource.prove,
    settings=resource.GoogleAdsSettings,
    secrets=resource.SECRETS,
    optional_secrets=resource.OPTIONAL_SECRETS,
    authorize=authorize_account,
)
