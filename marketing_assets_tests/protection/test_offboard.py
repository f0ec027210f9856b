"""A tenant leaves with everything, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from marketing_assets.protection import acts
from marketing_assets.protection.export import ExportError
from marketing_assets.protection.offboard import export_tenant, leave
from marketing_assets_tests.protection.people import Small


def test_nothing_goes_before_an_export_that_was_read_back(house: Small, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    with pytest.raises(ExportError, match="was never exported"):
        leave(house.settings, "northwind", "x")
    export_tenant(house.settings, house.tenant, folder, "x")
    for layer, table in (("raw", "shopify_orders"), ("staging", "orders"), ("ops", "dead_letters")):
        kept = pl.read_parquet(folder / "tables" / layer / f"{table}.parquet")
        assert kept.sort(pl.all()).to_dicts() == house.rows(f"{layer}.{table}")
    part = next((folder / "landing").rglob("part-*"))
    content = part.read_bytes()
    part.write_bytes(content[:-1] + b"?")
    with pytest.raises(ExportError, match=part.name):
        leave(house.settings, "northwind", "x")
    assert house.rows("raw.shopify_orders")
    part.write_bytes(content)
    leave(house.settings, "northwind", "x")
    left = {p.relative_to(house.folder).as_posix() for p in house.folder.rglob("*") if p.is_file()}
    assert [name for name in left if "northwind" in name] == []
    assert [(li.kind, li.state) for li in acts.read(house.settings, "northwind")] == [
        ("export", "started"),
        ("export", "finished"),
        ("offboard", "started"),
        ("offboard", "finished"),
    ]


def test_an_export_does_not_mix_with_other_things(house: Small, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="name an empty folder"):
        export_tenant(house.settings, house.tenant, tmp_path, "x")
    assert (tmp_path / "notes.txt").read_text() == "mine"
