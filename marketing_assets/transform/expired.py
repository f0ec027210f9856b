"""Days whose inputs have expired are not computed again: that would empty what was made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from marketing_assets.partitions import ONE_DAY, group_consecutive
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.schema import DAY
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.warehouse import Warehouse

_MADE_OF = {"staging": "raw", "mart": "staging", "ml": "mart"}
"""The layer whose expiry empties a layer."""


def expired(
    warehouse: Warehouse,
    tenant: Tenant,
    manifest: Mapping[str, Any],
    models: Iterable[str],
    days: Collection[date],
    today: date,
) -> Iterator[str]:
    """Words on every table that running `models` over `days` would empty, and what to do instead.

    A day is concerned where it is older than the model's inputs are kept, the model's table has rows of it,
    and none of its inputs has.
    """
    kept = tenant.retention
    limits = [kept.staging_days, kept.mart_days, *(kept.raw_of(name) for name in PLATFORMS)]
    if not any(limit is not None and min(days) < today - limit * ONE_DAY for limit in limits):
        return
    for unique_id in models:
        node = manifest["nodes"][unique_id]
        layer, table = node["config"].get("schema"), node["alias"]
        made_of = _MADE_OF.get(layer)
        if node["resource_type"] != "model" or made_of is None or table not in warehouse.tables(layer):
            continue
        inputs = _inputs(manifest, unique_id, made_of)
        limit = _kept(tenant, made_of, inputs)
        old = [] if limit is None else sorted(d for d in days if d < today - limit * ONE_DAY)
        if lost := _lost(warehouse, (layer, table), made_of, sorted(inputs), old):
            spans = ", ".join(str(span) for span in group_consecutive(lost))
            names = ", ".join(f"{made_of}.{name}" for name in sorted(inputs))
            yield (
                f"{tenant.id}/{layer}/{table}, days {spans}: what it is made of ({names}) has expired after "
                f"{limit} days; "
                f"running the model would empty these days, so nothing was changed. Leave them out, or "
                f"materialise them together with {made_of} as long as the platform still tells of them"
            )


def _inputs(manifest: Mapping[str, Any], unique_id: str, layer: str) -> dict[str, str]:
    """The tables of a layer that a model reads, with the platform of raw ones."""
    found = {}
    for parent in manifest["parent_map"].get(unique_id, []):
        source, node = manifest["sources"].get(parent), manifest["nodes"].get(parent)
        if source is not None and layer == "raw":
            found[source["name"]] = source["source_name"]
        elif node is not None and node["resource_type"] == "model" and node["config"].get("schema") == layer:
            found[node["alias"]] = ""
    return found


def _kept(tenant: Tenant, layer: str, inputs: Mapping[str, str]) -> int | None:
    """For how many days the inputs are kept; None for ever."""
    if layer != "raw":
        return tenant.retention.staging_days if layer == "staging" else tenant.retention.mart_days
    limits = [tenant.retention.raw_of(platform) for platform in inputs.values()]
    return None if not limits or None in limits else max(limit for limit in limits if limit is not None)


def _lost(
    warehouse: Warehouse, of: tuple[str, str], layer: str, inputs: Sequence[str], old: Sequence[date]
) -> list[date]:
    if not old or not inputs:
        return []
    there = warehouse.tables(layer)
    held = _days(warehouse, *of, old)
    return sorted(held.difference(*(_days(warehouse, layer, name, old) for name in inputs if name in there)))


def _days(warehouse: Warehouse, layer: str, table: str, among: Sequence[date]) -> set[date]:
    """The days among these of which a table has rows."""
    if DAY not in {c.name for c in warehouse.describe(layer, table).columns}:
        return set()
    found = warehouse.query(
        f"select distinct {DAY} from {warehouse.relation(layer, table)} where {DAY} between $first and $last",
        {"first": min(among), "last": max(among)},
    )
    return set(found[DAY]) & set(among)
