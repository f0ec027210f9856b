"""Landing: what a platform sent, masked, compressed and immutable, one folder a fetch.

`{tenant}/raw/{platform}/{table}/{fetch day}/{fetch id}/part-00001.jsonl.zst` … and `manifest.json`, which is
written last: a fetch without a manifest never happened. The fetch id carries start instant, account and
window, so that finding the fetches that cover a day needs no manifest to be read.

The root is a local folder or any object-store URL that fsspec opens.
"""

from __future__ import annotations

import errno
import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import fsspec
import msgspec
import orjson
import zstandard

from marketing_assets.decoding import from_json
from marketing_assets.partitions import DayRange
from marketing_assets.platforms.platform import Control, Page

PART_BYTES = 64 * 1024 * 1024
_ID_TIME = "%Y%m%dT%H%M%S%fZ"


class LandedFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part: its path below the landing root, records, bytes before and after compression, SHA-256.

    A part that was rewritten keeps the path by which rows name it and lies at `rewritten_as`.
    """

    path: str
    records: int
    raw_bytes: int
    bytes: int
    sha256: str
    rewritten_as: str | None = None

    @property
    def place(self) -> str:
        """Where it lies, below the landing root."""
        return self.rewritten_as or self.path


class LandedPage(msgspec.Struct, frozen=True):
    """One answer: what was asked, how many records it held and where they landed (first line from 0)."""

    request: dict[str, Any]
    envelope: dict[str, Any]
    records: int
    part: int
    first_line: int


class LandedControl(msgspec.Struct, frozen=True):
    day: date
    figures: dict[str, str]


class Redaction(msgspec.Struct, frozen=True):
    """An act that rewrote a fetch's parts: its id, when (UTC), and how many records it changed."""

    act: str
    at: datetime
    records: int


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one complete fetch asked for and got. Times are UTC; `first`..`last` are days of `zone`."""

    tenant: str
    platform: str
    account: str
    table: str
    fetch_id: str
    started_at: datetime
    finished_at: datetime
    first: date
    last: date
    zone: str
    pages: list[LandedPage]
    files: list[LandedFile]
    controls: list[LandedControl]
    drift: dict[str, int]
    calls: dict[str, float]
    redactions: list[Redaction] = []

    @property
    def content(self) -> bytes:
        """As it lies in landing."""
        return orjson.dumps(msgspec.to_builtins(self), option=orjson.OPT_INDENT_2)

    @property
    def days(self) -> DayRange:
        return DayRange(self.first, self.last)

    @property
    def records(self) -> int:
        return sum(f.records for f in self.files)


@dataclass(frozen=True)
class Fetch:
    """Identity of one fetch, readable from its folder's name."""

    tenant: str
    platform: str
    table: str
    account: str
    started_at: datetime
    days: DayRange
    token: str

    @property
    def id(self) -> str:
        account = re.sub(r"[^A-Za-z0-9]", "", self.account) or "public"
        parts = (f"{self.started_at:{_ID_TIME}}", account, self.days.first, self.days.last, self.token)
        return "_".join(map(str, parts))

    @property
    def folder(self) -> str:
        root = table_folder(self.tenant, self.platform, self.table)
        return f"{root}/{self.started_at:%Y-%m-%d}/{self.id}"


class LandingError(Exception):
    """Landing cannot be written or read; the message names the place and the remedy."""


def new_fetch(tenant: str, platform: str, table: str, account: str, days: DayRange, now: datetime) -> Fetch:
    return Fetch(tenant, platform, table, account, now.astimezone(UTC), days, secrets.token_hex(3))


def table_folder(tenant: str, platform: str, table: str) -> str:
    return f"{tenant}/raw/{platform}/{table}"


