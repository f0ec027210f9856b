"""Rewriting landed fetches: some lines change, all others stay byte for byte.

New parts are written beside the old ones. The manifest that names them takes the old one's place in one
step, and then the old parts go; so a reader, or a run after a crash, finds a whole fetch, the old one or the
new. Rows keep the path by which they name their part (`LandedFile.path`).
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import zstandard

from marketing_assets.ingest.landing import LandedFile, Landing, Manifest, Redaction

CHUNK_BYTES = 2 * 1024 * 1024

Suspect = Callable[[bytes], bool]
"""Whether some line of a chunk may have to change; what it denies is copied unread."""
Change = Callable[[bytes], bytes | None]
"""A line as it is to stand, or None where it stays."""


@dataclass(frozen=True)
class Rewritten:
    """What became of a fetch: parts written anew and lines changed."""

    files: int
    records: int


def rewrite(
    landing: Landing, folder: str, suspect: Suspect, change: Change, act: str, now: datetime
) -> Rewritten:
    """Change lines of a complete fetch. Doing it again, also after a crash, changes nothing more.

    Leftovers are removed: drafts, replaced parts, and a fetch that was never completed. The caller holds the
    table's turn.
    """
    manifest = landing.manifest(folder)
    if manifest is None:
        landing.fs.rm(landing.path(folder), recursive=True)
        return Rewritten(0, 0)
    files, changed = [], []
    for file in manifest.files:
        made, records = _rewrite_part(landing, file, suspect, change)
        files.append(made)
        if records:
            changed.append(records)
    if changed:
        redaction = Redaction(act, now, sum(changed))
        manifest = msgspec.structs.replace(
            manifest, files=files, redactions=[*manifest.redactions, redaction]
        )
        landing.write_atomically(f"{folder}/manifest.json", manifest.content)
        _settle(landing, f"{folder}/manifest.json")
    _sweep(landing, folder, manifest)
    return Rewritten(len(changed), sum(changed))


def _rewrite_part(
    landing: Landing, file: LandedFile, suspect: Suspect, change: Change
) -> tuple[LandedFile, int]:
    """The part as it is to be named, and how many of its lines changed."""
    if not any(suspect(chunk) for _, chunk in landing.lines(file, CHUNK_BYTES)):
        return file, 0
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for _, chunk in landing.lines(file, CHUNK_BYTES):
            if not suspect(chunk):
                yield chunk
                continue
            for line in chunk[:-1].split(b"\n"):
                made = change(line)
                count += made is not None
                yield (line if made is None else made) + b"\n"

    place = re.sub(r"(\.r[0-9a-f]{6})?\.jsonl\.zst$", f".r{secrets.token_hex(3)}.jsonl.zst", file.place)
    raw_bytes, size, digest = _write(landing, place, lines())
    if not count:
        landing.fs.rm_file(landing.path(place))
        return file, 0
    made = msgspec.structs.replace(file, raw_bytes=raw_bytes, bytes=size, sha256=digest, rewritten_as=place)
    return made, count


def _write(landing: Landing, place: str, chunks: Iterator[bytes]) -> tuple[int, int, str]:
    """Bytes before and after compression, and SHA-256, of a part written at `place`."""
    compressor, digest = zstandard.ZstdCompressor(level=3).compressobj(), hashlib.sha256()
    raw_bytes = size = 0
    with landing.fs.open(landing.path(place), "wb") as target:

        def put(content: bytes) -> None:
            nonlocal size
            target.write(content)
            digest.update(content)
            size += len(content)

        for chunk in chunks:
            raw_bytes += len(chunk)
            put(compressor.compress(chunk))
        put(compressor.flush())
    _settle(landing, place)
    return raw_bytes, size, digest.hexdigest()


def _settle(landing: Landing, relative: str) -> None:
    """On disk, so that what it replaces may go; an object store is already as safe as it gets."""
    if "file" in landing.fs.protocol:
        path = Path(landing.path(relative))
        for each in (path, path.parent):
            at = os.open(each, os.O_RDONLY)
            try:
                os.fsync(at)
            finally:
                os.close(at)


def _sweep(landing: Landing, folder: str, manifest: Manifest) -> None:
    named = {file.place.rsplit("/", 1)[1] for file in manifest.files} | {"manifest.json"}
    for name in landing.folders(folder):
        if name not in named:
            landing.fs.rm_file(landing.path(f"{folder}/{name}"))
