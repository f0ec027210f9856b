"""The dbt project as Dagster assets: staging and marts of one tenant, dbt's tests as their checks."""

import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from marketing_assets.ingest.key_ring import unfinished_rotation
from marketing_assets.intelligence.ml_tables import ANOMALIES
from marketing_assets.partitions import DayRange, local_day
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.platforms.platform import Refresh
from marketing_assets.pools import warehouse_pool
from marketing_assets.retries import judge
from marketing_assets.settings import Settings, load_settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import Tenant
from marketing_assets.transform.costs import WAREHOUSE_COSTS, cost_rows
from marketing_assets.transform.domains import domains
from marketing_assets.transform.expired import expired
from marketing_assets.transform.manifest import prepare_manifest
from marketing_assets.transform.results import check_results, failure, materializations
from marketing_assets.transform.runner import build
from marketing_assets.transform.translator import ANOMALIES_SOURCE, TenantTranslator
from marketing_assets.transform.vars import days_for_run, dbt_vars
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import Warehouse

UNIQUE_ID = "dagster_dbt/unique_id"
"""Metadata of assets and checks in which dagster-dbt keeps the node they stand for."""

KEPT_RUNS = 100

Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def transform_assets(
    tenant: Tenant, partitions_def: dg.PartitionsDefinition, settings: Settings
) -> list[dg.AssetsDefinition]:
    """Staging and marts of a tenant, computed from its raw tables; one definition a domain."""
    manifest = prepare_manifest(settings).manifest
    translator = TenantTranslator(tenant)
    return [
        _domain_assets(tenant, partitions_def, manifest, translator, domain, names)
        for domain, names in domains(manifest, tenant).items()
    ]


def _domain_assets(
    tenant: Tenant,
    partitions_def: dg.PartitionsDefinition,
    manifest: Mapping[str, Any],
    translator: TenantTranslator,
    domain: str,
    names: list[str],
) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=manifest,
        select=" ".join(names),
        dagster_dbt_translator=translator,
        name=f"{tenant.id}_transform_{domain}",
        partitions_def=partitions_def,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=warehouse_pool(tenant.id),
    )
    def transform(context: dg.AssetExecutionContext) -> Iterator[Event]:
        days = sorted(date.fromisoformat(key) for key in context.partition_keys)
        yield from run_models(context, tenant, load_settings(), days)

    return transform


def run_models(
    context: dg.AssetExecutionContext, tenant: Tenant, settings: Settings, partitions: list[date]
) -> Iterator[Event]:
    """Run the selected models and checks for the given days and say what became of each."""
    if settled := unfinished_rotation(settings, tenant.id):
        judge(context.instance, context.run.run_id, passes=False)
        raise dg.Failure(
            f"{tenant.id}, days {partitions[0]}..{partitions[-1]}: {settled}", allow_retries=False
        )
    project = prepare_manifest(settings)
    nodes = project.manifest["nodes"]
    keys = _selected_assets(context)
    checks = _selected_checks(context)
    days = days_for_run(partitions, today=local_day(datetime.now(UTC), tenant.zone))
    warehouse = open_warehouse(settings, tenant.id)
    if lost := list(expired(warehouse, tenant, project.manifest, keys, days.days, days.today)):
        judge(context.instance, context.run.run_id, passes=False)
        raise dg.Failure("\n".join(lost), allow_retries=False)
    ensure_snapshot_tables(tenant, settings, partitions[-1])
    if any(_reads_anomalies(project.manifest, unique_id) for unique_id in keys):
        ensure_anomalies_table(warehouse, partitions[-1])
    run = build(
        project,
        tenant.id,
        settings,
        select=[nodes[unique_id]["name"] for unique_id in (*keys, *checks)],
        variables=dbt_vars(tenant, settings, days),
        target_path=_runs_dir(settings) / context.run.run_id,
        log=context.log.info,
    )
    forget_old_runs(_runs_dir(settings))
    costs = cost_rows(run, tenant.id, context.run.run_id, datetime.now(UTC))
    if costs.height:
        warehouse.append_keyed("ops", WAREHOUSE_COSTS, costs)
    yield from materializations(run, keys, nodes, days)
    yield from check_results(run, checks, nodes)
    if problem := failure(run, keys.keys()):
        judge(context.instance, context.run.run_id, passes=False)
        raise dg.Failure(f"{tenant.id}, days {partitions[0]}..{partitions[-1]}: {problem}")


def _selected_assets(context: dg.AssetExecutionContext) -> dict[str, dg.AssetKey]:
    """The selected assets by dbt node."""
    metadata = context.assets_def.metadata_by_key
    return {metadata[key][UNIQUE_ID]: key for key in sorted(context.selected_asset_keys)}


def _selected_checks(context: dg.AssetExecutionContext) -> dict[str, dg.AssetCheckKey]:
    """The selected checks by dbt node."""
    specs = context.assets_def.check_specs
    selected = context.selected_asset_check_keys
    return {spec.metadata[UNIQUE_ID]: spec.key for spec in specs if spec.key in selected}


def _runs_dir(settings: Settings) -> Path:
    """Where dbt leaves the compiled SQL, a folder a run."""
    return (settings.home / "dbt" / "runs").absolute()


def forget_old_runs(runs: Path) -> None:
    """Remove the compiled SQL of all but the last runs; it can be had again from the project."""
    folders = sorted(runs.iterdir(), key=lambda p: p.stat().st_mtime) if runs.is_dir() else []
    for old in folders[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)


def _reads_anomalies(manifest: Mapping[str, Any], unique_id: str) -> bool:
    sources = (manifest["sources"].get(parent) for parent in manifest["parent_map"].get(unique_id, []))
    return any(source is not None and source["source_name"] == ANOMALIES_SOURCE for source in sources)


def ensure_anomalies_table(warehouse: Warehouse, day: date) -> None:
    """Create `ml.anomalies`, empty, where no run has judged a day yet, as refreshes come before the first."""
    if ANOMALIES.name not in warehouse.tables("ml"):
        warehouse.replace_days("ml", ANOMALIES, DayRange(day, day), [])


def ensure_snapshot_tables(tenant: Tenant, settings: Settings, day: date) -> None:
    """Create the raw snapshot tables that no fetch has written yet, empty.

    Snapshots are only written for the day they are taken, so a run over older days alone finds no table.
    """
    warehouse = open_warehouse(settings, tenant.id)
    existing = set(warehouse.tables("raw"))
    for platform in PLATFORMS.values():
        if not connections(tenant, platform):
            continue
        for table in platform.tables:
            if table.refresh is Refresh.SNAPSHOT and table.name not in existing:
                warehouse.replace_days("raw", TableSpec.from_table(table.contract), DayRange(day, day), [])