class Landing:
    """The landing store of an installation."""

    def __init__(self, url: str):
        # What another process has landed since must be seen: no cached listings.
        self.fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        self.root = root.rstrip("/")

    def path(self, relative: str) -> str:
        return f"{self.root}/{relative}"

    def write_atomically(self, relative: str, content: bytes) -> None:
        """A file that is there whole or not at all."""
        path = self.path(relative)
        self.fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        try:
            if "file" not in self.fs.protocol:  # an object store shows whole objects alone
                self.fs.pipe_file(path, content)
                return
            draft = f"{path}.{secrets.token_hex(4)}.draft"
            self.fs.pipe_file(draft, content)
            self.fs.mv(draft, path)
        except Exception as error:  # each object store's driver has errors of its own
            raise _explained(error, path) from error

    def read(self, relative: str) -> bytes | None:
        try:
            return bytes(self.fs.cat_file(self.path(relative)))
        except FileNotFoundError:
            return None

    def folders(self, relative: str) -> list[str]:
        """Names below a folder, newest (largest) first; empty where the folder does not exist."""
        try:
            entries = self.fs.ls(self.path(relative), detail=False, refresh=True)
        except FileNotFoundError:
            return []
        return sorted((e.rstrip("/").rsplit("/", 1)[1] for e in entries), reverse=True)

    def fetches(self, tenant: str, platform: str, table: str) -> Iterator[tuple[str, DayRange, str]]:
        """Folder, window and account of each fetch of a table, newest first, complete or not."""
        root = table_folder(tenant, platform, table)
        for day in self.folders(root):
            for fetch_id in self.folders(f"{root}/{day}"):
                parts = fetch_id.split("_")
                if len(parts) == 5:
                    window = DayRange(date.fromisoformat(parts[2]), date.fromisoformat(parts[3]))
                    yield f"{root}/{day}/{fetch_id}", window, parts[1]

    def manifest(self, folder: str) -> Manifest | None:
        """The manifest of a fetch, or None where the fetch was not completed."""
        content = self.read(f"{folder}/manifest.json")
        return None if content is None else from_json(content, Manifest)

    def newest(
        self, tenant: str, platform: str, table: str, account: str, days: DayRange
    ) -> dict[date, Manifest]:
        """For each day the newest complete fetch whose window covers it; days without one are left out."""
        wanted = re.sub(r"[^A-Za-z0-9]", "", account) or "public"
        missing, found = set(days), dict[date, Manifest]()
        for folder, window, of_account in self.fetches(tenant, platform, table):
            covered = {d for d in missing if d in window} if of_account == wanted else set()
            manifest = self.manifest(folder) if covered else None
            if manifest is not None:
                found |= dict.fromkeys(covered, manifest)
                missing -= covered
            if not missing:
                break
        return found

    def lines(self, file: LandedFile, chunk_bytes: int) -> Iterator[tuple[int, bytes]]:
        """A part's records as chunks of whole lines, each with the number of its first line (from 0)."""
        if self.fs.size(self.path(file.place)) != file.bytes:
            raise LandingError(_damaged(file))
        with self.fs.open(self.path(file.place), "rb") as source:
            reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True)
            rest, first, size = b"", 0, 0
            while block := reader.read(chunk_bytes):
                size += len(block)
                block = rest + block
                cut = block.rfind(b"\n") + 1
                rest = block[cut:]
                if cut:
                    chunk = block[:cut]
                    yield first, chunk
                    first += chunk.count(b"\n")
            if rest or (first, size) != (file.records, file.raw_bytes):
                raise LandingError(_damaged(file))


def _damaged(file: LandedFile) -> str:
    return (
        f"{file.place} is not what its manifest says ({file.records} records in {file.bytes} bytes): it is "
        "damaged; remove its fetch folder and fetch these days again"
    )


