"""The checks of a tenant in Dagster: one step for each group of assets that stand or fall together.

A step opens the warehouse once and reads each table once, in the run's own process. Its checks can be run one
by one. A rule that the tenant switched off says nothing.
"""

# Dagster reads the annotations of checks, so they are not left as text.
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date

import dagster as dg

from marketing_assets.automation.checks.marts import BY_TABLE, MartCheck
from marketing_assets.automation.checks.raw import RAW_CHECKS, RawCheck
from marketing_assets.automation.checks.reading import Reading
from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG, raw_asset_key
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.ingest.landing import Landing
from marketing_assets.partitions import ONE_DAY, DayRange, local_day
from marketing_assets.platforms.platform import Platform, RawTable
from marketing_assets.rules import Rule, read_rules
from marketing_assets.settings import Settings, load_settings
from marketing_assets.tenants import Tenant
from marketing_assets.verdicts import Finding, Verdict, check_result, passed, verdict
from marketing_assets.warehouse.open import open_warehouse

Judge = Callable[[Reading], Verdict]
_PARTITION = "dagster/partition"
SWITCHED_OFF = "switched off in alerts.yaml"


def tenant_checks(
    tenant: Tenant,
    platforms: Sequence[Platform],
    models: Sequence[dg.AssetsDefinition],
    settings: Settings,
) -> list[dg.AssetChecksDefinition]:
    """The checks over raw tables, a step a platform, and those over models, a step a domain."""
    return [*_of_platforms(tenant, platforms), *_of_models(tenant, models, settings)]


def _of_platforms(tenant: Tenant, platforms: Sequence[Platform]) -> Iterator[dg.AssetChecksDefinition]:
    for platform in platforms:
        judges: dict[dg.AssetCheckKey, Judge] = {}
        specs = []
        for table in platform.tables:
            for check in RAW_CHECKS:
                if check.concerns(platform, table):
                    key = raw_asset_key(tenant, table.name)
                    specs.append(dg.AssetCheckSpec(check.name, asset=key, description=check.description))
                    judges[specs[-1].key] = _bound(check, platform, table)
        if specs:
            yield _step(tenant, f"{tenant.id}_checks_{platform.name}", specs, judges)


def _bound(check: RawCheck, platform: Platform, table: RawTable) -> Judge:
    def judge(reading: Reading) -> Verdict:
        rule = getattr(reading.rules, check.rule)
        return check.judge(reading, platform, table) if rule.enabled else passed(SWITCHED_OFF)

    return judge


def _of_models(
    tenant: Tenant, models: Sequence[dg.AssetsDefinition], settings: Settings
) -> Iterator[dg.AssetChecksDefinition]:
    for definition in models:
        specs: list[dg.AssetCheckSpec] = []
        judges: dict[dg.AssetCheckKey, Judge] = {}
        for key in sorted(definition.keys):
            for check in BY_TABLE.get((key.path[-2], key.path[-1]), ()):
                if check.only_on in (None, settings.warehouse):
                    specs.append(
                        dg.AssetCheckSpec(
                            check.name, asset=key, description=check.description, blocking=check.blocking
                        )
                    )
                    judges[specs[-1].key] = _with_rule(check)
        if specs:
            name = definition.op.name.replace("_transform_", "_checks_", 1)
            yield _step(tenant, name, specs, judges)


def _with_rule(check: MartCheck) -> Judge:
    """The check's judgement, once its table is there at all."""

    def judge(reading: Reading) -> Verdict:
        rule = getattr(reading.rules, check.rule) if check.rule else None
        if isinstance(rule, Rule) and not rule.enabled:
            return passed(SWITCHED_OFF)
        if check.every_day and (missing := _missing_days(reading, check)):
            return missing
        return check.judge(reading)

    return judge


def _missing_days(reading: Reading, check: MartCheck) -> Verdict | None:
    """Failed where the table lacks days that the run should have written."""
    relation = reading.warehouse.relation(check.layer, check.table)
    sql = f"select day from {relation} where day between $first and $last group by day"
    known = {row["day"] for row in reading.rows(sql, first=reading.days.first, last=reading.days.last)}
    missing = [d for d in reading.days if d not in known]
    if not missing:
        return None
    text = (
        f"{check.layer}.{check.table} has no row of {len(missing)} of the run's days, the first {missing[0]}"
    )
    return verdict(
        [Finding(text, None, missing[0])],
        f"{reading.days}",
        severity=dg.AssetCheckSeverity.ERROR,
        likely_cause="the model was not run for these days, or lost them.",
        next_step="materialise the table again for these days.",
    )


def _step(
    tenant: Tenant,
    name: str,
    specs: Sequence[dg.AssetCheckSpec],
    judges: Mapping[dg.AssetCheckKey, Judge],
) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(name=name, specs=specs, can_subset=True)
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        settings = load_settings()
        read = read_rules(settings.tenants_dir, tenant.id)
        reading = Reading(
            tenant=tenant,
            rules=read.rules,
            mistakes=read.mistakes,
            warehouse=open_warehouse(settings, tenant.id),
            landing=Landing(settings.landing),
            now=now_utc(),
            days=_days(context.run.tags, tenant),
            fetched=_fetched(context.run.tags),
            written=_written(context.run.asset_selection),
        )
        results = []
        with reading.warehouse.held():
            for key in sorted(context.selected_asset_check_keys, key=lambda k: k.to_user_string()):
                of = judges[key](reading)
                results.append(check_result(key.asset_key, key.name, of))
        # A blocking check that fails ends the step, so it comes last.
        yield from sorted(results, key=lambda r: not r.passed and r.severity is dg.AssetCheckSeverity.ERROR)

    return check


def _days(tags: Mapping[str, str], tenant: Tenant) -> DayRange:
    """The days of the run; of one without any (checks alone), yesterday and today."""
    first, last = (tags.get(name, tags.get(_PARTITION)) for name in (RANGE_START, RANGE_END))
    if first and last:
        return DayRange(date.fromisoformat(first), date.fromisoformat(last))
    today = local_day(now_utc(), tenant.zone)
    return DayRange(max(today - ONE_DAY, tenant.start_date), today)


def _written(selection: Collection[dg.AssetKey] | None) -> frozenset[tuple[str, str]] | None:
    """Layer and table of the assets of a run; None where it is over all, or over checks alone."""
    return frozenset((key.path[-2], key.path[-1]) for key in selection) if selection else None


def _fetched(tags: Mapping[str, str]) -> frozenset[date] | None:
    changed = tags.get(CHANGED_DAYS_TAG)
    return None if changed is None else frozenset(date.fromisoformat(d) for d in changed.split(",") if d)
