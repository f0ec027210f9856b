"""Definitions as plain data: everything that a rename or a slip would change for those who use them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg

KIND_TAG = "dagster/kind/"
FILE = Path(__file__).with_name("definitions.json")


def described(definitions: dg.Definitions) -> dict[str, Any]:
    """Asset keys with group, kinds and partitions; checks; jobs; schedules; sensors. In a stable order."""
    graph = definitions.resolve_asset_graph()
    assets = {key.to_user_string(): _asset(graph.get(key)) for key in sorted(graph.get_all_asset_keys())}
    checks = {
        key.to_user_string(): "blocking" if graph.get_check_spec(key).blocking else "informing"
        for key in sorted(graph.asset_check_keys)
    }
    repository = definitions.get_repository_def()
    jobs = sorted(j.name for j in repository.get_all_jobs() if not j.name.startswith("__"))
    schedules = {
        s.name: {"cron": s.cron_schedule, "time_zone": s.execution_timezone, "job": s.job_name}
        for s in repository.schedule_defs
    }
    sensors = {s.name: s.job_name if s.targets else None for s in repository.sensor_defs}
    return {
        "assets": assets,
        "checks": checks,
        "jobs": jobs,
        "schedules": dict(sorted(schedules.items())),
        "sensors": dict(sorted(sensors.items())),
    }


def _asset(node: Any) -> str:
    kinds = sorted(name.removeprefix(KIND_TAG) for name in node.tags if name.startswith(KIND_TAG))
    return f"{node.group_name} | {' '.join(kinds)} | {partitions_of(node.partitions_def)}"


def partitions_of(definition: dg.PartitionsDefinition[Any] | None) -> str | None:
    if definition is None:
        return None
    assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
    start = f"{definition.start:%Y-%m-%d}"
    return f"{definition.cron_schedule} {definition.timezone} from {start}, offset {definition.end_offset}"


def as_text(described: dict[str, Any]) -> str:
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"
