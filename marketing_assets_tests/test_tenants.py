"""Tenant files: what is read, and how every mistake is named."""

from pathlib import Path

import pytest
import yaml

from marketing_assets.platforms.catalog import check, tenant_json_schema
from marketing_assets.tenants import parse_tenant, read_tenants

REPOSITORY = Path(__file__).parents[1]

GOOD = {
    "id": "acme",
    "display_name": "Acme",
    "time_zone": "Asia/Bangkok",
    "reporting_currency": "THB",
    "start_date": "2026-01-01",
    "targets": {"roas": 4, "cpa": 100},
    "cogs_share": 0.4,
    "connections": [
        {
            "platform": "shopee",
            "account_id": 42,
            "settings": {"partner_id": 7},
            "secrets": {"partner_key": {"env": "ACME_SHOPEE_PARTNER_KEY"}},
        }
    ],
}


def write(folder: Path, content: object, name: str = "acme.yaml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def complaints(folder: Path, **changes: object) -> str:
    _, problems = parse_tenant(write(folder, {**GOOD, **changes}))
    return "\n".join(map(str, problems))


def test_the_shipped_tenants_are_without_mistakes() -> None:
    tenants, problems = read_tenants(REPOSITORY / "tenants")
    assert problems == []
    assert [t.id for t in tenants] == ["northwind", "siam"]
    assert [p for t in tenants for p in check(t, t.id)] == []


def test_a_good_file_is_read_with_ids_as_text(tmp_path: Path) -> None:
    tenant, problems = parse_tenant(write(tmp_path, GOOD))
    assert problems == []
    assert tenant is not None
    assert tenant.connections[0].account_id == "42"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"time_zone": "Bangkok"}, "acme.yaml: time_zone: 'Bangkok' is no IANA time zone"),
        ({"reporting_currency": "baht"}, "reporting_currency: 'baht' is no ISO 4217"),
        ({"start_date": "soon"}, "acme.yaml: start_date: "),
        ({"targets": {"roas": 4}}, "targets.cpa: is missing; add it"),
        ({"cogs_share": 1.4}, "cogs_share: "),
        ({"colour": "red"}, "colour: is no known field; remove it"),
        ({"connections": []}, "connections: "),
        ({"owners": ["nobody"]}, "neither an e-mail address nor 'team:NAME'"),
        ({"id": "other"}, "id: is 'other'; name the file other.yaml"),
        ({"id": "Bad Id"}, "acme.yaml: id: "),
    ],
)
def test_a_mistake_names_file_field_and_remedy(
    tmp_path: Path, change: dict[str, object], expected: str
) -> None:
    assert expected in complaints(tmp_path, **change)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = complaints(tmp_path, time_zone="X", reporting_currency="y", cogs_share=-1)
    assert {"time_zone", "reporting_currency", "cogs_share"} <= {
        line.split(": ")[1] for line in text.split("\n")
    }


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"env": "SIAM_KEY"}, "must begin with 'ACME_'"),
        ({"file": "siam/key"}, "must be a path below 'acme/'"),
        ({"file": "../acme/key"}, "must be a path below 'acme/'"),
        ({"file": "/etc/passwd"}, "must be a path below 'acme/'"),
        ({"file": "acme/../siam/key"}, "must be a path below 'acme/'"),
        ({"google": "projects/p/secrets/siam-key"}, "must be projects/PROJECT/secrets/acme-NAME"),
    ],
)
def test_a_tenant_cannot_name_the_secret_of_another(
    tmp_path: Path, reference: dict[str, str], expected: str
) -> None:
    connection = {**GOOD["connections"][0], "secrets": {"partner_key": reference}}  # type: ignore[index]
    text = complaints(tmp_path, connections=[connection])
    assert expected in text
    assert "secrets.partner_key" in text


def test_the_same_account_twice_is_refused(tmp_path: Path) -> None:
    twice = [GOOD["connections"][0], GOOD["connections"][0]]  # type: ignore[index]
    assert "'42' of shopee is listed twice" in complaints(tmp_path, connections=twice)


@pytest.mark.parametrize("content", ["id: [unclosed", "just text", "", b"\xff\xfe".decode("latin-1")])
def test_what_is_no_mapping_is_named(tmp_path: Path, content: str) -> None:
    tenant, problems = parse_tenant(write(tmp_path, content))
    assert tenant is None
    assert problems[0].file == "acme.yaml"


def test_an_empty_folder_is_a_problem_with_a_remedy(tmp_path: Path) -> None:
    _, problems = read_tenants(tmp_path)
    assert "MARKETING_TENANTS_DIR" in str(problems[0])


def test_what_only_a_platform_knows_is_checked_too(tmp_path: Path) -> None:
    connections = [
        {"platform": "shopee", "account_id": "1", "settings": {}, "secrets": {}},
        {"platform": "shoppe", "account_id": "1"},
    ]
    tenant, problems = parse_tenant(write(tmp_path, {**GOOD, "connections": connections}))
    assert tenant is not None and problems == []
    text = "\n".join(map(str, check(tenant, "acme.yaml")))
    assert "connections.0.settings.partner_id" in text
    assert "partner_key" in text
    assert "shoppe" in text and "shopee" in text


def test_the_schema_for_editors_is_committed_as_exported() -> None:
    import json

    committed = json.loads((REPOSITORY / "docs" / "tenant.schema.json").read_text())
    assert committed == tenant_json_schema()
