"""`python -m benchmarks.order_to_mart`: how long an order takes to the mart, with the real daemon.

A tenant of three days, the real daemon, code server and receiver, a sandbox that follows the clock. Measured
in seconds of wall clock until the mart says what the world says: an order that the shop pushes; one that only
the sensor of changed orders can see; and one during which daemon and receiver are killed and started again.
Apart from `python -m benchmarks`, since it takes some minutes that are mostly waiting.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import httpx

from benchmarks.report import Line, show
from marketing_assets.partitions import ONE_DAY, local_day
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets_tests.daemon.services import Dagster
from marketing_assets_tests.installation import SEED, Installation, build
from marketing_assets_tests.webhooks.serving import Served, serving

AIM_SECONDS = 300
PATIENCE_SECONDS = 900


class Shop:
    """The shop of siam at the sandbox, and what the mart says of it."""

    def __init__(self, installation: Installation, day: date):
        self.installation, self.day = installation, day
        self.control = f"{installation.sandbox.control_url}/_world"

    def push_to(self, served: Served) -> None:
        target = {"tenant": "siam", "platform": "shopee", "url": f"{served.url}/webhooks/siam/shopee"}
        httpx.put(f"{self.control}/pushes", json=[target]).raise_for_status()

    def push_nowhere(self) -> None:
        httpx.put(f"{self.control}/pushes", json=[]).raise_for_status()

    def sell(self) -> None:
        created = datetime.combine(self.day, datetime.min.time(), UTC) + timedelta(hours=5)
        wish = {"created": created.isoformat(), "lines": [{"list_price": 1234}]}
        httpx.post(f"{self.control}/orders/siam", json=wish).raise_for_status()

    def is_told(self) -> bool:
        """Whether the mart's revenue of the day is the world's."""
        query = {"tenant": "siam", "platform": "shopee", "from": f"{self.day}", "to": f"{self.day}"}
        [truth] = httpx.get(f"{self.control}/truth", params=query).json()
        try:
            mart = self.installation.warehouse().read("mart", "shop_performance")
        except WarehouseError:
            return False  # a run writes
        [row] = mart.filter(day=self.day).to_dicts()
        return f"{row['revenue']:.2f}" == f"{float(truth['revenue']):.2f}"

    def seconds_until_told(self) -> float:
        start = time.monotonic()
        while not self.is_told():
            if time.monotonic() - start > PATIENCE_SECONDS:
                raise SystemExit("the mart does not follow")
            time.sleep(2)
        return time.monotonic() - start


def main() -> None:
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="order-to-mart-") as folder,
        Sandbox(SEED, None, port=0) as sandbox,
    ):
        lines = measure(Path(folder), sandbox)
    show(lines, time.perf_counter() - start)


def measure(folder: Path, sandbox: Sandbox) -> list[Line]:
    today = local_day(datetime.now(UTC), sandbox.world.accounts["siam"].zone)
    parsed = folder / "parsed"
    parsed.mkdir()
    made = build(folder / "own", sandbox, parsed, start_date=f"{today - 2 * ONE_DAY}")
    dagster = Dagster(made, "siam")
    made = Installation(made.home, made.tenants, sandbox, {"DAGSTER_HOME": dagster.env["DAGSTER_HOME"]})
    days = ["--from", f"{today - 2 * ONE_DAY}", "--to", f"{today}"]
    filled = made.marketing("materialize", "siam", *days, seconds=PATIENCE_SECONDS)
    assert filled.returncode == 0, filled.stderr
    shop, log = Shop(made, today - 2 * ONE_DAY), folder / "log"
    lines = []
    with ExitStack() as stack:
        served = stack.enter_context(serving(made.settings, log))
        stack.enter_context(dagster)
        dagster.daemon.start()
        _await_ticks(made)
        shop.push_to(served)
        shop.sell()
        lines.append(_line("an order that is pushed, to the mart", shop.seconds_until_told()))
        shop.push_nowhere()
        shop.sell()
        lines.append(_line("an order that is not pushed, to the mart", shop.seconds_until_told()))
        shop.push_to(served)
        shop.sell()
        time.sleep(random.uniform(0, 40))
        for service in (dagster.daemon, dagster.code):
            service.kill()
        served.process.kill()
        stack.enter_context(serving(made.settings, log))
        for service in (dagster.code, dagster.daemon):
            service.start()
        what = "an order before daemon and receiver are killed, to the mart once they are back"
        lines.append(_line(what, shop.seconds_until_told()))
    with made.entered(), dg.DagsterInstance.get() as instance:
        asked = [r for r in instance.get_runs() if "marketing/asked_at" in r.tags]
    runs = [r for r in asked if r.parent_run_id is None]  # what was killed is tried again under its key
    keys = [run.tags["dagster/run_key"] for run in runs]
    lines.append(
        Line("runs that the sensors asked for", f"{len(keys)}", "each once", len(keys) == len(set(keys)))
    )
    return lines


def _await_ticks(installation: Installation) -> None:
    """Until the daemon has evaluated both sensors once."""
    end = time.monotonic() + PATIENCE_SECONDS
    names = {"siam_webhooks", "siam_changed_orders"}
    with installation.entered(), dg.DagsterInstance.get() as instance:
        while True:
            states = instance.all_instigator_state()
            ticked = {
                s.name for s in states if instance.get_ticks(s.instigator_origin_id, s.selector_id, limit=1)
            }
            if names <= ticked:
                return
            assert time.monotonic() < end, "the daemon evaluates no sensors"
            time.sleep(1)


def _line(what: str, seconds: float) -> Line:
    print(f"{what}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return Line(what, f"{seconds:.0f} s", f"< {AIM_SECONDS} s", seconds < AIM_SECONDS)


if __name__ == "__main__":
    main()
