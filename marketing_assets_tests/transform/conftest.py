from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from marketing_assets.partitions import DayRange, partitions_definition
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.transform.assets import transform_assets
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.transform.raw import ACCOUNT, SHOP, Raw

START = date(2025, 1, 1)


def make_tenant(tenant_id: str = "siam", **changes: Any) -> Tenant:
    return Tenant.model_validate(
        {
            "id": tenant_id,
            "display_name": tenant_id.title(),
            "time_zone": "Asia/Bangkok",
            "reporting_currency": "THB",
            "start_date": START,
            "owners": ["team:siam"],
            "targets": {"roas": 4, "cpa": 50},
            "cogs_share": 0.5,
            "connections": [
                {"platform": "shopee", "account_id": SHOP},
                {"platform": "meta_ads", "account_id": ACCOUNT},
            ],
        }
        | changes
    )


class House:
    """One tenant's raw tables, the run that transforms them, and the tables it writes."""

    def __init__(self, tenant: Tenant, settings: Settings):
        self.tenant, self.settings = tenant, settings
        self.warehouse = open_warehouse(settings, tenant.id)
        self.raw = Raw(self.warehouse)
        self.assets = transform_assets(
            tenant, partitions_definition(tenant.start_date, tenant.time_zone), settings
        )

    @property
    def specs(self) -> list[dg.AssetSpec]:
        return [spec for definition in self.assets for spec in definition.specs]

    @property
    def check_specs(self) -> list[dg.AssetCheckSpec]:
        return [spec for definition in self.assets for spec in definition.check_specs]

    @property
    def keys(self) -> set[dg.AssetKey]:
        return {spec.key for spec in self.specs}

    def run(
        self, days: DayRange, selection: Any = None, raise_on_error: bool = True
    ) -> dg.ExecuteInProcessResult:
        return dg.materialize(
            self.assets,
            selection=selection,
            tags={
                "dagster/asset_partition_range_start": days.first.isoformat(),
                "dagster/asset_partition_range_end": days.last.isoformat(),
            },
            raise_on_error=raise_on_error,
        )

    def write(self, days: DayRange) -> None:
        """Run the models alone; checks are two thirds of a run, and have tests of their own."""
        self.run(days, dg.AssetSelection.all().without_checks())

    def rows(self, table: str, *order_by: str) -> list[dict[str, Any]]:
        layer, name = table.split(".")
        return self.warehouse.read(layer, name).sort(order_by or "day").to_dicts()

    def frame(self, table: str) -> pl.DataFrame:
        layer, name = table.split(".")
        return self.warehouse.read(layer, name)

    def mart_day(self, day: date) -> dict[str, Any]:
        [row] = [r for r in self.rows("mart.daily_performance") if r["day"] == day]
        return row


@pytest.fixture(scope="session")
def parsed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the project is parsed once for all tests."""
    return tmp_path_factory.mktemp("dbt_home")


@pytest.fixture
def house(parsed_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    """Builds the house of a tenant in a home of its own, with the parsed project shared."""
    (tmp_path / "dbt").mkdir()
    (parsed_home / "parsed").mkdir(exist_ok=True)
    (tmp_path / "dbt" / "parsed").symlink_to(parsed_home / "parsed")
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))

    def build(tenant_id: str = "siam", **changes: Any) -> House:
        return House(make_tenant(tenant_id, **changes), Settings())

    return build
