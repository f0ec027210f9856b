"""Which series of a tenant are forecast, read off its days as they were known. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from marketing_assets.intelligence.facts import MATURING
from marketing_assets.intelligence.series import Bools, Floats

TENANT, PLATFORM, CAMPAIGN, PRODUCT = "tenant", "platform", "campaign", "product"
OTHERS = "others"

METRICS = ("revenue", "orders", "spend", "conversions", "profit")
_OF_TYPE = {
    TENANT: METRICS,
    PLATFORM: METRICS,
    CAMPAIGN: ("spend", "conversions"),
    PRODUCT: ("revenue", "profit"),
}
COUNTS = frozenset({"orders", "conversions", "spend"})
"""What cannot be negative, whatever a refund or a correction says of a day."""

_RECENT = timedelta(days=28)
_RANKED_BY = {CAMPAIGN: ("spend", 10), PRODUCT: ("revenue", 10)}
"""By what campaigns and products are chosen, and how many."""


@dataclass(frozen=True)
class Line:
    """One series: `values` of every day from `first` on, NaN where nothing was known, with `reconstructed`
    the days that were scaled back."""

    entity_type: str
    entity_id: str
    entity_name: str
    platform: str | None
    metric: str
    first: date
    values: Floats
    reconstructed: Bools

    @property
    def key(self) -> tuple[str, str, str]:
        return self.entity_type, self.entity_id, self.metric

    @property
    def next_day(self) -> date:
        return self.first + timedelta(days=len(self.values))

    def between(self, first: date, after: date) -> Floats:
        """Values of the days from `first` to the one before `after`; NaN where the series has none."""
        at = (first - self.first).days + np.arange(max((after - first).days, 0))
        found = np.full(len(at), np.nan)
        known = (at >= 0) & (at < len(self.values))
        found[known] = self.values[at[known]]
        return found


def lines(daily: pl.DataFrame, day: date, entities: Collection[str] | None = None) -> list[Line]:
    """The series of the whole days before `day`; `daily` has the columns of `history.COLUMNS`. Of campaigns
    and products those of `entities`, else the largest.

    Young days count at what they are expected to become, where that is known. What a platform or shop does
    not report is missing; a campaign or product without a row on a day of which the rest is known had
    nothing."""
    daily = daily.filter(pl.col("date") < day, pl.col("entity_type").is_in(list(_OF_TYPE)))
    daily = daily.with_columns(pl.coalesce(f"expected_{metric}", metric).alias(metric) for metric in MATURING)
    chosen = [
        daily.filter(pl.col("entity_type").is_in([TENANT, PLATFORM])),
        *(_chosen(daily.filter(pl.col("entity_type") == kind), kind, day, entities) for kind in _RANKED_BY),
    ]
    found = [line for rows in chosen for line in _lines_of(rows, day)]
    filled = [_with_zeros(line, found) for line in found]
    return [*filled, *_others(filled)]


def _chosen(rows: pl.DataFrame, kind: str, day: date, entities: Collection[str] | None) -> pl.DataFrame:
    """The rows of the entities; without any named, of the largest of the last four weeks."""
    if entities is not None:
        return rows.filter(pl.col("entity_id").is_in(sorted(entities)))
    metric, number = _RANKED_BY[kind]
    recent = rows.filter(pl.col("date") >= day - _RECENT)
    sums = recent.group_by("entity_id").agg(pl.col(metric).sum().alias("size"))
    largest = (
        sums.filter(pl.col("size") > 0).sort(["size", "entity_id"], descending=[True, False]).head(number)
    )
    return rows.join(largest.select("entity_id"), on="entity_id", how="semi")


def _lines_of(rows: pl.DataFrame, day: date) -> Iterator[Line]:
    for (kind, entity), own in rows.sort("date").group_by(["entity_type", "entity_id"], maintain_order=True):
        first, last = own["date"][0], own["date"][-1]
        at = (own["date"].to_numpy() - np.datetime64(first)).astype("timedelta64[D]").astype(int)
        size = (day - first).days
        reconstructed = np.zeros(size, bool)
        reconstructed[at] = own["is_reconstructed"].to_numpy()
        name, platform = own.filter(pl.col("date") == last).select("entity_name", "platform").row(0)
        for metric in _OF_TYPE[str(kind)]:
            known = own[metric].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            if not np.isfinite(known).any():
                continue
            values = np.full(size, np.nan)
            values[at] = np.maximum(known, 0.0) if metric in COUNTS else known
            yield Line(str(kind), str(entity), name, platform, metric, first, values, reconstructed)


def _with_zeros(line: Line, all_lines: Sequence[Line]) -> Line:
    """A campaign's or product's line with zeros on days on which its platform or the tenant is known."""
    if line.entity_type not in {CAMPAIGN, PRODUCT}:
        return line
    whole = _whole_of(line, all_lines)
    if whole is None:
        return line
    known = np.isfinite(whole.between(line.first, line.next_day))
    values = np.where(np.isnan(line.values) & known, 0.0, line.values)
    return Line(**{**line.__dict__, "values": values})


def _whole_of(line: Line, all_lines: Sequence[Line]) -> Line | None:
    kind, entity = (PLATFORM, line.platform) if line.entity_type == CAMPAIGN else (TENANT, "")
    return next((w for w in all_lines if w.key == (kind, entity, line.metric)), None)


def _others(found: Sequence[Line]) -> Iterator[Line]:
    """What a platform's campaigns beside the largest have together."""
    for whole in found:
        parts = [p for p in found if p.entity_type == CAMPAIGN and p.platform == whole.entity_id]
        parts = [p for p in parts if p.metric == whole.metric]
        if whole.entity_type != PLATFORM or not parts:
            continue
        of_parts = np.sum([np.nan_to_num(p.between(whole.first, whole.next_day)) for p in parts], axis=0)
        rest = np.maximum(whole.values - of_parts, 0.0)
        if np.nansum(rest[-_RECENT.days :]) > 0:
            yield Line(
                CAMPAIGN,
                f"{whole.entity_id}/{OTHERS}",
                "other campaigns",
                whole.entity_id,
                whole.metric,
                whole.first,
                rest,
                whole.reconstructed,
            )
