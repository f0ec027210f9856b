"""`marketing tenants`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from marketing_assets.platforms.costs.resource import problems_of
from marketing_assets.tenants import parse_tenant
from marketing_assets_tests.commands.conftest import Marketing
from marketing_assets_tests.installation import REPOSITORY, Installation, shipped, write_tenant
from marketing_assets_tests.platforms.cost_files import COGS, COSTS, write


def test_good_files_are_listed(empty: Installation, marketing: Marketing) -> None:
    result = marketing(empty, "tenants", "check")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "northwind: Northwind Gifts, America/New_York, since 2025-10-01: "
        "ecb, google_ads, meta_ads, shopee, shopify",
        "siam: Siam Home & Living, Asia/Bangkok, since 2025-10-01: ecb, google_ads, meta_ads, shopee",
    ]


def test_every_mistake_of_every_file_is_named_at_once(empty: Installation, marketing: Marketing) -> None:
    broken = shipped("siam", id="acme", time_zone="Bangkok", reporting_currency="baht", colour="red")
    del broken["targets"]
    write_tenant(empty.tenants, "acme", broken)
    write_tenant(empty.tenants, "bits", "id: [")
    elsewhere = shipped("siam", id="elsewhere")
    elsewhere["connections"][0]["settings"] = {"partner": 1}
    for connection in elsewhere["connections"]:
        connection["secrets"] = {}
    write_tenant(empty.tenants, "elsewhere", elsewhere)
    result = marketing(empty, "tenants", "check")
    assert (result.exit_code, result.stdout) == (1, "")
    for said in (
        "acme.yaml: time_zone: 'Bangkok' is no IANA time zone; write one such as Asia/Bangkok",
        "acme.yaml: reporting_currency: 'baht' is no ISO 4217 currency code; write one such as THB",
        "acme.yaml: colour: is no known field; remove it or mend its spelling",
        "acme.yaml: targets: is missing; add it",
        "bits.yaml: (file): is no valid YAML",
        "elsewhere.yaml: connections.0.settings.partner: is no setting of Shopee; known: partner_id",
        "elsewhere.yaml: connections.0.settings.partner_id: is missing; Shopee needs it",
        "elsewhere.yaml: connections.0.secrets.partner_key: is missing; add it with env, file or google",
    ):
        assert said in result.stderr, result.stderr
    assert "mistakes found" in result.stderr.splitlines()[-1]


def test_one_file_a_tenant(empty: Installation, marketing: Marketing) -> None:
    (empty.tenants / "siam.yml").write_text((empty.tenants / "siam.yaml").read_text())
    result = marketing(empty, "tenants", "check")
    assert result.exit_code == 1
    assert "siam.yml: (file): is a second file of tenant 'siam'; keep one" in result.stderr


def test_the_exported_schema_is_the_committed_one(
    empty: Installation, marketing: Marketing, tmp_path: Path
) -> None:
    committed = (REPOSITORY / "docs" / "tenant.schema.json").read_text(encoding="utf-8")
    renew = "run: marketing tenants schema --output docs/tenant.schema.json"
    assert marketing(empty, "tenants", "schema").stdout == committed, renew
    assert marketing(empty, "tenants", "schema", "--output", str(tmp_path / "schema.json")).exit_code == 0
    assert json.loads((tmp_path / "schema.json").read_text(encoding="utf-8")) == json.loads(committed)


def test_mistakes_in_cost_files_are_named_with_those_of_tenant_files(
    empty: Installation, marketing: Marketing
) -> None:
    write_tenant(empty.tenants, "bits", "id: [")
    write(empty.tenants, "agency.csv", COSTS + "agency,Fee,1 000,THB,2026-11-10,,\n")
    write(empty.tenants, "cogs.csv", COGS + "A,1,USD,2026-01-01,\nA,2,USD,2026-02-01,\n", "northwind")
    result = marketing(empty, "tenants", "check")
    assert (result.exit_code, result.stdout) == (1, "")
    for said in (
        "bits.yaml: (file): is no valid YAML",
        "siam/costs/agency.csv:2: amount: '1 000' is no number; write digits and a dot, no thousands",
        "northwind/costs/cogs.csv:3: valid_from: '2026-02-01' lies within the period of A in cogs.csv:2",
        "3 mistakes found",
    ):
        assert said in result.stderr, result.stderr


def test_mistakes_in_cost_files_break_their_connection_alone(
    empty: Installation, marketing: Marketing
) -> None:
    write(empty.tenants, "agency.csv", COSTS + "agency,Fee,1 000,THB,2026-11-10,,\n")
    result = marketing(empty, "connections", "test", "siam")
    assert result.exit_code == 1
    assert result.stdout.count("ok      ") == 4
    assert "broken  siam/costs/public: siam/costs: 1 mistakes in cost files:" in result.stderr
    assert "siam/costs/agency.csv:2: amount: '1 000' is no number" in result.stderr
    listed = marketing(empty, "replay", "siam", "ecb_fx_rates", "--from", "2026-11-01")
    assert "agency.csv" not in listed.stderr, "the tenant can be used all the same"


def test_the_demo_tenants_cost_files_have_no_mistakes() -> None:
    for name in ("siam", "northwind"):
        tenant, _ = parse_tenant(REPOSITORY / "tenants" / f"{name}.yaml")
        assert tenant is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MARKETING_TENANTS_DIR", str(REPOSITORY / "tenants"))
            assert problems_of(tenant) == []
            assert len(list((REPOSITORY / "tenants" / name / "costs").glob("*.csv"))) == 4
