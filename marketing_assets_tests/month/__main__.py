"""`python -m marketing_assets_tests.month`: live through the month, print its account; 1 on any deviation.

`DAYS` (30), `FIRST` (1: the month's day to begin with), `TENANTS` (siam,northwind), `HISTORY` (60 days
before).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from marketing_assets_tests.month.plan import HISTORY_DAYS, MONTH_DAYS, SCHEDULES, month


def main() -> int:
    tenants = os.environ.get("TENANTS", ",".join(SCHEDULES)).split(",")
    if len(tenants) == 1:
        return _live(tenants[0])
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="month_") as folder:
        running = {}
        for tenant in tenants:
            out = (Path(folder) / f"{tenant}.txt").open("w+")
            command = [sys.executable, "-m", "marketing_assets_tests.month"]
            env = {**os.environ, "TENANTS": tenant}
            running[tenant] = subprocess.Popen(command, env=env, stdout=out), out
        codes = []
        for process, out in running.values():
            codes.append(process.wait())
            out.seek(0)
            print(out.read(), flush=True)
    verdict = "as planned" if not any(codes) else "NOT as planned"
    print(f"{', '.join(tenants)}: {verdict}, {time.monotonic() - began:.0f} s")
    return int(any(codes))


def _live(tenant: str) -> int:
    from marketing_assets_tests.month.account import account
    from marketing_assets_tests.month.life import live

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    days = month(int(os.environ.get("DAYS", MONTH_DAYS)), int(os.environ.get("FIRST", "1")))
    history = int(os.environ.get("HISTORY", HISTORY_DAYS))
    with tempfile.TemporaryDirectory(prefix=f"month_{tenant}_") as folder:
        lived = live(tenant, days, history, Path(folder), tell)
    print(account(lived), flush=True)
    return int(bool(lived.deviations))


if __name__ == "__main__":
    sys.exit(main())
