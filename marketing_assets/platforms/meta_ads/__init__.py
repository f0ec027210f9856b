"""Meta Ads: performance, campaigns, ad sets and ads of one ad account."""

from marketing_assets.platforms.meta_ads import entities, insights, resource, tables
from marketing_assets.platforms.meta_ads.authorize import authorize as authorize_account
from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.schema import Table

RESTATEMENT_DAYS = 28
"""How long conversions are credited back to the day of the click."""


def _insights(contract: Table, *breakdowns: str) -> RawTable:
    fetch = insights.fetch_insights(contract, breakdowns)
    return RawTable(contract, Refresh.RESTATED, fetch, RESTATEMENT_DAYS)


def _edge(contract: Table, edge: str) -> RawTable:
    return RawTable(contract, Refresh.SNAPSHOT, entities.fetch_edge(contract, edge))


PLATFORM = Platform(
    name=resource.NAME,
    title="Meta Ads",
    kind="ads",
    base_url=resource.BASE_URL,
    tables=(
        _insights(tables.INSIGHTS),
        _insights(tables.INSIGHTS_AGE_GENDER, "age", "gender"),
        _insights(tables.INSIGHTS_PUBLISHER_PLATFORM, "publisher_platform"),
        _insights(tables.INSIGHTS_DEVICE, "device_platform"),
        _edge(tables.CAMPAIGNS, "campaigns"),
        _edge(tables.ADSETS, "adsets"),
        _edge(tables.ADS, "ads"),
        RawTable(tables.ACCOUNTS, Refresh.SNAPSHOT, entities.fetch_account),
    ),
    connect=resource.connect,
    prove=resource.prove,
    settings=resource.MetaSettings,
    optional_secrets=resource.OPTIONAL_SECRETS,
    authorize=authorize_account,
)
