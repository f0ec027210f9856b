"""A run over chosen assets takes their checks along, but for those that have a job of their own."""

from __future__ import annotations

import dagster as dg

from marketing_assets.automation.checks.along import Along
from marketing_assets.automation.schedules import refresh_job
from marketing_assets.tenants import Tenant
from marketing_assets_tests.installation import shipped

ORDERS = dg.AssetKey(["siam", "raw", "orders"])


@dg.asset(key=ORDERS, check_specs=[dg.AssetCheckSpec("contract", asset=ORDERS)])
def orders() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="contract", passed=True)])


@dg.asset_check(asset=ORDERS, name="volume")
def volume() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.multi_asset_check(name="freshness", specs=[dg.AssetCheckSpec("fresh", asset=ORDERS)])
def apart() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True, asset_key=ORDERS, check_name="fresh")


def test_a_check_that_stays_apart_does_not_go_along() -> None:
    tenant = Tenant.model_validate(shipped("siam"))
    defs = dg.Definitions(
        assets=[orders], asset_checks=[volume, apart], jobs=[refresh_job(tenant, apart=[apart])]
    )
    job = defs.resolve_job_def("siam_refresh")

    def checks(of: dg.JobDefinition) -> set[str]:
        return {key.name for key in of.asset_layer.asset_graph.asset_check_keys}

    assert checks(job) == {"contract", "volume"}
    assert "freshness" in {n.name for n in job.get_subset(asset_selection={ORDERS}).nodes}, (
        "Dagster's own way"
    )
    along = Along([orders, volume]).on([ORDERS])
    assert along is not None
    chosen = job.get_subset(asset_selection={ORDERS}, asset_check_selection=set(along))
    assert "freshness" not in {node.name for node in chosen.nodes}
    assert {key.name for key in along} == {"contract", "volume"}
    with dg.DagsterInstance.ephemeral() as instance:
        done = chosen.execute_in_process(instance=instance)
    assert {e.check_name for e in done.get_asset_check_evaluations()} == {"contract", "volume"}
    assert Along().on([ORDERS]) is None
