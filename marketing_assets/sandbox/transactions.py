"""The real order lines behind the world, ready to be looked up by date.

Source: UCI "Online Retail" (see ``data/README.md``). Times are the source's own clock, without a zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

SOURCE = Path(__file__).parent / "data" / "online_retail.parquet"

NOT_GOODS = (
    r"POSTAGE|CARRIAGE|MANUAL|DOTCOM|BANK CHARGES|SAMPLES|COMMISSION|DISCOUNT|GIFT VOUCHER|ADJUST|DEBT"
)
RETURNS_WITHIN = "60d"


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One bought line: ``second`` of its day, pounds per unit, and the part of it brought back later."""

    second: int
    customer: int
    description: str
    quantity: int
    pounds: float
    returned_share: float


@cache
def sales() -> pl.DataFrame:
    """Goods bought, in order of time: ``invoice_date description customer_id quantity unit_price_gbp
    returned_share``. A negative line of the same customer and description within 60 days is a return of the
    latest purchase before it."""
    lines = pl.read_parquet(SOURCE).with_columns(
        pl.col("description").str.strip_chars().str.replace_all(r"\s+", " ")
    )
    goods = lines.filter(
        pl.col("description").is_not_null()
        & (pl.col("description") == pl.col("description").str.to_uppercase())
        & pl.col("description").str.contains(" ")
        & ~pl.col("description").str.contains(NOT_GOODS)
    ).sort("invoice_date", maintain_order=True)
    bought = goods.filter((pl.col("quantity") > 0) & (pl.col("unit_price_gbp") > 0)).with_row_index("line")
    brought_back = (
        goods.filter((pl.col("quantity") < 0) & pl.col("customer_id").is_not_null())
        .select("invoice_date", "customer_id", "description", back=-pl.col("quantity"))
        .join_asof(
            bought.filter(pl.col("customer_id").is_not_null()).select(
                "line", "invoice_date", "customer_id", "description"
            ),
            on="invoice_date",
            by=["customer_id", "description"],
            tolerance=RETURNS_WITHIN,
            check_sortedness=False,
        )
        .drop_nulls("line")
        .group_by("line")
        .agg(pl.col("back").sum())
    )
    return bought.join(brought_back, on="line", how="left", maintain_order="left").select(
        "invoice_date",
        "description",
        pl.col("customer_id").fill_null(0),
        "quantity",
        "unit_price_gbp",
        returned_share=(pl.col("back").fill_null(0) / pl.col("quantity")).clip(0, 1),
    )


@cache
def popularity() -> list[tuple[str, float]]:
    """``(description, median pounds)`` of everything sold, the most often bought first."""
    ranked = (
        sales()
        .group_by("description")
        .agg(lines=pl.len(), pounds=pl.col("unit_price_gbp").median())
        .sort(["lines", "description"], descending=[True, False])
    )
    return list(ranked.select("description", "pounds").iter_rows())


class Transactions:
    """The lines of a set of descriptions, by source date."""

    def __init__(self, descriptions: set[str]) -> None:
        wanted = sales().filter(pl.col("description").is_in(list(descriptions)))
        moment = pl.col("invoice_date")
        self._by_date: dict[date, pl.DataFrame] = {
            key[0]: frame
            for key, frame in wanted.select(
                moment.dt.date().alias("date"),
                (moment.dt.hour().cast(pl.Int32) * 3600 + moment.dt.minute().cast(pl.Int32) * 60).alias(
                    "second"
                ),
                "customer_id",
                "description",
                "quantity",
                "unit_price_gbp",
                "returned_share",
            )
            .partition_by("date", as_dict=True, maintain_order=True, include_key=False)
            .items()
        }

    def dates(self) -> Iterator[date]:
        """The dates with trade."""
        yield from self._by_date

    def line_count(self) -> int:
        return sum(frame.height for frame in self._by_date.values())

    def lines(self, day: date) -> list[SourceLine]:
        """The day's lines in order of time; none on a day without trade."""
        frame = self._by_date.get(day)
        return [] if frame is None else [SourceLine(*row) for row in frame.iter_rows()]
