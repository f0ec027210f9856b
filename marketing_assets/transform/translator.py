"""How dbt's nodes appear in Dagster: the tenant's keys, groups, owners and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from marketing_assets.intelligence.ml_tables import ANOMALIES
from marketing_assets.partitions import partition_words
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.platform import Refresh
from marketing_assets.tenants import Tenant
from marketing_assets.transform.following import follows_inputs

ANOMALIES_SOURCE = "ml"
"""dbt's source of what models say; a layer of its own."""


def node_meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = (node.get("config") or {}).get("meta") or {}
    return meta


class TenantTranslator(DagsterDbtTranslator):
    """One tenant's view of the one manifest."""

    def __init__(self, tenant: Tenant):
        super().__init__(DagsterDbtTranslatorSettings(enable_source_metadata=False))
        self._tenant = tenant
        self._specs: dict[str, dg.AssetSpec] = {}
        self._condition = follows_inputs(
            [
                dg.AssetKey([tenant.id, "raw", table.name])
                for platform in PLATFORMS.values()
                for table in platform.tables
                if table.refresh is Refresh.SNAPSHOT
            ],
            said=[dg.AssetKey([tenant.id, ANOMALIES_SOURCE, ANOMALIES.name])],
        )

    def get_automation_condition(
        self, dbt_resource_props: Mapping[str, Any]
    ) -> dg.AutomationCondition[dg.AssetKey] | None:
        return self._condition

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`<tenant>/<layer>/<table>`; for sources the raw asset they are declared to be."""
        declared = node_meta(dbt_resource_props).get("dagster", {}).get("asset_key")
        path = declared or [layer_of(dbt_resource_props), dbt_resource_props["name"]]
        return dg.AssetKey([self._tenant.id, *path])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return f"{self._tenant.id}_{layer_of(dbt_resource_props)}"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        return self._tenant.owners or None

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        platform = node_meta(dbt_resource_props).get("platform")
        return {
            "tenant": self._tenant.id,
            "layer": layer_of(dbt_resource_props),
            **({"platform": platform} if platform else {}),
        }

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The project's, and what a partition is, which the UI does not show beside it."""
        own = str(dbt_resource_props.get("description") or "")
        return f"{own}\n\n{partition_words(self._tenant.time_zone)}"

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """As dagster-dbt derives it, without the platforms the tenant has no connection to.

        Asked for once a node and reader; the manifest of a translator is always the same.
        """
        if unique_id not in self._specs:
            self._specs[unique_id] = self._own_spec(manifest, unique_id, project)
        return self._specs[unique_id]

    def _own_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        foreign = {
            self.get_asset_key(node)
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model" and not serves(self._tenant, node)
        }
        return spec.merge_attributes(
            # One name for every tenant's table would make Dagster show them as the same table.
            metadata={"dagster/table_name": ".".join(spec.key.path)}
        ).replace_attributes(deps=[d for d in spec.deps if d.asset_key not in foreign])

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """As dagster-dbt derives it (checks of severity `error` block), with the check's own description."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        description = manifest["nodes"][unique_id].get("description")
        return spec._replace(description=description or None) if spec else None


def layer_of(node: Mapping[str, Any]) -> str:
    """The layer that a node's table is in."""
    return str((node.get("config") or {}).get("schema") or node["schema"])


def serves(tenant: Tenant, node: Mapping[str, Any]) -> bool:
    """Whether a node concerns a tenant: it belongs to no platform, or to one the tenant is connected to."""
    platform = node_meta(node).get("platform")
    return platform is None or bool(tenant.connections_to(platform))
