"""A search of one's own, byte by byte, that shares nothing with the one that is tested."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import zstandard


def kinds(home: Path) -> set[str]:
    """What a search of a home looks at: its folders, and the files of its state by name."""
    found = set()
    for path in home.rglob("*"):
        if path.is_file():
            first, *rest = path.relative_to(home).parts
            found.add(f"{first}/{rest[0]}" if first == "state" else first)
    return found


def places(home: Path, needles: Iterable[str], tenant: str) -> set[str]:
    """Where below a home some needle stands: files as they are and unpacked, the warehouse row by row too."""
    wanted = [needle.encode() for needle in needles]
    found = set()
    for path in home.rglob("*"):
        if not path.is_file() or path.is_symlink() or path.relative_to(home).parts[0] == "keys":
            continue
        content = path.read_bytes()
        if path.suffix == ".zst":
            content = zstandard.ZstdDecompressor().decompressobj(read_across_frames=True).decompress(content)
        if any(needle in content for needle in wanted):
            found.add(str(path.relative_to(home)))
    with duckdb.connect(str(home / "warehouse" / f"{tenant}.duckdb"), read_only=True) as connection:
        tables = connection.execute("select table_schema, table_name from information_schema.tables")
        for schema, name in tables.fetchall():
            text = str(connection.execute(f'select * from "{schema}"."{name}"').fetchall()).encode()
            if any(needle in text for needle in wanted):
                found.add(f"{schema}.{name}")
    return found
