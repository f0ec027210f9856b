"""A tenant leaves with everything, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketing_assets.cli import app
from marketing_assets.protection import acts
from marketing_assets.protection.export import ExportError
from marketing_assets.protection.offboard import export_tenant, leave
from marketing_assets_tests.installation import QUIET
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


def test_its_history_goes_from_dagster_and_nobody_elses(
    house: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in house.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    (tmp_path / "dagster").mkdir()

    def ran(tenant: str, tags: dict[str, str]) -> str:
        @dg.asset(key=[tenant, "raw", "orders"])
        def orders() -> None:
            print(tenant)

        job = dg.Definitions(assets=[orders]).resolve_implicit_global_asset_job_def()
        return job.execute_in_process(
            instance=instance, tags=tags, asset_selection=[orders.key], run_config=QUIET
        ).run_id

    with dg.DagsterInstance.get() as instance:
        ran("northwind", {"tenant": "northwind"})
        ran("northwind", {})
        other = ran("siam", {"tenant": "siam"})

        def marketing(*arguments: str) -> Result:
            return CliRunner().invoke(app, ["tenants", "offboard", "northwind", *arguments])

        assert marketing("--export", str(tmp_path / "export")).exit_code == 0
        refused = marketing("--confirm", "siam", "--wipe-history")
        assert refused.exit_code == 1 and "nothing was removed" in refused.stderr
        assert len(instance.get_runs()) == 3
        done = marketing("--confirm", "northwind", "--wipe-history")
        assert done.exit_code == 0, done.output
        assert "2 runs and the history of 1 assets removed from Dagster" in done.output
        assert [run.run_id for run in instance.get_runs()] == [other]
        assert instance.all_asset_keys() == [dg.AssetKey(["siam", "raw", "orders"])]
    assert not (house.folder / "tenants" / "northwind.yaml").exists()


def test_an_export_does_not_mix_with_other_things(house: Small, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="name an empty folder"):
        export_tenant(house.settings, house.tenant, tmp_path, "x")
    assert (tmp_path / "notes.txt").read_text() == "mine"
