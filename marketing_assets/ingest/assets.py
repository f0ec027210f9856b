"""Raw tables as Dagster assets: one asset a tenant and table, daily partitions, blocking checks."""

from datetime import date
from typing import Any

import dagster as dg

from marketing_assets.ingest.dead_share import dead_letters
from marketing_assets.ingest.fetch_checks import of_fetch
from marketing_assets.ingest.key_ring import pseudonyms
from marketing_assets.ingest.landing import Landing, LandingError
from marketing_assets.ingest.raw_table import RawOutcome, materialize_raw
from marketing_assets.ingest.turn import turn
from marketing_assets.locks import LockTimeout
from marketing_assets.partitions import partition_words, range_of_keys
from marketing_assets.platforms.failures import Failure
from marketing_assets.platforms.http import PlatformError
from marketing_assets.platforms.platform import Platform, RawTable, Refresh
from marketing_assets.platforms.tokens import TokenStoreError
from marketing_assets.pools import platform_pool
from marketing_assets.retries import judge
from marketing_assets.rules import Rules, read_rules
from marketing_assets.secrets import MissingSecret
from marketing_assets.settings import Settings, load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import check_result
from marketing_assets.warehouse.errors import WarehouseBusy, WarehouseError
from marketing_assets.warehouse.io_manager import table_schema
from marketing_assets.warehouse.open import open_warehouse

CHANGED_DAYS_TAG = "marketing/changed_days"
"""Run tag: the only days whose records changed, comma separated; without it the whole range is fetched."""

MENDABLE = (PlatformError, MissingSecret, TokenStoreError, LockTimeout, LandingError, WarehouseError)
"""Errors whose message tells a person what to do; any other is a defect and keeps its traceback."""

PASSING = frozenset({Failure.THROTTLE_SHORT, Failure.THROTTLE_LONG, Failure.TRANSIENT})
"""Failures of a platform that pass by themselves."""

SHOWN_CALLS = 50

CHECKS: dict[str, tuple[bool, str]] = {
    "contract": (True, "Every key once, every required value present."),
    "completeness": (
        True,
        "What is stored adds up to what the platform itself counts; zero only if it says so.",
    ),
    "dead_letters": (False, "Next to no record of a day broke the table's contract."),
    "schema_drift": (False, "The platform sent no field that the contract does not know."),
}


def raw_asset_key(tenant: Tenant, table: str) -> dg.AssetKey:
    return dg.AssetKey([tenant.id, "raw", table])


