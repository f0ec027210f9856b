"""European Central Bank: euro reference rates. Public; every tenant has it without a connection."""

from marketing_assets.platforms.ecb import resource, tables
from marketing_assets.platforms.platform import Platform, RawTable, Refresh

PLATFORM = Platform(
    name="ecb",
    title="European Central Bank",
    kind="reference",
    base_url=resource.BASE_URL,
    tables=(RawTable(tables.FX_RATES, Refresh.RESTATED, resource.fetch_rates, restatement_days=7),),
    connect=resource.connect,
    prove=resource.prove,
    implicit=True,
)
