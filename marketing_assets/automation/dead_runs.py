"""The sensor of runs whose process died: they would hold their tenant's pools for ever."""

from __future__ import annotations

import dagster as dg

from marketing_assets.orphans import end_orphans
from marketing_assets.settings import Settings

SECONDS = 30


def dead_runs_sensor(settings: Settings) -> dg.SensorDefinition:
    """`dead_runs`, one for each code location; what it ends is started again by Dagster's run retries."""

    @dg.sensor(
        name="dead_runs",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs as failed whose process on this machine is gone, so that others may start.",
    )
    def dead_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        ended = end_orphans(context.instance, settings)
        return dg.SkipReason(f"ended {', '.join(ended)}" if ended else "every started run has its process")

    return dead_runs
