"""What a code location holds: tenants × platforms × models."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from marketing_assets.alerts.jobs import digest_job, digest_schedule, history_job
from marketing_assets.alerts.sensors import alert_sensors
from marketing_assets.automation.checks.assets import tenant_checks
from marketing_assets.automation.checks.freshness import (
    expectations,
    freshness_checks,
    freshness_job,
    freshness_sensor,
)
from marketing_assets.automation.cost_files import cost_file_sensor
from marketing_assets.automation.dead_runs import dead_runs_sensor
from marketing_assets.automation.executor import executor
from marketing_assets.automation.following import automation_sensor
from marketing_assets.automation.health import health_assets
from marketing_assets.automation.history import history_sensor
from marketing_assets.automation.schedules import refresh_job, schedules
from marketing_assets.automation.selections import selections
from marketing_assets.automation.tenant_files import tenants_sensor
from marketing_assets.ingest.assets import raw_assets
from marketing_assets.intelligence.assets.layer import intelligence_assets, intelligence_checks
from marketing_assets.partitions import partitions_definition
from marketing_assets.platforms.catalog import PLATFORMS, check, connections
from marketing_assets.protection.schedule import retention_job, retention_schedule
from marketing_assets.settings import Settings
from marketing_assets.tenants import Problem, Tenant, read_tenants
from marketing_assets.transform.assets import transform_assets
from marketing_assets.warehouse.io_manager import WarehouseIOManager
from marketing_assets.webhooks.sensors import change_sensors

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

# Single-run backfills are beta in name; the version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)


def build_definitions(settings: Settings) -> dg.Definitions:
    """The definitions of every tenant this location serves.

    A tenant file with mistakes takes down its own tenant only: it shows as one asset that lists them.
    """
    tenants, problems = usable_tenants(settings)
    parts = [_broken_file(name, found) for name, found in problems.items()]
    parts.append(dg.Definitions(sensors=[tenants_sensor(settings), dead_runs_sensor(settings)]))
    return dg.Definitions.merge(*parts, *(tenant_definitions(t, settings) for t in tenants))


def usable_tenants(settings: Settings) -> tuple[list[Tenant], dict[str, list[Problem]]]:
    """Tenants without mistakes that this location serves, and the mistakes of the others by file."""
    read, found = read_tenants(settings.tenants_dir)
    served = {name.strip() for name in settings.tenants.split(",")} - {""}
    mistakes = [*found, *(m for t in read for m in check(t, f"{t.id}.yaml"))]
    problems: dict[str, list[Problem]] = {}
    for problem in mistakes:
        problems.setdefault(problem.file, []).append(problem)
    usable = [t for t in read if f"{t.id}.yaml" not in problems]
    if served:
        # The files of tenants that other locations serve are none of this one's business.
        known = {Path(file).stem for file in problems} | {t.id for t in usable}
        problems = {file: ps for file, ps in problems.items() if Path(file).stem in served}
        problems |= {f"{name}.yaml": [_unknown(name, settings)] for name in sorted(served - known)}
        usable = [t for t in usable if t.id in served]
    return usable, problems


def tenant_definitions(tenant: Tenant, settings: Settings) -> dg.Definitions:
    """Assets, checks, job, schedule and sensor of one tenant. Nothing in them reaches another tenant."""
    partitions = partitions_definition(tenant.start_date, tenant.time_zone)
    platforms = [p for p in PLATFORMS.values() if connections(tenant, p)]
    raw = raw_assets(tenant, platforms, partitions)
    models = transform_assets(tenant, partitions, settings)
    said = intelligence_assets(tenant, partitions, settings)
    assets = [*raw, *models, *said, *health_assets(tenant, partitions)]
    expected = expectations(tenant, platforms, models)
    fresh = freshness_checks(tenant, expected)
    fresh_job = freshness_job(tenant, fresh)
    # With every check that goes along with a run over chosen assets: not those that stay apart.
    checked = [*assets, *tenant_checks(tenant, platforms, models, settings), *intelligence_checks(tenant)]
    job, chosen = refresh_job(tenant, apart=[fresh]), selections(tenant, platforms, checked)
    expiry, digest, alerts = retention_job(tenant), digest_job(tenant, assets), history_job(tenant)
    jobs: list[dg.JobDefinition | UnresolvedAssetJobDefinition] = [job, fresh_job, expiry, digest, alerts]
    return dg.Definitions(
        assets=assets,
        asset_checks=[*checked[len(assets) :], fresh],
        jobs=jobs,
        schedules=[
            *schedules(tenant, platforms, job, chosen),
            retention_schedule(tenant, expiry),
            digest_schedule(tenant, digest),
        ],
        sensors=[
            automation_sensor(tenant),
            cost_file_sensor(tenant, platforms, job, checked),
            *change_sensors(tenant, platforms, job, checked),
            *history_sensor(tenant, platforms, job, chosen),
            freshness_sensor(tenant, expected, fresh_job),
            *alert_sensors(tenant, jobs, alerts, assets),
        ],
        resources={f"{tenant.id}_warehouse": WarehouseIOManager(tenant_id=tenant.id)},
        executor=executor(settings),
    )


def _unknown(name: str, settings: Settings) -> Problem:
    remedy = f"MARKETING_TENANTS names '{name}', of which {settings.tenants_dir} has no file; mend either"
    return Problem(f"{name}.yaml", "(file)", remedy)


def _broken_file(file: str, problems: list[Problem]) -> dg.Definitions:
    text = "\n".join(f"- `{p.field}`: {p.message}" for p in problems)
    spec = dg.AssetSpec(
        dg.AssetKey(
            ["tenants_not_loaded", file.removesuffix(".yaml").removesuffix(".yml").replace(".", "_")]
        ),
        description=f"{file} cannot be used; its tenant is not loaded until it is mended:\n\n{text}",
        group_name="tenants_not_loaded",
        kinds={"yaml"},
    )
    return dg.Definitions(assets=[spec])
