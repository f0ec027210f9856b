"""Runs for changed orders: exactly the days they were created on, with what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

import dagster as dg

from marketing_assets.asset_tags import is_intelligence
from marketing_assets.automation.checks.along import Along
from marketing_assets.automation.cost_files import followers, needed_rates
from marketing_assets.automation.planning import daily_mart, filled_days
from marketing_assets.automation.refresh import PlannedRun
from marketing_assets.automation.schedules import run_tags
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.partitions import DayRange, group_consecutive, local_day
from marketing_assets.platforms.platform import Platform, Refresh
from marketing_assets.tenants import Tenant
from marketing_assets.webhooks.covering import ASKED_TAG

MOST_RUNS = 4
"""Runs of one request; days that lie closest share one, which still fetches the changed days alone."""


class Followers:
    """What has to be computed again of one tenant when orders of a platform changed."""

    def __init__(
        self, tenant: Tenant, platforms: Sequence[Platform], assets: Sequence[dg.AssetsDefinition]
    ) -> None:
        self.tenant, self.platforms = tenant, platforms
        self.job_name = f"{tenant.id}_refresh"
        # What is made of marts once a day does not follow every order.
        specs = [s for a in assets for s in a.specs if not is_intelligence(s)]
        self._along = Along(assets)
        parents = {s.key: {d.asset_key for d in s.deps} for s in specs}
        reference = {
            raw_asset_key(tenant, t.name) for p in platforms for t in p.tables if p.kind == "reference"
        }
        changed = {
            p.name: {raw_asset_key(tenant, t.name) for t in p.tables if t.refresh is Refresh.CHANGED}
            for p in platforms
            if p.changed_days
        }
        self._of = {name: frozenset(followers(tables, parents)) for name, tables in changed.items()}
        self._rates = {name: needed_rates(of, parents, reference) for name, of in self._of.items()}

    def of(self, platform: str) -> frozenset[dg.AssetKey]:
        """The order tables of a platform and all that follows from them."""
        return self._of[platform]

    def was_filled(self, instance: dg.DagsterInstance) -> bool:
        """Whether there is anything that could be out of date; the first run fetches its days anyway."""
        return instance.get_latest_materialization_event(daily_mart(self.tenant)) is not None

    def day(self, created: datetime, now: datetime) -> date | None:
        """The tenant's day of an order; None where it lies before the tenant's first."""
        day = min(local_day(created, self.tenant.zone), local_day(now, self.tenant.zone))
        return day if day >= self.tenant.start_date else None

    def requests(
        self,
        instance: dg.DagsterInstance,
        changed: Mapping[date, Collection[str]],
        now: datetime,
        key: str,
        tags: Mapping[str, str],
    ) -> list[dg.RunRequest]:
        """The runs over days, each with the platforms whose orders changed, as asked for at `now`.

        Days that were never computed need their exchange rates too. Others have them: written anew, they
        would have ads, and all else that is not of orders, follow each changed order.

        `key` tells this request from any other; the same one twice gives no second run.
        """
        filled = filled_days(instance, self.tenant) if changed else set()
        requests = []
        for days in _ranges(changed):
            of_range = tuple(day for day in days if day in changed)
            platforms = {name for day in of_range for name in changed[day]}
            assets = set[dg.AssetKey]().union(*(self._of[name] for name in platforms))
            if not filled.issuperset(of_range):
                assets = assets.union(*(self._rates[name] for name in platforms))
            of_days = run_tags(PlannedRun(days, of_range, everything=False))
            requests.append(
                dg.RunRequest(
                    run_key=f"{self.tenant.id}-{key}-{days}",
                    tags={**of_days, ASKED_TAG: now.isoformat(), **tags},
                    asset_selection=sorted(assets),
                    asset_check_keys=self._along.on(sorted(assets)),
                )
            )
        return requests


def _ranges(days: Collection[date]) -> list[DayRange]:
    """At most `MOST_RUNS` ranges that hold the days: consecutive ones, else with the smallest gaps inside."""
    ranges = group_consecutive(days)
    surplus = len(ranges) - MOST_RUNS
    if surplus <= 0:
        return ranges
    gaps = sorted((b.first - a.last).days - 1 for a, b in pairwise(ranges))
    return group_consecutive(days, merge_gap=gaps[surplus - 1])
