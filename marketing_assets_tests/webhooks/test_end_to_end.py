"""From an order at the shop, by its push over HTTP, inbox and sensor, to a mart that says what is true."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import httpx
import pytest

from marketing_assets.webhooks.inbox import INBOX, Inbox
from marketing_assets_tests.installation import FILLED, QUIET, WORLD_DAY, Installation
from marketing_assets_tests.webhooks.serving import serving

pytestmark = pytest.mark.xdist_group("installation")

CLIENT = httpx.Client(timeout=120)
DAY = FILLED.first
BANGKOK = ZoneInfo("Asia/Bangkok")


def orders_waiting(installation: Installation) -> list[str]:
    inbox = Inbox(installation.settings)
    with inbox.engine.connect() as connection:
        found = list(connection.scalars(INBOX.select().with_only_columns(INBOX.c.order_id)))
    inbox.close()
    return found


def await_(told: Callable[[], Any], seconds: float = 120) -> Any:
    end = time.monotonic() + seconds
    while not (found := told()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return found


def tick(
    installation: Installation,
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    name: str,
    cursor: Any,
) -> Any:
    sensor = definitions.resolve_sensor_def(name)
    with installation.entered():
        context = dg.build_sensor_context(instance, cursor, repository_def=definitions.get_repository_def())
        return sensor.evaluate_tick(context)


def revenue(installation: Installation, day: date) -> tuple[Any, Any]:
    """Of the shop on a day: as the mart says, and as the world says."""
    [row] = installation.warehouse().read("mart", "shop_performance").filter(day=day).to_dicts()
    query = {"tenant": "siam", "platform": "shopee", "from": f"{day}", "to": f"{day}"}
    truth = CLIENT.get(f"{installation.sandbox.control_url}/_world/truth", params=query).json()
    return float(row["revenue"]), float(truth[0]["revenue"])


def test_a_pushed_order_reaches_the_mart(installation: Installation, tmp_path: Path) -> None:
    control = f"{installation.sandbox.control_url}/_world"
    with serving(installation.settings, tmp_path / "log") as served:
        target = {"tenant": "siam", "platform": "shopee", "url": f"{served.url}/webhooks/siam/shopee"}
        CLIENT.put(f"{control}/pushes", json=[target]).raise_for_status()
        CLIENT.put(f"{control}/settings", json={"push_duplicates": 1.0}).raise_for_status()
        try:
            at = datetime.combine(DAY, datetime.min.time(), BANGKOK) + timedelta(minutes=30)
            wish = {"created": at.isoformat(), "lines": [{"list_price": 4321}]}
            order = CLIENT.post(f"{control}/orders/siam", json=wish).json()["order_sn"]
            await_(lambda: order in orders_waiting(installation))
            await_(lambda: CLIENT.get(f"{control}/pushes").json()["waiting"] == 0)
            told = CLIENT.get(f"{control}/pushes").json()
        finally:
            CLIENT.put(f"{control}/pushes", json=[])
            CLIENT.put(f"{control}/settings", json={"push_duplicates": 0.1})
    assert told["answered"] == 2 * told["changes"], "each was sent twice, as platforms may"
    assert len(orders_waiting(installation)) == told["changes"]
    before = revenue(installation, DAY)
    assert before[1] - before[0] == pytest.approx(4321)

    definitions = installation.definitions()
    with installation.entered(), dg.DagsterInstance.get() as instance:
        tick_ = tick(installation, definitions, instance, "siam_webhooks", None)
        days = {day for r in tick_.run_requests for day in r.tags["marketing/changed_days"].split(",")}
        assert f"{DAY}" in days
        assert days <= {f"{day}" for day in {DAY, WORLD_DAY}}, "the world's own last second may be told too"
        job = definitions.resolve_job_def("siam_refresh")
        for request in tick_.run_requests:
            done = job.execute_in_process(
                instance=instance,
                tags=dict(request.tags),
                asset_selection=list(request.asset_selection),
                run_config=QUIET,
                raise_on_error=False,
            )
            assert done.success
        assert revenue(installation, DAY) == pytest.approx((before[1], before[1]))
        later = tick(installation, definitions, instance, "siam_webhooks", tick_.cursor)
        assert (later.run_requests or [], orders_waiting(installation)) == ([], [])