def raw_asset(
    tenant: Tenant, platform: Platform, table: RawTable, partitions: dg.PartitionsDefinition
) -> dg.AssetsDefinition:
    """The asset of one raw table of one tenant."""
    key = raw_asset_key(tenant, table.name)
    contract = table.contract

    @dg.asset(
        key=key,
        description=f"{contract.description}\n\nSource: {platform.title}. Refreshed: {table.refresh.value}. "
        f"{partition_words(tenant.time_zone)}",
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=platform_pool(tenant.id, platform.name),
        io_manager_key=f"{tenant.id}_warehouse",
        group_name=f"{tenant.id}_raw",
        owners=tenant.owners or None,
        kinds={"python", platform.name.split("_")[0], load_settings().warehouse},
        tags={"tenant": tenant.id, "layer": "raw", "platform": platform.name},
        metadata={
            "dagster/column_schema": table_schema(contract.all_columns),
            "dagster/table_name": f"{tenant.id}.raw.{table.name}",
            "restatement_days": table.restatement_days,
            "key": ", ".join(contract.key),
        },
        check_specs=[
            dg.AssetCheckSpec(name, asset=key, blocking=blocking, description=text)
            for name, (blocking, text) in CHECKS.items()
        ],
    )
    def materialize(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        days = range_of_keys(context.partition_keys)
        settings = load_settings()
        landing = Landing(settings.landing)
        try:
            with turn(settings, tenant.id, table.name):
                outcome = materialize_raw(
                    open_warehouse(settings, tenant.id),
                    landing,
                    tenant,
                    platform,
                    table,
                    days,
                    pseudonyms(tenant, settings, landing),
                    changed=changed_days(context),
                )
        except MENDABLE as error:
            where = f"{tenant.id}/{platform.name}/{table.name}, days {days}"
            passes = is_worth_retrying(error)
            judge(context.instance, context.run.run_id, passes)
            raise dg.Failure(
                f"{where}: {error}",
                metadata=failure_metadata(tenant, platform, error),
                allow_retries=passes,
            ) from error
        return dg.MaterializeResult(
            metadata=metadata_of(outcome, settings),
            check_results=check_results(key, outcome, read_rules(settings.tenants_dir, tenant.id).rules),
        )

    return materialize


def is_worth_retrying(error: Exception) -> bool:
    """Whether the cause passes by itself, so that the same run can succeed a little later."""
    if isinstance(error, PlatformError):
        return error.failure in PASSING
    return isinstance(error, LockTimeout | WarehouseBusy)


def failure_metadata(tenant: Tenant, platform: Platform, error: Exception) -> dict[str, str]:
    """What programs read of a failure: its class, the remedy, and the connection where all of it fails."""
    if isinstance(error, PlatformError):
        found = {"failure": error.failure.value, "remedy": error.remedy}
        if error.failure is not Failure.REDUCE:
            found["connection"] = error.connection
        return {name: value for name, value in found.items() if value}
    if isinstance(error, MissingSecret | TokenStoreError):
        _, _, remedy = str(error).partition("Remedy: ")
        connection = f"{tenant.id}/{platform.name}/"
        return {
            "failure": Failure.AUTH_DEAD.value,
            "remedy": remedy or str(error),
            "connection": connection,
        }
    return {"failure": type(error).__name__}


def changed_days(context: dg.AssetExecutionContext) -> list[date] | None:
    tag = context.run.tags.get(CHANGED_DAYS_TAG)
    return None if tag is None else [date.fromisoformat(d) for d in tag.split(",") if d]


def metadata_of(outcome: RawOutcome, settings: Settings) -> dict[str, Any]:
    """What a materialisation shows: rows, calls, landed files, drift, dead letters."""
    if outcome.loaded is None:
        return {"skipped": outcome.skipped}
    calls: dict[str, float] = {}
    for manifest in outcome.manifests:
        for name, value in manifest.calls.items():
            before = calls.get(name, 0)
            calls[name] = max(before, value) if name == "quota_used" else before + value
    requests = [p.request for m in outcome.manifests for p in m.pages][:SHOWN_CALLS]
    return {
        "dagster/row_count": outcome.loaded.total,
        "days": len(outcome.loaded.days),
        "duplicates_dropped": outcome.loaded.duplicates,
        "dead_letters": outcome.loaded.dead.total(),
        "schema_drift": dg.MetadataValue.json(dict(outcome.drift)),
        "api": dg.MetadataValue.json({k: round(v, 3) for k, v in calls.items()}),
        # The long ones last: the UI shows them in this order, all of them open.
        "rows_by_day": dg.MetadataValue.json({str(d): n for d, n in sorted(outcome.loaded.rows.items())}),
        "landed": dg.MetadataValue.md(_landed(outcome, settings)),
        "api_calls": dg.MetadataValue.json(requests),
    }


def _landed(outcome: RawOutcome, settings: Settings) -> str:
    files = [(f.path, f.records, f.bytes) for m in outcome.manifests for f in m.files]
    lines = [f"| {path} | {records} | {size} |" for path, records, size in files[:SHOWN_CALLS]]
    return "\n".join(
        [f"Below `{settings.landing}`", "", "| file | records | bytes |", "|---|---|---|", *lines]
    )


def check_results(key: dg.AssetKey, outcome: RawOutcome, rules: Rules) -> list[dg.AssetCheckResult]:
    """The outcome as results of the asset's checks."""
    rows, dead = (outcome.loaded.rows, outcome.loaded.dead) if outcome.loaded else ({}, {})
    found = of_fetch(outcome) | {"dead_letters": dead_letters(rows, dead, rules.dead_letters)}
    return [check_result(key, name, found[name]) for name in CHECKS]


def raw_assets(
    tenant: Tenant, platforms: list[Platform], partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The raw assets of a tenant: every table of every platform it is connected to."""
    return [raw_asset(tenant, p, t, partitions) for p in platforms for t in p.tables]


def tables_refreshed(platforms: list[Platform], refresh: Refresh) -> list[tuple[Platform, RawTable]]:
    return [(p, t) for p in platforms for t in p.tables if t.refresh is refresh]
