"""dbt's source declarations, derived from the raw table contracts.

`python -m marketing_assets.transform.sources` writes `dbt/models/staging/sources.yml`; a test fails when
the committed file differs from the contracts.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.platform import Platform, RawTable
from marketing_assets.settings import load_settings

HEADER = """\
# Generated from the table contracts in marketing_assets/platforms by
# `python -m marketing_assets.transform.sources`; do not edit.
"""


def sources_yaml(platforms: Iterable[Platform]) -> str:
    """The text of `sources.yml`: a source for each platform, with its tables and their columns."""
    content = {"version": 2, "sources": [_source(p) for p in platforms]}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    return HEADER + text


def _source(platform: Platform) -> dict[str, Any]:
    return {
        "name": platform.name,
        "description": f"What lands from {platform.title}, as it came.",
        "schema": "raw",
        "tables": [_table(t) for t in platform.tables],
    }


def _table(table: RawTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "description": table.contract.description,
        # The tenant's prefix is put before this key when the assets are built.
        "config": {"meta": {"dagster": {"asset_key": ["raw", table.name]}}},
        "columns": [{"name": c.name, "description": c.description} for c in table.contract.all_columns],
    }


def sources_file(dbt_dir: Path) -> Path:
    return dbt_dir / "models" / "staging" / "sources.yml"


def write_sources() -> Path:
    """Bring the committed declarations up to date with the contracts."""
    path = sources_file(load_settings().dbt_dir)
    path.write_text(sources_yaml(PLATFORMS.values()), encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write_sources())
