"""The list of platforms, and every mistake a tenant file can make about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marketing_assets.platforms.catalog import (
    PLATFORMS,
    UnknownPlatform,
    check,
    connections,
    platform,
    tenant_json_schema,
)
from marketing_assets.tenants import read_tenants
from marketing_assets_tests.platforms.sandboxed import tenant_of

SHOPEE: dict[str, Any] = {
    "platform": "shopee",
    "account_id": 220011881,
    "settings": {"partner_id": 2001887},
    "secrets": {"partner_key": {"env": "SIAM_SHOPEE_PARTNER_KEY"}},
}
META: dict[str, Any] = {
    "platform": "meta_ads",
    "account_id": "101550000000001",
    "settings": {"app_id": 770550000000001},
    "secrets": {"access_token": {"env": "SIAM_META_TOKEN"}},
}


def test_tables_are_named_after_their_platform_and_no_name_comes_twice() -> None:
    names = [table.name for p in PLATFORMS.values() for table in p.tables]
    assert len(names) == len(set(names))
    for name, of in PLATFORMS.items():
        assert of.name == name
        if of.base_url:  # files are of no platform
            assert all(table.name.startswith(f"{name}_") for table in of.tables)


def test_a_platform_is_found_by_its_name() -> None:
    assert platform("shopee").title == "Shopee"
    with pytest.raises(
        UnknownPlatform,
        match="there is no platform 'etsy'; known: costs, ecb, google_ads, meta_ads, shopee, shopify",
    ):
        platform("etsy")


def test_reference_data_needs_no_connection_but_may_have_one() -> None:
    tenant = tenant_of("siam", SHOPEE)
    assert [c.account_id for c in connections(tenant, platform("shopee"))] == ["220011881"]
    assert connections(tenant, platform("meta_ads")) == []
    (implicit,) = connections(tenant, platform("ecb"))
    assert implicit.base_url is None and implicit.account_id == ""
    listed = tenant_of("siam", {"platform": "ecb", "base_url": "http://127.0.0.1:8703"})
    assert [str(c.base_url) for c in connections(listed, platform("ecb"))] == ["http://127.0.0.1:8703/"]


def test_good_connections_have_no_mistakes() -> None:
    assert check(tenant_of("siam", SHOPEE, META, {"platform": "ecb"}), "siam.yaml") == []


@pytest.mark.parametrize(
    ("connection", "field", "message"),
    [
        (
            {**SHOPEE, "platform": "shoppee"},
            "platform",
            "there is no platform 'shoppee'; known: costs, ecb, google_ads",
        ),
        ({**SHOPEE, "account_id": ""}, "account_id", "is missing; write the id of the Shopee account"),
        ({**SHOPEE, "settings": {}}, "settings.partner_id", "is missing; Shopee needs it"),
        ({**SHOPEE, "settings": {"partner_id": "x"}}, "settings.partner_id", "(given: 'x')"),
        (
            {**SHOPEE, "settings": {"partner_id": 1, "region": "TH"}},
            "settings.region",
            "is no setting of Shopee; known: partner_id",
        ),
        ({**META, "settings": {"api_version": "26"}}, "settings.api_version", "(given: '26')"),
        (
            {"platform": "costs"},
            "platform",
            "Cost files take no connection, every tenant has them; remove it",
        ),
        ({"platform": "ecb", "settings": {"a": 1}}, "settings.a", "known: none"),
        ({**SHOPEE, "secrets": {}}, "secrets.partner_key", "is missing; add it with env, file or google"),
        (
            {**META, "secrets": {"acces_token": {"env": "SIAM_T"}}},
            "secrets.acces_token",
            "is no secret of Meta Ads; known: access_token, app_secret",
        ),
        ({**SHOPEE, "base_url": "https://u:p@host"}, "base_url", "credentials go under secrets"),
        ({**SHOPEE, "base_url": "https://host/?a=1"}, "base_url", "has a query or fragment"),
    ],
)
def test_a_mistake_is_named_with_its_field_and_remedy(
    connection: dict[str, Any], field: str, message: str
) -> None:
    (problem,) = check(tenant_of("siam", {"platform": "ecb", "account_id": "x"}, connection), "siam.yaml")
    assert (problem.file, problem.field, problem.kind) == ("siam.yaml", f"connections.1.{field}", "platform")
    assert message in problem.message


def test_every_mistake_is_named_at_once() -> None:
    tenant = tenant_of("siam", {"platform": "shopee"}, {"platform": "etsy"})
    assert [problem.field for problem in check(tenant, "siam.yaml")] == [
        "connections.0.account_id",
        "connections.0.settings.partner_id",
        "connections.0.secrets.partner_key",
        "connections.1.platform",
    ]


def test_the_schema_for_editors_knows_every_platform_and_what_it_asks() -> None:
    schema = tenant_json_schema()
    connection = schema["$defs"]["Connection"]
    known = ["ecb", "google_ads", "meta_ads", "shopee", "shopify"]
    assert connection["properties"]["platform"]["enum"] == known
    asks = {part["if"]["properties"]["platform"]["const"]: part["then"] for part in connection["allOf"]}
    assert asks["shopee"]["required"] == ["account_id", "settings", "secrets"]
    assert asks["shopee"]["properties"]["settings"]["required"] == ["partner_id"]
    assert list(asks["meta_ads"]["properties"]["secrets"]["properties"]) == ["access_token", "app_secret"]
    assert asks["ecb"]["required"] == []


def test_the_demo_tenants_have_no_mistakes() -> None:
    folder = Path(__file__).parents[2] / "tenants"
    tenants, problems = read_tenants(folder)
    assert problems == [] and tenants
    for tenant in tenants:
        assert check(tenant, f"{tenant.id}.yaml") == []
