"""Does `look` or `deliver` in the house in the folder given, and is killed in the middle of it.

`look`: before the transaction is committed; `deliver`: after the channel took the message, before that is
noted.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from marketing_assets.alerts import outbox
from marketing_assets_tests.alerts.house import House

_put = outbox.put


def _put_and_die(*positional: Any, **named: Any) -> None:
    _put(*positional, **named)
    _die()


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    act, folder = sys.argv[1:]
    outbox.put = _put_and_die  # type: ignore[assignment]
    outbox.delivered = _die
    house = House(Path(folder), lasting=act == "look")
    house.look() if act == "look" else house.deliver()
