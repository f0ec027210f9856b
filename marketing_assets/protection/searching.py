"""Looking for what must be nowhere: in every file of the installation, and in every row of the warehouse.

Compressed parts are searched as they decompress. The warehouse's file is searched byte by byte as well as
row by row, since an engine compresses values.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import zstandard

from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.pseudonyms import is_digest
from marketing_assets.schema import DAY
from marketing_assets.settings import Settings
from marketing_assets.warehouse.duckdb import DuckDBWarehouse
from marketing_assets.warehouse.warehouse import LAYERS, Warehouse

_BLOCK = 4 * 1024 * 1024
_KEYS = "keys"


@dataclass
class Searched:
    """How much was looked at, and where something was found."""

    files: int = 0
    bytes: int = 0
    tables: int = 0
    found_in: list[str] = field(default_factory=list)


def search(
    settings: Settings, tenant_id: str, landing: Landing, warehouse: Warehouse, needles: Sequence[str]
) -> Searched:
    """Look for the needles everywhere but in the keys and in what belongs to other tenants."""
    result = Searched()
    sought = [needle.encode() for needle in dict.fromkeys(needles)]
    for path in _files(settings, tenant_id, landing):
        with path.open("rb") as file:
            _look(f"file {path}", file, path.suffix == ".zst", sought, result)
    for place in _landed(landing, tenant_id):
        with landing.fs.open(place, "rb") as file:
            _look(f"landing {place}", file, place.endswith(".zst"), sought, result)
    # Not before: closing a file that was read byte by byte drops the lock on it.
    with warehouse.held():
        for layer in LAYERS:
            for table in warehouse.tables(layer):
                result.tables += 1
                if _rows(warehouse, layer, table, needles):
                    result.found_in.append(f"table {layer}.{table}")
    return result


def _files(settings: Settings, tenant_id: str, landing: Landing) -> Iterator[Path]:
    """The files of home and of Dagster's home; of warehouses, this tenant's alone."""
    home = settings.home.absolute()
    roots = [home]
    if dagster_home := os.environ.get("DAGSTER_HOME"):
        roots += [Path(dagster_home)] if not Path(dagster_home).is_relative_to(home) else []
    apart = {home / _KEYS, home / "warehouse", Path(landing.root)}
    for root in roots:
        for folder, folders, names in os.walk(root):
            here = Path(folder)
            folders[:] = [f for f in folders if here / f not in apart]
            yield from (here / n for n in names if (here / n).is_file())
    for path in (home / "warehouse").rglob("*"):
        if path.relative_to(home / "warehouse").parts[0].lstrip(".").split(".")[0] == tenant_id:
            yield from [path] if path.is_file() else []


def _landed(landing: Landing, tenant_id: str) -> list[str]:
    try:
        return [str(place) for place in landing.fs.find(landing.path(tenant_id))]
    except FileNotFoundError:
        return []


def _look(where: str, file: IO[bytes], compressed: bool, needles: Sequence[bytes], into: Searched) -> None:
    into.files += 1
    source: Any = file
    if compressed:
        source = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    longest = max(map(len, needles)) + 1
    rest = b""
    while block := source.read(_BLOCK):
        into.bytes += len(block)
        text = rest + block
        if any(_stands(needle, text) for needle in needles):
            into.found_in.append(where)
            return
        rest = text[-longest:]


def _stands(needle: bytes, text: bytes) -> bool:
    """Whether a needle stands in a text: a digest anywhere, anything else as a word of its own."""
    start = text.find(needle)
    if start < 0 or is_digest(needle.decode()):
        return start >= 0
    return re.search(_word(needle.decode()).encode(), text) is not None


def _word(needle: str) -> str:
    """A pattern, for engines too, of the needle where it is not a part of something longer."""
    return f"(^|[^0-9A-Za-z._+-]){re.escape(needle)}($|[^0-9A-Za-z])"


def _rows(warehouse: Warehouse, layer: str, table: str, needles: Sequence[str]) -> bool:
    pattern = "|".join(n if is_digest(n) else _word(n) for n in needles)
    have = {c.name for c in warehouse.describe(layer, table).columns}
    where = f" and {DAY} >= date '1900-01-01'" if DAY in have else ""
    whole = "cast(kept as varchar)" if isinstance(warehouse, DuckDBWarehouse) else "to_json_string(kept)"
    matches = "regexp_matches" if isinstance(warehouse, DuckDBWarehouse) else "regexp_contains"
    relation = warehouse.relation(layer, table)
    sql = f"select count(*) as n from {relation} as kept where {matches}({whole}, $pattern){where}"
    return bool(warehouse.query(sql, {"pattern": pattern})["n"][0])
