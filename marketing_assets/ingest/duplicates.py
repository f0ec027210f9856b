"""One row a key: of records that came twice in one load, the newest is kept.

Platforms move records between pages while one reads, so the same record, or two versions of it, can arrive
twice. Keys are compared across the whole load without holding its rows: only two 64-bit hashes, the version
and the position of each row are remembered (about 40 bytes a row).
"""

from __future__ import annotations

import polars as pl

from marketing_assets.schema import Table

POSITION = "_position"


class Superseded(Exception):
    """Rows already handed on turned out older than later ones; load again without these positions."""

    def __init__(self, positions: set[int]):
        self.positions = positions
        super().__init__(f"{len(positions)} rows were superseded by later records of the same key")


class Deduplicator:
    """Sees the batches of one load in order. A batch needs the key, `raw_json` and `_position` columns."""

    def __init__(self, table: Table, known_losers: frozenset[int] = frozenset()):
        self._table = table
        self._known_losers = known_losers
        self._seen = pl.DataFrame(schema=_SEEN)
        self._superseded: set[int] = set()
        self.dropped = 0

    def keep(self, batch: pl.DataFrame) -> pl.DataFrame:
        """The rows of a batch that are not beaten by another record seen so far."""
        if self._known_losers:
            kept = batch.filter(~pl.col(POSITION).is_in(list(self._known_losers)))
            self.dropped += batch.height - kept.height
            batch = kept
        marks = batch.select(*self._marks()).sort("version", "position")
        marks = marks.unique(["h1", "h2"], keep="last", maintain_order=True)
        marks = self._against_earlier(marks)
        self._seen = pl.concat([self._seen, marks])
        if marks.height == batch.height:
            return batch
        self.dropped += batch.height - marks.height
        return batch.join(marks.select(pl.col("position").alias(POSITION)), on=POSITION, how="semi")

    def finish(self) -> None:
        """Forget the rows; raises `Superseded` where one that was handed on lost against a later one."""
        self._seen = self._seen.clear()
        if self._superseded:
            raise Superseded(self._superseded)

    def _marks(self) -> list[pl.Expr]:
        key = pl.struct(self._table.key)
        version = pl.lit(0, pl.Int64)
        if self._table.version:
            version = pl.col(self._table.version).cast(pl.Int64).fill_null(-1)
        return [
            key.hash(seed=1).alias("h1"),
            key.hash(seed=2).alias("h2"),
            version.alias("version"),
            pl.col("raw_json").hash().alias("content"),
            pl.col(POSITION).alias("position"),
        ]

    def _against_earlier(self, marks: pl.DataFrame) -> pl.DataFrame:
        # Looking the few up among the many needs no hash table of the many.
        near = self._seen.filter(pl.col("h1").is_in(marks["h1"].implode()))
        if near.is_empty():
            return marks
        both = marks.join(near, on=["h1", "h2"], how="inner", suffix="_seen")
        if both.is_empty():
            return marks
        same_age = pl.col("version") == pl.col("version_seen")
        newer = (pl.col("version") > pl.col("version_seen")) | (
            same_age & (pl.col("content") != pl.col("content_seen"))
        )
        beaten = both.filter(newer)["position_seen"].to_list()
        self._superseded.update(beaten)
        self._seen = self._seen.filter(~pl.col("position").is_in(beaten))
        return marks.join(both.filter(~newer).select("position"), on="position", how="anti")


_SEEN = {"h1": pl.UInt64, "h2": pl.UInt64, "version": pl.Int64, "content": pl.UInt64, "position": pl.Int64}
