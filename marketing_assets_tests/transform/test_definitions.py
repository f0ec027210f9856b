"""What the project looks like from Dagster, and that it is described through and through."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.transform.manifest import DbtProject, prepare_manifest
from marketing_assets.transform.sources import sources_file, sources_yaml

STAGING = [
    "ads_performance",
    "budgets",
    "campaigns",
    "cogs",
    "costs",
    "fx_rates",
    "int_account_budgets",
    "int_campaign_days",
    "int_daily_campaigns",
    "int_daily_performance",
    "int_daily_shops",
    "int_fee_rates",
    "int_marketing_allocation",
    "int_order_fees",
    "int_order_lines",
    "int_shop_days",
    "order_attribution",
    "order_fees",
    "order_items",
    "orders",
    "products",
    "shops",
    "sku_mapping",
    "stg_costs__cogs",
    "stg_costs__costs",
    "stg_ecb__fx_rates",
    "stg_meta_ads__ads_performance",
    "stg_meta_ads__budgets",
    "stg_meta_ads__campaigns",
    "stg_shopee__order_fees",
    "stg_shopee__order_items",
    "stg_shopee__orders",
    "stg_shopee__products",
    "stg_shopee__shops",
]
MARTS = [
    "ads_channel_performance",
    "campaign_performance",
    "campaign_profit",
    "customer_value",
    "daily_performance",
    "daily_profit",
    "order_profit",
    "product_performance",
    "restatement_curve",
    "shop_performance",
]
OPS = [
    "ads_expected_finals",
    "ads_observations",
    "observations",
    "order_expected_finals",
    "order_observations",
]


@pytest.fixture
def project(house: Any) -> DbtProject:
    return prepare_manifest(house().settings)


def test_asset_keys(house: Any) -> None:
    keys = {k.to_user_string() for k in house().keys}
    layers = {"staging": STAGING, "mart": MARTS, "ops": OPS}
    assert keys == {f"siam/{layer}/{name}" for layer, names in layers.items() for name in names}


def test_raw_tables_are_upstream_under_the_tenants_prefix(house: Any) -> None:
    specs = {s.key.path[-1]: s for s in house().specs}
    deps = {d.asset_key.to_user_string() for d in specs["stg_shopee__orders"].deps}
    assert deps == {"siam/raw/shopee_orders", "siam/raw/shopee_escrow"}


def test_specs_carry_group_owner_kinds_tags_and_description(house: Any) -> None:
    tenant = house()
    spec = {s.key.path[-1]: s for s in tenant.specs}["stg_shopee__orders"]
    assert spec.group_name == "siam_staging"
    assert spec.owners == ["team:siam"]
    assert {"dbt", "duckdb"} <= spec.kinds
    assert spec.tags["tenant"] == "siam"
    assert spec.tags["platform"] == "shopee"
    assert spec.description and spec.description.startswith("Shopee orders")
    assert {a.backfill_policy for a in tenant.assets} == {dg.BackfillPolicy.single_run()}


def test_models_run_with_those_that_stand_or_fall_with_the_same_platforms(house: Any) -> None:
    domains = {a.op.name: {k.path[-1] for k in a.keys} for a in house().assets}
    told = ("ads", "ads_commerce", "ads_commerce_costs", "commerce", "commerce_costs", "costs", "reference")
    judged = "ads_commerce_intelligence"
    assert set(domains) == {f"siam_transform_{domain}" for domain in (*told, judged)}
    assert "shop_performance" in domains["siam_transform_commerce"]
    assert {"ads_channel_performance", "campaign_performance"} <= domains["siam_transform_ads"]
    assert "int_daily_performance" in domains["siam_transform_ads_commerce"]
    assert domains[f"siam_transform_{judged}"] == {"daily_performance"}
    assert {"customer_value", "daily_profit"} <= domains["siam_transform_ads_commerce_costs"]
    assert "fx_rates" in domains["siam_transform_reference"]
    assert domains["siam_transform_costs"] == {"stg_costs__cogs", "stg_costs__costs", "cogs", "costs"}


def test_checks_block_unless_they_warn(house: Any) -> None:
    checks = {c.name: c for c in house().check_specs}
    assert checks["orders_are_converted"].blocking
    assert not checks["skus_are_mapped"].blocking
    assert checks["daily_revenue_is_what_orders_say"].asset_key.path[-1] == "daily_performance"
    assert all(c.description for c in checks.values())


def test_platforms_without_a_connection_have_no_assets(house: Any) -> None:
    only_ads = house(connections=[{"platform": "meta_ads", "account_id": "1"}])
    assert not [k for k in only_ads.keys if "shopee" in k.path[-1]]
    upstream = {d.asset_key.to_user_string() for s in only_ads.specs for d in s.deps}
    assert not [key for key in upstream if "shopee" in key]
    assert not [c.name for c in only_ads.check_specs if "shopee" in c.name]


def test_two_tenants_share_one_manifest_and_no_asset(house: Any) -> None:
    siam, northwind = house("siam"), house("northwind")
    assert not siam.keys & northwind.keys
    upstream = {d.asset_key.path[0] for s in northwind.specs for d in s.deps}
    assert upstream == {"northwind"}


def test_every_table_and_column_is_described(project: DbtProject) -> None:
    missing = [
        f"{node['name']}.{column}"
        for node in [*project.manifest["nodes"].values(), *project.manifest["sources"].values()]
        if node["resource_type"] in {"model", "seed", "source"}
        for column, text in [("", node["description"])]
        + [(name, c["description"]) for name, c in node["columns"].items()]
        if not text
    ]
    assert missing == []


def test_sources_follow_the_contracts(project: DbtProject) -> None:
    committed = sources_file(project.project_dir).read_text(encoding="utf-8")
    assert committed == sources_yaml(PLATFORMS.values()), (
        "contracts changed; run python -m marketing_assets.transform.sources"
    )


def test_every_model_replaces_static_days(project: DbtProject) -> None:
    models = [n for n in project.manifest["nodes"].values() if n["resource_type"] == "model"]
    assert {m["config"]["incremental_strategy"] for m in models} == {"static_days"}
    assert {m["config"]["materialized"] for m in models} == {"incremental"}
