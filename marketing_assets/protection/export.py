"""Everything of a tenant in a folder: tables as Parquet, landing as it lies, its files, and a manifest last.

An export without a manifest is none; making it again starts over. It is verified by reading it back: every
file's SHA-256, and of every table all rows.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from marketing_assets.ingest.landing import Landing
from marketing_assets.platforms.file_tokens import write_private
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.warehouse import LAYERS, Warehouse

MANIFEST = "manifest.json"
_BLOCK = 4 * 1024 * 1024


class ExportError(Exception):
    """An export that cannot be made or is not whole; says what to do."""


def export(settings: Settings, tenant: Tenant, landing: Landing, warehouse: Warehouse, folder: Path) -> Path:
    """Write the export to `folder`, which is empty or holds an older one; the manifest's path."""
    _clear(folder)
    files = [
        *_tables(warehouse, folder),
        *_landed(landing, tenant.id, folder),
        *_own_files(settings, tenant.id, folder),
    ]
    manifest = {
        "tenant": tenant.id,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": [_entry(folder, path, rows) for path, rows in files],
    }
    write_private(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
    return folder / MANIFEST


def verify(folder: Path, tenant_id: str) -> dict[str, Any]:
    """The manifest of an export, after every file was read back. Raises `ExportError`."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ExportError(
            f"{folder} holds no complete export; run `marketing tenants offboard {tenant_id} --export` again"
        ) from None
    for entry in manifest["files"]:
        path = folder / entry["path"]
        try:
            fine = manifest["tenant"] == tenant_id and _entry(folder, path, _rows(path)) == entry
        except (OSError, pa.ArrowException):
            fine = False
        if not fine:
            raise ExportError(f"{path} is not what the export's manifest says; export {tenant_id} again")
    return manifest


def _tables(warehouse: Warehouse, folder: Path) -> Iterator[tuple[Path, int | None]]:
    for layer in LAYERS:
        for table in warehouse.tables(layer):
            path = folder / "tables" / layer / f"{table}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            yield path, _write(warehouse, layer, table, path)


def _write(warehouse: Warehouse, layer: str, table: str, path: Path) -> int:
    writer, rows = None, 0
    for frame in warehouse.scan_batches(layer, table):
        batch = frame.to_arrow()
        writer = writer or pq.ParquetWriter(path, batch.schema, compression="zstd")
        writer.write_table(batch.cast(writer.schema))
        rows += frame.height
    if writer is None:
        warehouse.read(layer, table).write_parquet(path)
    else:
        writer.close()
    return rows


def _landed(landing: Landing, tenant_id: str, folder: Path) -> Iterator[tuple[Path, None]]:
    root = landing.path(tenant_id)
    for place in sorted(landing.fs.find(root)) if landing.fs.exists(root) else []:
        path = folder / "landing" / str(place).removeprefix(landing.root).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        with landing.fs.open(place, "rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        yield path, None


def _own_files(settings: Settings, tenant_id: str, folder: Path) -> Iterator[tuple[Path, None]]:
    """The tenant's file, its cost files, and the reports of acts."""
    for source in (
        settings.tenants_dir / f"{tenant_id}.yaml",
        settings.tenants_dir / tenant_id,
        settings.home / "reports" / tenant_id,
    ):
        for file in [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file()):
            inside = file.relative_to(source.parent.parent if source.is_dir() else source.parent)
            path = folder / "files" / inside
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, path)
            yield path, None


def _entry(folder: Path, path: Path, rows: int | None) -> dict[str, Any]:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    entry: dict[str, Any] = {
        "path": path.relative_to(folder).as_posix(),
        "bytes": path.stat().st_size,
        "sha256": digest.hexdigest(),
    }
    return entry if rows is None else entry | {"rows": rows}


def _rows(path: Path) -> int | None:
    """The rows of a Parquet file, all of its values being read; None of any other file."""
    if path.suffix != ".parquet":
        return None
    with pq.ParquetFile(path) as file:
        return sum(int(batch.num_rows) for batch in file.iter_batches())


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    known = {"tables", "landing", "files", MANIFEST}
    strange = sorted(p.name for p in folder.iterdir() if p.name not in known)
    if strange:
        raise ExportError(f"{folder} holds other things ({strange[0]}, …); name an empty folder")
    (folder / MANIFEST).unlink(missing_ok=True)
    for name in known - {MANIFEST}:
        shutil.rmtree(folder / name, ignore_errors=True)
