"""Pointing a parsed dbt project at the datasets of one tenant on BigQuery.

The project is parsed once, with neutral names: schemas are layers. On DuckDB a tenant is a file, so they are
right for everybody. On BigQuery a tenant's layers are datasets of its own, and every node is given them here.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.bigquery.relation import BigQueryRelation
from dbt.contracts.graph.manifest import Manifest

from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_names import dataset_id


def point_at(manifest: Manifest, settings: Settings, tenant_id: str) -> None:
    """Give every table of the manifest its place in the tenant's datasets."""
    nodes: list[Any] = [*manifest.nodes.values(), *manifest.sources.values()]
    for node in nodes:
        if node.resource_type in {"model", "seed", "source"}:
            layer = node.config.schema if node.resource_type != "source" else node.schema
            node.database = settings.bigquery_project
            node.schema = dataset_id(settings, tenant_id, layer)
            name = node.alias if node.resource_type != "source" else node.identifier
            node.relation_name = BigQueryRelation.create(
                database=node.database, schema=node.schema, identifier=name
            ).render()
