"""From landing to a raw table: landed fetches become typed rows that replace whole days.

The same code serves a fresh fetch and a replay, so a replayed day equals a fetched one. Chunks stream
through; nothing holds a range in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from marketing_assets.ingest.ahead import ahead
from marketing_assets.ingest.dead_letters import DEAD_LETTERS, dead_letter_rows
from marketing_assets.ingest.duplicates import POSITION, Deduplicator, Superseded
from marketing_assets.ingest.landing import Landing, Manifest
from marketing_assets.ingest.validation import Frame, Judge, Validated
from marketing_assets.partitions import DayRange, group_consecutive, local_day
from marketing_assets.schema import DAY, Table
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.warehouse import Warehouse

CHUNK_BYTES = 2 * 1024 * 1024
_PART_SHIFT = 32


@dataclass
class Loaded:
    """What a load did, by day: rows written, dead letters; and duplicates dropped over all."""

    days: list[date]
    rows: dict[date, int] = field(default_factory=dict)
    dead: Counter[date] = field(default_factory=Counter)
    duplicates: int = 0

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def load(
    warehouse: Warehouse, landing: Landing, table: Table, fetches: Mapping[date, list[Manifest]]
) -> Loaded:
    """Replace the days of a raw table by what the given fetches of each day hold.

    `fetches` gives for each day one complete fetch for every connection of the tenant; a day is replaced
    whole, for all of them at once.
    """
    result = Loaded(days=sorted(fetches))
    for days in group_consecutive(fetches):
        sources = _sources({d: fetches[d] for d in days})
        losers: set[int] = set()
        while True:
            reading = _Reading(landing, table, days, sources, frozenset(losers))
            try:
                replaced = warehouse.replace_days("raw", TableSpec.from_table(table), days, reading.batches())
            except Superseded as superseded:
                losers |= superseded.positions
                continue
            break
        warehouse.replace_days(
            "ops", DEAD_LETTERS, days, reading.dead_batches(), only={"table_name": table.name}
        )
        result.rows |= {d: replaced.rows_by_day.get(d, 0) for d in days}
        result.dead.update(reading.dead_by_day())
        result.duplicates += reading.duplicates
    return result


def _sources(fetches: Mapping[date, list[Manifest]]) -> list[tuple[Manifest, set[date]]]:
    """Each fetch once, with the days that are taken from it."""
    by_id: dict[str, tuple[Manifest, set[date]]] = {}
    for day, manifests in fetches.items():
        for manifest in manifests:
            by_id.setdefault(manifest.fetch_id, (manifest, set()))[1].add(day)
    return list(by_id.values())


@dataclass(frozen=True)
class _Source:
    """Where rows come from: a part of a fetch (`part` counts over the whole load), and the days taken."""

    manifest: Manifest
    days: set[date]
    path: str
    part: int


class _Reading:
    """One pass over the landed parts of a range."""

    def __init__(
        self,
        landing: Landing,
        table: Table,
        days: DayRange,
        sources: list[tuple[Manifest, set[date]]],
        losers: frozenset[int],
    ):
        self._landing, self._table, self._days, self._sources = landing, table, days, sources
        self._deduplicator = Deduplicator(table, losers)
        self._dead: list[pl.DataFrame] = []

    @property
    def duplicates(self) -> int:
        return self._deduplicator.dropped

    def batches(self) -> Iterator[pl.DataFrame]:
        for judged, source in ahead(self._judged()):
            self._keep_dead(judged.dead, source)
            rows = judged.rows.filter(pl.col(DAY).is_in(list(source.days))).with_columns(
                (pl.col("line") + (source.part << _PART_SHIFT)).alias(POSITION),
                pl.lit(source.manifest.tenant).alias("tenant_id"),
                pl.lit(source.manifest.started_at).dt.convert_time_zone("UTC").alias("_ingested_at"),
                pl.lit(source.path).alias("_source_file"),
            )
            kept = self._deduplicator.keep(rows)
            yield kept.select(c.name for c in self._table.all_columns)
        self._deduplicator.finish()

    def _judged(self) -> Iterator[tuple[Validated, _Source]]:
        part = 0
        for manifest, days in self._sources:
            judge = Judge(self._table, _frame(manifest))
            for file in manifest.files:
                part += 1
                source = _Source(manifest, days, file.path, part)
                for first_line, chunk in self._landing.lines(file, CHUNK_BYTES):
                    yield judge.judge(chunk, first_line), source

    def _keep_dead(self, dead: pl.DataFrame, source: _Source) -> None:
        dead = dead.filter(pl.col(DAY).is_in(list(source.days)))
        if dead.height:
            self._dead.append(dead_letter_rows(self._table, source.manifest, source.path, dead))

    def dead_batches(self) -> Iterator[pl.DataFrame]:
        return iter(self._dead)

    def dead_by_day(self) -> Counter[date]:
        counts: Counter[date] = Counter()
        for frame in self._dead:
            counts.update(frame[DAY].to_list())
        return counts


def _frame(manifest: Manifest) -> Frame:
    snapshot_day = local_day(manifest.started_at, ZoneInfo(manifest.zone))
    return Frame(manifest.zone, manifest.days, snapshot_day)
