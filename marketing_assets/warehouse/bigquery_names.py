"""What things are called on BigQuery: a dataset for each environment, tenant and layer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from marketing_assets.settings import Settings
from marketing_assets.warehouse.warehouse import check_layer

PRODUCT = "marketing-assets"


def dataset_id(settings: Settings, tenant_id: str, layer: str) -> str:
    """`{environment}_marketing_{tenant}_{layer}`; BigQuery takes letters, digits and underscores."""
    return f"{settings.environment}_marketing_{tenant_id.replace('-', '_')}_{check_layer(layer)}"


def labels(settings: Settings, tenant_id: str, layer: str, table: str = "") -> dict[str, str]:
    """Labels of a dataset, a table or a job, by which costs can be told apart."""
    found = {"product": PRODUCT, "environment": settings.environment, "tenant": tenant_id, "layer": layer}
    return found | ({"table": table[:63]} if table else {})


@dataclass(frozen=True)
class Place:
    """Where a table stands."""

    tenant_id: str
    layer: str
    project: str
    dataset: str
    table: str

    @property
    def id(self) -> str:
        """As the API names it."""
        return f"{self.project}.{self.dataset}.{self.table}"

    @property
    def sql(self) -> str:
        """As SQL names it."""
        return f"`{self.id}`"

    def partition(self, day: date) -> str:
        """One day of it, as the API names it."""
        return f"{self.id}${day:%Y%m%d}"

    def beside(self, table: str) -> Place:
        """Another table of the same dataset."""
        return Place(self.tenant_id, self.layer, self.project, self.dataset, table)

    def __str__(self) -> str:
        return f"tenant {self.tenant_id}, table {self.id}"
