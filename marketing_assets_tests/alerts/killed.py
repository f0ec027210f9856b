"""Looks at the runs of the house in the folder given, and is killed before the transaction is committed."""

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
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    outbox.put = _put_and_die  # type: ignore[assignment]
    House(Path(sys.argv[1]), lasting=True).look()
