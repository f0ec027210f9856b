"""A seller with two shops at a sandbox of its own, its sensors, and a Dagster in memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import dagster as dg

from marketing_assets.automation.planning import daily_mart
from marketing_assets.automation.schedules import refresh_job
from marketing_assets.ingest.assets import raw_asset_key, raw_assets
from marketing_assets.partitions import partitions_definition
from marketing_assets.platforms.catalog import PLATFORMS, connections
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.tenants import parse_tenant
from marketing_assets.webhooks.changed_orders import ask
from marketing_assets.webhooks.inbox import INBOX, Inbox, Message
from marketing_assets.webhooks.requesting import Followers
from marketing_assets.webhooks.sensors import change_sensors
from marketing_assets_tests.installation import UNTHROTTLED, Installation, build

SHOPS = {"shopee": "330022771", "shopify": "northwind-gifts"}


class Shopkeeper:
    """Northwind, with its raw tables and a mart in place of all that follows from them."""

    def __init__(self, folder: Path, as_of: datetime):
        self.sandbox = Sandbox(7, as_of, port=0)
        self.sandbox.world.settings.update(UNTHROTTLED)
        (folder / "parsed").mkdir(parents=True)
        self.installation: Installation = build(folder / "own", self.sandbox, folder / "parsed")
        tenant, problems = parse_tenant(self.installation.tenants / "northwind.yaml")
        assert tenant is not None, problems
        self.tenant = tenant
        platforms = [p for p in PLATFORMS.values() if connections(tenant, p)]
        days = partitions_definition(tenant.start_date, tenant.time_zone)
        raw = raw_assets(tenant, platforms, days)
        inputs = [
            raw_asset_key(tenant, name)
            for name in ("shopee_orders", "shopee_escrow", "shopify_orders", "ecb_fx_rates")
        ]

        @dg.asset(key=daily_mart(tenant), deps=inputs, partitions_def=days)
        def mart() -> None: ...

        job = refresh_job(tenant)
        self.sensors = {s.name: s for s in change_sensors(tenant, platforms, job, [*raw, mart])}
        self.followers = Followers(tenant, platforms, [*raw, mart])
        self.repository = dg.Definitions(
            assets=[*raw, mart],
            jobs=[job],
            sensors=list(self.sensors.values()),
            resources={"northwind_warehouse": dg.fs_io_manager},
        ).get_repository_def()
        self.forget_runs()

    def forget_runs(self) -> None:
        """A Dagster without runs, in which the mart was once filled."""
        self.instance = dg.DagsterInstance.ephemeral()
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(daily_mart(self.tenant), partition=f"{self.tenant.start_date}")
        )

    def inbox(self) -> Inbox:
        return Inbox(self.installation.settings)

    def put(self, platform: str, *orders: str, created: datetime | None = None, age: float = 0) -> None:
        """Messages about orders in the inbox, which came `age` seconds ago."""
        at = created.timestamp() if created else None
        inbox = self.inbox()
        inbox.put(
            [
                Message(
                    time.time_ns().to_bytes(8, "big") + order.encode(),
                    "northwind",
                    platform,
                    SHOPS[platform],
                    "orders/updated",
                    order,
                    at,
                    None,
                    time.time() - age,
                )
                for order in orders
            ]
        )
        inbox.close()

    def waiting(self) -> int:
        inbox = self.inbox()
        with inbox.engine.connect() as connection:
            found = len(connection.execute(INBOX.select()).all())
        inbox.close()
        return found

    def drain(self, cursor: str | None = None) -> dg.SensorResult:
        """What the sensor of the inbox gives."""
        return self._tick("northwind_webhooks", cursor)

    def ask(self, now: datetime, cursor: str | None = None) -> dg.SensorResult:
        """What the sensor of changed orders gives at an instant."""
        with self.installation.entered():
            return ask(self._context(cursor), self.followers, now)

    def _tick(self, name: str, cursor: str | None) -> dg.SensorResult:
        with self.installation.entered():
            found = self.sensors[name](self._context(cursor))
        assert isinstance(found, dg.SensorResult)
        return found

    def _context(self, cursor: str | None) -> dg.SensorEvaluationContext:
        return dg.build_sensor_context(self.instance, cursor, repository_def=self.repository)

    def run(self, request: dg.RunRequest, *events: dg.DagsterEventType, **tags: str) -> str:
        """The run that was asked for, not started, to which then these events happen; its id."""
        run = self.instance.add_run(
            dg.DagsterRun(
                "northwind_refresh",
                tags={**request.tags, **tags},
                asset_selection=frozenset(request.asset_selection or ()),
            )
        )
        self.happens(run.run_id, *events)
        return run.run_id

    def retry(self, request: dg.RunRequest, *steps: str) -> str:
        """A run of some steps in place of one that failed; its id."""
        run = self.instance.add_run(
            dg.DagsterRun(
                "northwind_refresh",
                tags=dict(request.tags),
                asset_selection=frozenset(request.asset_selection or ()),
                step_keys_to_execute=list(steps),
            )
        )
        return run.run_id

    def happens(self, run_id: str, *events: dg.DagsterEventType) -> None:
        for event in events:
            self.instance.report_dagster_event(dg.DagsterEvent(event.value, "northwind_refresh"), run_id)


STARTS = dg.DagsterEventType.RUN_START
SUCCEEDS = dg.DagsterEventType.RUN_SUCCESS
FAILS = dg.DagsterEventType.RUN_FAILURE


def days_of(result: dg.SensorResult) -> list[tuple[date, ...]]:
    """The days whose orders each request fetches."""
    return [
        tuple(date.fromisoformat(day) for day in request.tags["marketing/changed_days"].split(","))
        for request in result.run_requests or []
    ]


def assets_of(request: dg.RunRequest) -> set[str]:
    return {"/".join(key.path[1:]) for key in request.asset_selection or []}


def span(tags: Mapping[str, Any]) -> tuple[str, str]:
    return tags["dagster/asset_partition_range_start"], tags["dagster/asset_partition_range_end"]
