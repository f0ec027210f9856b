"""Runs of a tenant's job that can be killed: the definitions are loaded once, each run is a fork.

Takes one JSON line a run on standard input; answers with the run's process id at once and with its exit code
(negative: the signal that ended it) at its end.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def run(order: dict[str, Any]) -> int:
    from marketing_assets.commands.materialize import run_job

    try:
        os.environ.update(order["env"])
        failures = run_job(order["tenant"], order["tags"], order["select"], lambda event: None)
    except BaseException:
        traceback.print_exc()
        return 2
    if failures:
        sys.stderr.write("\n".join(failures) + "\n")
    return 1 if failures else 0


def main() -> None:
    # Imported for the forks to come: this is what takes seconds.
    import marketing_assets.definitions  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = run(json.loads(line))
            sys.stderr.flush()
            os._exit(code)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
