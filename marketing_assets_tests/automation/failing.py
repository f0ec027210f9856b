"""What the retries of a test load: a job that fails for a cause that passes, and one that does not."""

import dagster as dg

from marketing_assets.retries import judge
from marketing_assets.watched import IN_PROCESS


def _failing(cause: str) -> dg.JobDefinition:
    @dg.op(name=f"{cause}_op")
    def fails(context: dg.OpExecutionContext) -> None:
        judge(context.instance, context.run_id, passes=cause == "passing")
        raise dg.Failure(cause)

    @dg.job(name=cause, executor_def=IN_PROCESS)
    def failing() -> None:
        fails()

    return failing


defs = dg.Definitions(jobs=[_failing("passing"), _failing("lasting")])
