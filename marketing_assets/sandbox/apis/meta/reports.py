"""Asynchronous reports: a run is asked for, polled until it is done, and then read page by page."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from marketing_assets.sandbox.advertising.draws import digest
from marketing_assets.sandbox.advertising.reported import Advertising
from marketing_assets.sandbox.apis.meta import errors, table
from marketing_assets.sandbox.apis.meta.fields import Row
from marketing_assets.sandbox.apis.meta.query import Query
from marketing_assets.sandbox.settings import Settings

KEPT_RUNS = 500
EXPIRES_SECONDS = 30 * 86_400

# What successive polls see. A run can say 100 % while it is still running: only both together mean done.
STAGES = (
    ("Job Not Started", 0),
    ("Job Started", 0),
    ("Job Running", 55),
    ("Job Running", 100),
    ("Job Completed", 100),
)
FAULTS = {"job_failed": "Job Failed", "job_skipped": "Job Skipped"}


@dataclass
class Run:
    """One run. `ending` names a failure that was decided when it was asked for; times are Unix seconds."""

    run_id: str
    query: Query
    asked: int
    ending: str | None
    too_much: bool
    polls: int = 0
    rows: list[Row] | None = field(default=None, repr=False)

    def stage(self) -> tuple[str, int]:
        """Status and percent as of the last poll."""
        status, percent = STAGES[min(max(self.polls, 1), len(STAGES)) - 1]
        if status == "Job Completed" and self.ending is not None:
            return self.ending, 0
        return status, percent


class Runs:
    """The runs asked for since the start; the oldest are forgotten."""

    def __init__(self, ads_world: Advertising, settings: Settings) -> None:
        self.ads_world = ads_world
        self.settings = settings
        self._runs: OrderedDict[str, Run] = OrderedDict()

    def ask(self, query: Query, now: float, fault: str | None) -> Run:
        """A new run. One that would be too large is accepted, and fails."""
        too_much = table.size(self.ads_world, query) > self.settings.meta_async_rows
        ending = FAULTS["job_failed"] if too_much else FAULTS.get(fault or "")
        number = digest(self.ads_world.world.seed, "run", now, len(self._runs), query.tenant) % 10**12
        run = Run(f"6{number:014d}", query, int(now), ending, too_much)
        self._runs[run.run_id] = run
        while len(self._runs) > KEPT_RUNS:
            self._runs.popitem(last=False)
        return run

    def find(self, run_id: str, tenant: str) -> Run | None:
        """The tenant's run of that id."""
        run = self._runs.get(run_id)
        return run if run is not None and run.query.tenant == tenant else None

    def poll(self, run: Run, now: float) -> dict[str, Any]:
        """The run's state, one stage further; completed runs keep the rows of that moment."""
        run.polls += 1
        status, percent = run.stage()
        if now - run.asked > EXPIRES_SECONDS:
            status, percent, run.rows, run.ending = "Job Skipped", 0, None, "Job Skipped"
        if status == "Job Completed" and run.rows is None:
            run.rows = table.rows(self.ads_world, run.query)
        return self._told(run, status, percent, now)

    def _told(self, run: Run, status: str, percent: int, now: float) -> dict[str, Any]:
        state = {
            "id": run.run_id,
            "account_id": self.ads_world.account(run.query.tenant).account_id,
            "time_ref": run.asked,
            "async_status": status,
            "async_percent_completion": percent,
            "is_running": status in ("Job Not Started", "Job Started", "Job Running"),
            "date_start": run.query.since.isoformat(),
            "date_stop": run.query.until.isoformat(),
        }
        if status == "Job Completed":
            state["time_completed"] = int(now)
        if status == "Job Failed":
            error = errors.TOO_MUCH_DATA if run.too_much else errors.unavailable(500)
            told = {"error_code": error.code, "error_message": error.message, "error_subcode": error.subcode}
            state.update({key: value for key, value in told.items() if value is not None})
        return state

    def rows(self, run: Run) -> list[Row]:
        """The finished rows; GraphError before the run was seen to be complete, or when it failed."""
        if run.rows is None:
            raise errors.RUN_NOT_READY
        return run.rows