class LandingWriter:
    """Writes one fetch. Use as a context manager; without `finish` the fetch leaves nothing behind."""

    def __init__(self, landing: Landing, fetch: Fetch):
        self._landing, self._fetch = landing, fetch
        self._pages: list[LandedPage] = []
        self._files: list[LandedFile] = []
        self._controls: list[LandedControl] = []
        self._drift: Counter[str] = Counter()
        self._part: _Part | None = None
        self._finished = False

    def __enter__(self) -> LandingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._discard()

    def page(self, page: Page, lines: list[bytes], drift: Counter[str]) -> None:
        """Land the masked records of one answer."""
        try:
            if self._part is None or self._part.raw_bytes >= PART_BYTES:
                self._close_part()
                self._part = _Part(self._landing, self._fetch.folder, len(self._files) + 1)
            first_line = self._part.write(lines)
        except Exception as error:  # each object store's driver has errors of its own
            raise _explained(error, self._landing.path(self._fetch.folder)) from error
        self._drift.update(drift)
        part = len(self._files) + 1
        request, envelope = dict(page.request), dict(page.envelope)
        self._pages.append(LandedPage(request, envelope, len(lines), part, first_line))

    def control(self, control: Control) -> None:
        figures = {name: str(value) for name, value in control.figures.items()}
        self._controls.append(LandedControl(control.day, figures))

    def finish(self, zone: str, now: datetime, calls: Mapping[str, float]) -> Manifest:
        """Close the parts and write the manifest, which makes the fetch count."""
        fetch = self._fetch
        try:
            self._close_part()
        except Exception as error:  # as above
            raise _explained(error, self._landing.path(fetch.folder)) from error
        manifest = Manifest(
            tenant=fetch.tenant,
            platform=fetch.platform,
            account=fetch.account,
            table=fetch.table,
            fetch_id=fetch.id,
            started_at=fetch.started_at,
            finished_at=now,
            first=fetch.days.first,
            last=fetch.days.last,
            zone=zone,
            pages=self._pages,
            files=self._files,
            controls=self._controls,
            drift=dict(self._drift),
            calls=dict(calls),
        )
        self._landing.write_atomically(f"{fetch.folder}/manifest.json", manifest.content)
        self._finished = True
        return manifest

    def _close_part(self) -> None:
        if self._part is not None:
            self._files.append(self._part.close())
            self._part = None

    def _discard(self) -> None:
        if self._part is not None:
            self._part.abandon()
        folder = self._landing.path(self._fetch.folder)
        if self._landing.fs.exists(folder):
            self._landing.fs.rm(folder, recursive=True)


class _Part:
    """One compressed file being written; every page is flushed as it comes."""

    def __init__(self, landing: Landing, folder: str, number: int):
        self._relative = f"{folder}/part-{number:05d}.jsonl.zst"
        landing.fs.makedirs(landing.path(folder), exist_ok=True)
        self._file = landing.fs.open(landing.path(self._relative), "wb")
        self._compressor = zstandard.ZstdCompressor(level=3).compressobj()
        self._hash = hashlib.sha256()
        self._bytes = self._records = self.raw_bytes = 0

    def write(self, lines: list[bytes]) -> int:
        first = self._records
        content = b"".join(line + b"\n" for line in lines)
        self._put(self._compressor.compress(content))
        self._put(self._compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
        self._records += len(lines)
        self.raw_bytes += len(content)
        return first

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._hash.update(content)
        self._bytes += len(content)

    def close(self) -> LandedFile:
        self._put(self._compressor.flush())
        self._file.close()
        return LandedFile(self._relative, self._records, self.raw_bytes, self._bytes, self._hash.hexdigest())

    def abandon(self) -> None:
        try:
            self._file.close()
        except OSError:
            # The disk is full or gone; the folder is removed next, and the first error is the one to tell.
            return


def _explained(error: Exception, path: str) -> LandingError:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return LandingError(
            f"no space left to land {path}; free space or set MARKETING_LANDING_URL elsewhere"
        )
    said = getattr(error, "strerror", None) or error
    return LandingError(f"cannot write {path}: {said}; check that the place is writable")
