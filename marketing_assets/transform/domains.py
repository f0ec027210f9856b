"""Which models are run together: those that stand or fall with the same kinds of platforms.

One dbt command runs one domain. When the token of an ad account dies, the models that read ads wait, and the
numbers of the shop go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.tenants import Tenant
from marketing_assets.transform.translator import serves

REFERENCE = "reference"
INTELLIGENCE = "intelligence"
BUILT = ("model", "seed")


def domains(manifest: Mapping[str, Any], tenant: Tenant) -> dict[str, list[str]]:
    """Names of a tenant's models and seeds by domain: `reference`, `commerce`, `ads`, `ads_commerce`, …

    The domain of a model names every kind of platform it reads from, directly or not; reference data
    (exchange rates) counts only where there is nothing else. So a domain reads from smaller ones alone. What
    reads from the layer `ml`, which reads from models itself, is a domain apart.
    """
    found: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, frozenset[str]] = {}
    for unique_id, node in sorted(manifest["nodes"].items()):
        if node["resource_type"] in BUILT and serves(tenant, node):
            read = _kinds(manifest, tenant, unique_id, kinds) - {REFERENCE}
            found["_".join(sorted(read)) or REFERENCE].append(node["name"])
    return dict(sorted(found.items()))


def kind_of(source: str) -> str:
    """The kind of platform that a source is, or the layer of models."""
    return INTELLIGENCE if source == "ml" else PLATFORMS[source].kind


def _kinds(
    manifest: Mapping[str, Any], tenant: Tenant, unique_id: str, known: dict[str, frozenset[str]]
) -> frozenset[str]:
    """The kinds of platforms that a node reads from; platforms the tenant does not have are left out."""
    if unique_id not in known:
        source = manifest["sources"].get(unique_id)
        node = manifest["nodes"].get(unique_id)
        if source is not None:
            known[unique_id] = frozenset({kind_of(source["source_name"])})
        elif node is None or not serves(tenant, node):
            known[unique_id] = frozenset()
        else:
            parents = (_kinds(manifest, tenant, p, known) for p in manifest["parent_map"].get(unique_id, []))
            known[unique_id] = frozenset().union(*parents)
    return known[unique_id]
