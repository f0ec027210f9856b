"""The project's own unit tests, which state the logic of single models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

from marketing_assets.settings import Settings
from marketing_assets.transform.manifest import base_arguments, prepare_manifest
from marketing_assets.transform.runner import let_go


def test_unit_tests_pass(parsed_home: Path, tmp_path: Path) -> None:
    project = prepare_manifest(Settings(home=parsed_home))
    variables = {
        "warehouse_file": str(tmp_path / "unit.duckdb"),
        "platforms": ["shopee", "shopify", "meta_ads", "google_ads"],
    }
    try:
        result = dbtRunner(manifest=project.fresh_manifest()).invoke(
            [
                "test",
                *("--select", "test_type:unit"),
                *("--vars", json.dumps(variables)),
                *base_arguments(project.project_dir, tmp_path / "target"),
            ]
        )
    finally:
        let_go()
    assert result.exception is None
    results: Any = result.result
    outcomes = {r.node.name: (str(r.status), r.message) for r in results.results}
    declared = {t["name"] for t in project.manifest["unit_tests"].values()}
    assert declared
    assert {name: outcomes[name] for name in declared} == dict.fromkeys(declared, ("pass", None))
