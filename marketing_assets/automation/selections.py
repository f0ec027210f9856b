"""Which of a tenant's assets each schedule asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import dagster as dg

from marketing_assets.asset_tags import is_intelligence
from marketing_assets.automation.checks.along import Along
from marketing_assets.ingest.assets import raw_asset_key
from marketing_assets.platforms.platform import Platform, Refresh
from marketing_assets.tenants import Tenant


@dataclass(frozen=True)
class Selections:
    """Sorted asset keys of one tenant.

    `refreshed` is all that has a day's numbers, models included; `after_changes` what an old day with changed
    orders needs: order tables, reference data and models; `snapshots` the tables told only as of now;
    `intelligence` what models say of all that: the layer `ml`, and the mart of recommendations.
    """

    refreshed: tuple[dg.AssetKey, ...]
    after_changes: tuple[dg.AssetKey, ...]
    snapshots: tuple[dg.AssetKey, ...]
    intelligence: tuple[dg.AssetKey, ...]
    along: Along = field(default_factory=Along)
    """The checks that go along."""


def selections(
    tenant: Tenant, platforms: Sequence[Platform], assets: Sequence[dg.AssetsDefinition]
) -> Selections:
    layers = {spec.key: spec.tags.get("layer") for each in assets for spec in each.specs}
    intelligence = {spec.key for each in assets for spec in each.specs if is_intelligence(spec)}
    tables = [(p, t) for p in platforms for t in p.tables]
    raw = {raw_asset_key(tenant, t.name) for _, t in tables}
    snapshots = {raw_asset_key(tenant, t.name) for _, t in tables if t.refresh is Refresh.SNAPSHOT}
    orders = {
        raw_asset_key(tenant, t.name)
        for p, t in tables
        if t.refresh is Refresh.CHANGED or p.kind == "reference"
    }
    return Selections(
        refreshed=_sorted(layers.keys() - snapshots - intelligence),
        after_changes=_sorted(layers.keys() - (raw - orders) - intelligence),
        snapshots=_sorted(snapshots),
        intelligence=_sorted(intelligence),
        along=Along(assets),
    )


def _sorted(keys: set[dg.AssetKey]) -> tuple[dg.AssetKey, ...]:
    return tuple(sorted(keys))
