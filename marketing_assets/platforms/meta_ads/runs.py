"""Asynchronous insights reports: started, polled until they are complete, never read before.

A run's failure is no HTTP failure. `Job Failed` is tried once more, unless it names the amount of data, and
then counts as too much, so that the caller asks for less; `Job Skipped` means that the run expired and is
started again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import chain, repeat

import msgspec

from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.meta_ads.dialect import REDUCE, REDUCE_WORDS
from marketing_assets.platforms.reading import read

COMPLETED, FAILED, SKIPPED = "Job Completed", "Job Failed", "Job Skipped"
STARTS = 4
FAILURES = 2
"""A report is started at most 4 times and may fail once."""

DEADLINE_SECONDS = 1800.0
_INTERVALS = (0.1, 0.2, 0.3, 0.4, 1, 2, 5, 10)
_LONGEST_INTERVAL = 15.0
"""Seconds from one poll's start to the next one's; a slow answer is a pause already."""


class _Started(msgspec.Struct):
    report_run_id: str


class _Run(msgspec.Struct):
    async_status: str
    async_percent_completion: int = 0
    error_code: int | None = None
    error_subcode: int | None = None
    error_message: str | None = None
    error_user_msg: str | None = None

    @property
    def complete(self) -> bool:
        return self.async_status == COMPLETED and self.async_percent_completion >= 100

    @property
    def over(self) -> bool:
        return self.complete or self.async_status in {FAILED, SKIPPED}

    @property
    def too_much(self) -> bool:
        return (self.error_code, self.error_subcode) == REDUCE or REDUCE_WORDS in (
            self.error_message or ""
        ).lower()


def completed_run(client: MetaClient, params: Mapping[str, str]) -> str:
    """The id of a complete run of these parameters; raises class REDUCE where Meta does not get it done."""
    call = Call("POST", client.path(client.node, "insights"), params)
    starts = failures = 0
    while True:
        starts += 1
        run_id = read(client.transport, call, _Started).report_run_id
        run = _wait(client, run_id)
        if run.complete:
            return run_id
        failures += run.async_status == FAILED
        if run.too_much or not run.over or failures == FAILURES or starts == STARTS:
            break
    raise PlatformError(
        Failure.REDUCE,
        connection=client.transport.connection,
        method="POST",
        path=call.path,
        code=run.async_status,
        message=run.error_user_msg or run.error_message or f"at {run.async_percent_completion} %",
        tries=starts,
    )


def _wait(client: MetaClient, run_id: str) -> _Run:
    """A run's last state: over, or still unfinished at the deadline."""
    call = Call("GET", client.path(run_id))
    started = time.monotonic()
    for interval in chain(_INTERVALS, repeat(_LONGEST_INTERVAL)):
        asked = time.monotonic()
        run = read(client.transport, call, _Run)
        now = time.monotonic()
        if run.over or now - started > DEADLINE_SECONDS:
            return run
        client.rest(max(0.0, interval - (now - asked)))
    raise AssertionError("the intervals never end")
