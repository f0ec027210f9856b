"""Parses the dbt project for every target, so that containers start with a ready manifest."""

from __future__ import annotations

from marketing_assets.settings import Settings
from marketing_assets.transform.manifest import prepare_manifest

TARGETS: tuple[dict[str, str], ...] = (
    {"warehouse": "duckdb"},
    {"warehouse": "bigquery", "environment": "dev"},
    {"warehouse": "bigquery", "environment": "stg"},
    {"warehouse": "bigquery", "environment": "prod"},
)

if __name__ == "__main__":
    for target in TARGETS:
        print(prepare_manifest(Settings.model_validate(target)).parsed_dir)
