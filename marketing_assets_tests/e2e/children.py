"""What runs in processes of its own, because it limits or measures the whole process."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from typing import Any

SPAWN = multiprocessing.get_context("spawn")


def heard_from(target: Callable[..., None], *arguments: Any) -> Any:
    """What a function tells through the pipe that it gets as its last argument, from a process of its own."""
    heard, tell = SPAWN.Pipe(duplex=False)
    child = SPAWN.Process(target=target, args=(*arguments, tell))
    child.start()
    tell.close()
    try:
        return heard.recv()
    finally:
        child.join()


@dataclass(frozen=True)
class Told:
    """What a run in another process came to: failures and failed checks in words, and the memory it took."""

    failures: list[str]
    failed_checks: list[str]
    mebibytes: float


def run_asset(
    env: Mapping[str, str], asset: str, first: date, last: date, largest: int | None, tell: Connection
) -> None:
    """Materialise one raw asset; where `largest` is given, no file may grow beyond so many bytes."""
    os.environ.update(env)
    import dagster as dg

    from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
    from marketing_assets.definitions import defs
    from marketing_assets_tests.installation import QUIET

    job = defs.resolve_job_def(f"{asset.split('/', maxsplit=1)[0]}_refresh")
    with dg.DagsterInstance.ephemeral() as instance:
        before = _peak()
        if largest is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        result = job.execute_in_process(
            instance=instance,
            tags={RANGE_START: f"{first}", RANGE_END: f"{last}"},
            asset_selection=[dg.AssetKey(asset.split("/"))],
            run_config=QUIET,
            raise_on_error=False,
        )
        failed = [event.step_failure_data for event in result.all_events if event.is_step_failure]
        checks = [e.description or "" for e in result.get_asset_check_evaluations() if not e.passed]
    words = [
        str((data.user_failure_data and data.user_failure_data.description) or data.error) for data in failed
    ]
    tell.send(Told(words, checks, _peak() - before))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
