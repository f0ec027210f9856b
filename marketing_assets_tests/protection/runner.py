"""Acts that are killed: `act` in a fork of this process, with SIGKILL at a given touch of the file system.

Takes one JSON line an act on standard input: `act` (a function of this module), `folder` (the installation),
`at` (which touch kills it; 0 lets it end). Answers with the exit code, negative for the signal that ended it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect", "shutil.rmtree"}


def erase(folder: Path) -> None:
    from marketing_assets.protection.erase import erase as act
    from marketing_assets.protection.subjects import parsed
    from marketing_assets_tests.protection.people import ANNA, Small

    house = Small(folder)
    act(house.settings, house.tenant, parsed([f"email={ANNA.email}", f"id={ANNA.number}"]), "killed")


def rotate(folder: Path) -> None:
    from marketing_assets.protection.rotate import rotate as act
    from marketing_assets_tests.protection.people import Small

    house = Small(folder)
    act(house.settings, house.tenant, "killed")


def leave(folder: Path) -> None:
    from marketing_assets.protection.offboard import leave as act
    from marketing_assets_tests.protection.people import Small

    act(Small(folder).settings, "northwind", "killed")


ACTS = {act.__name__: act for act in (erase, rotate, leave)}


def run(order: dict[str, Any]) -> int:
    left = int(order["at"])
    home = order["folder"]

    def touched(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in TOUCHES and home in str(arguments[0]) and "/locks/" not in str(arguments[0]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(touched)
    try:
        ACTS[order["act"]](Path(home))
    except BaseException:
        traceback.print_exc()
        return 2
    return 0


def main() -> None:
    # Imported for the forks to come: this is what takes seconds.
    import marketing_assets_tests.protection.people  # noqa: F401

    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = run(json.loads(line))
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
