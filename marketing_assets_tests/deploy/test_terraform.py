"""Terraform's files: they parse, and name things as the platform does. Terraform itself does not run here."""

from __future__ import annotations

from typing import Any

import hcl2
import pytest

from marketing_assets.commands.warehouse_setup import READER, WRITER
from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_access import READ_LAYERS, account
from marketing_assets.warehouse.bigquery_names import dataset_id, labels
from marketing_assets.warehouse.warehouse import LAYERS
from marketing_assets_tests.deploy.files import DEPLOY

FILES = sorted((DEPLOY / "terraform").glob("*.tf"))


def _bare(value: Any) -> Any:
    """A parsed value without the quotes that the parser keeps."""
    if isinstance(value, dict):
        return {_bare(k): _bare(v) for k, v in value.items() if not str(k).startswith("__")}
    if isinstance(value, list):
        return [_bare(v) for v in value]
    return value.strip('"') if isinstance(value, str) else value


PARSED = {path.stem: _bare(hcl2.loads(path.read_text(encoding="utf-8"))) for path in FILES}


def _resource(kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        r[kind][name]
        for content in PARSED.values()
        for r in content.get("resource", [])
        if name in r.get(kind, {})
    )
    return found


def _locals(file: str) -> dict[str, Any]:
    return {name: value for block in PARSED[file]["locals"] for name, value in block.items()}


def test_datasets_are_named_and_labelled_as_the_platform_names_them() -> None:
    datasets = str(_locals("datasets")["datasets"])
    template = "${var.environment}_marketing_${pair[0]}_${pair[1]}"
    assert template in datasets
    for environment in ("dev", "stg", "prod"):
        settings = Settings.model_validate({"environment": environment})
        for layer in LAYERS:
            named = (
                template.replace("${var.environment}", environment)
                .replace("${pair[0]}", "two_words")
                .replace("${pair[1]}", layer)
            )
            assert named == dataset_id(settings, "two_words", layer)
    dataset = _resource("google_bigquery_dataset", "layer")
    assert dataset["labels"].keys() == labels(Settings(), "siam", "raw").keys()
    assert dataset["labels"]["product"] == labels(Settings(), "siam", "raw")["product"]


def test_layers_and_who_reads_them_are_the_platforms() -> None:
    layers = str(_locals("datasets")["layers"])
    assert all(layer in layers for layer in LAYERS)
    read = str(_locals("datasets")["read_layers"])
    assert {layer for layer in LAYERS if layer in read} == set(READ_LAYERS)
    access = _resource("google_bigquery_dataset", "layer")["access"]
    assert [a["role"] for a in access] == ["OWNER", "WRITER"]


@pytest.mark.parametrize(("name", "template"), [("writer", WRITER), ("reader", READER)])
def test_accounts_are_those_that_setup_grants(name: str, template: str) -> None:
    named = _resource("google_service_account", name)["account_id"]
    assert named == f'marketing-${{replace(each.key, "_", "-")}}-{name}'
    address = account(template, "two_words", "acme-data")
    assert address == f"marketing-two-words-{name}@acme-data.iam.gserviceaccount.com"
    assert len(f"marketing-{'x' * 13}-{name}") <= 30


def test_terraform_never_knows_a_secrets_value() -> None:
    kinds = {kind for content in PARSED.values() for r in content.get("resource", []) for kind in r}
    assert "google_secret_manager_secret" in kinds
    assert not {k for k in kinds if "version" in k or "service_account_key" in k}


def test_what_was_erased_is_gone() -> None:
    landing = _resource("google_storage_bucket", "landing")
    assert landing["versioning"][0]["enabled"] is False
    assert landing["soft_delete_policy"][0]["retention_duration_seconds"] == 0
    assert "retention_policy" not in landing
    assert landing["uniform_bucket_level_access"] is True
    assert landing["public_access_prevention"] == "enforced"
    staged = [r for r in landing["lifecycle_rule"] if "matches_prefix" in r["condition"][0]]
    assert "landing/${tenant}/incoming/" in str(staged)


def test_what_terraform_gives_out_are_settings_of_the_platform() -> None:
    given = PARSED["outputs"]["output"][0]["environment"]["value"]
    assert given.keys() <= {f"MARKETING_{name.upper()}" for name in Settings.model_fields}
