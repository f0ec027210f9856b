"""A tenant's days as they were known on a day: one long frame of figures by entity. Pure.

A day was known by the newest look at it before the moment asked about. An account's or shop's day that was
first looked at later is scaled back: what the first look said × the share that is usually known so early ÷
the share usually known when it was looked at. Such rows are marked `is_reconstructed`. Where no share is
known, the value stays as it was first seen.

Money is in the reporting currency, as floats. Days are those of the tenant, for ads of the ad account.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl

from marketing_assets.intelligence.facts import ACCOUNT_DAY, FIGURES, KEY, MATURING, OF_ADS, OF_SHOPS, Facts
from marketing_assets.intelligence.maturing import matured, scaled_back, share_of_now

COLUMNS = (
    "date",
    "entity_type",
    "entity_id",
    "entity_name",
    "platform",
    *FIGURES,
    *(f"expected_{metric}" for metric in MATURING),
    "is_final",
    "is_reconstructed",
)
"""Of `as_of`: `date` a date; names text, `platform` null for tenant and products; figures f64, null where an
entity has no such figure; two booleans."""


def as_of(facts: Facts, day: date, known_until: datetime, tenant_name: str = "") -> pl.DataFrame:
    """The whole days before `day` as they were known at the instant `known_until`; columns as in `COLUMNS`.

    An entity has a row for each day of which something was known of it; a day without a row is missing, not
    zero.
    """
    days = [f["date"] for f in (facts.shops, facts.ads, facts.looks)]
    dates = pl.concat(days).unique().to_frame().filter(pl.col("date") < day)
    mornings = dates.with_columns(as_of=pl.lit(day), known_until=pl.lit(known_until.astimezone(UTC)))
    return as_known(facts, mornings, tenant_name)


def as_known(facts: Facts, mornings: pl.DataFrame, tenant_name: str = "") -> pl.DataFrame:
    """As `as_of`, each day by a morning of its own: `mornings` says of each `date` as of which day (`as_of`)
    and up to which instant of UTC (`known_until`) it was known.

    With the morning after each day, every day is told as it was told first.
    """
    mornings = mornings.with_columns(pl.col("known_until").cast(pl.Datetime("us", "UTC")))
    shops = _known(facts, facts.shops, OF_SHOPS, mornings)
    ads = _known(facts, facts.ads, OF_ADS, mornings)
    grown = share_of_now(shops, "revenue")
    shops = shops.with_columns(contribution=pl.col("contribution") * grown).with_columns(
        profit=pl.col("contribution") - pl.col("marketing")
    )
    ads = ads.with_columns(
        profit=pl.col("contribution") * share_of_now(ads, "conversion_value") - pl.col("spend")
    )
    parts = [
        _entities(shops, "shop", ["platform", "account_id"], pl.col("account_name")),
        _entities(ads, "account", ["platform", "account_id"], pl.col("account_name")),
        _entities(ads, "campaign", ["platform", "account_id", "campaign_id"], pl.col("campaign_name")),
        _entities(shops, "platform", ["platform"], pl.col("platform")),
        _entities(ads, "platform", ["platform"], pl.col("platform")),
        _products(facts.products, shops),
    ]
    rows = pl.concat([_whole(p) for p in [*parts, _tenant(shops, ads, facts.other_costs, tenant_name)]])
    return rows.sort("entity_type", "entity_id", "date")


def _known(facts: Facts, now: pl.DataFrame, metrics: Sequence[str], mornings: pl.DataFrame) -> pl.DataFrame:
    """Rows of `now` with the figures that were known; `now_<metric>` is what is known today."""
    now = now.join(mornings, on="date", how="semi")
    if "campaign_id" not in now.columns:
        now = now.with_columns(campaign_id=pl.lit(""))
    platforms = now["platform"].unique().to_list()
    looks = facts.looks.join(mornings, on="date").filter(pl.col("platform").is_in(platforms))
    looks = looks.sort("observed_at")
    then = (
        looks.filter(pl.col("observed_at") < pl.col("known_until")).group_by(KEY, maintain_order=True).last()
    )
    seen = then.select(ACCOUNT_DAY).unique()
    later = looks.join(seen, on=ACCOUNT_DAY, how="anti").group_by(KEY, maintain_order=True).first()
    told = pl.concat([then.with_columns(is_reconstructed=False), later.with_columns(is_reconstructed=True)])
    told = told.select(*KEY, "days_after", "is_reconstructed", *metrics)
    rows = now.rename({m: f"now_{m}" for m in metrics}).join(told, on=KEY, how="full", coalesce=True)
    rows = _named(rows)
    of_seen = rows.join(seen.with_columns(was_seen=pl.lit(True)), on=ACCOUNT_DAY, how="left")
    # Of a day that was looked at, what no look had was not there; of any other, today's word stands.
    rows = of_seen.filter(
        pl.col("days_after").is_not_null() | pl.col("was_seen").is_null() | _is_zero(metrics)
    )
    rows = rows.join(mornings, on="date").with_columns(
        (pl.col("as_of") - pl.col("date")).dt.total_days().alias("age"),
        pl.coalesce("is_reconstructed", ~_is_zero(metrics)),
        *(pl.coalesce(m, f"now_{m}").fill_null(0.0).alias(m) for m in metrics),
    )
    settles = {p: facts.settles_after.get(p, 0) for p in platforms}
    rows = rows.with_columns(
        settles_after=pl.col("platform").replace_strict(settles, default=0, return_dtype=pl.Int64)
    ).with_columns(is_final=pl.col("age") >= pl.col("settles_after"))
    # Sums of floats depend on their order; joins keep none.
    return matured(scaled_back(rows, facts.curve, metrics), facts, metrics).sort(KEY)


def _is_zero(metrics: Sequence[str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(f"now_{m}").fill_null(0.0) == 0 for m in metrics)


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """What only a look knows is named as on other days."""
    for name, by in (("account_name", ["platform", "account_id"]), ("campaign_name", KEY[1:])):
        if name in rows.columns:
            rows = rows.with_columns(
                pl.coalesce(name, pl.col(name).drop_nulls().last().over(by), pl.lit("")).alias(name)
            )
    return rows.with_columns(
        pl.col(c).fill_null(0.0) for c in ("contribution", "marketing") if c in rows.columns
    )


def _entities(rows: pl.DataFrame, kind: str, key: Sequence[str], name: pl.Expr) -> pl.DataFrame:
    """Sums of the rows by entity and day."""
    if kind == "campaign":
        rows = rows.filter(pl.col("campaign_id") != "")
    return (
        rows.sort("date", maintain_order=True)
        .with_columns(entity_id=pl.concat_str(key, separator="/"), entity_name=name.last().over(key))
        .group_by("date", "entity_id", maintain_order=True)
        .agg(pl.col("entity_name", "platform").last(), *_sums(rows))
        .with_columns(entity_type=pl.lit(kind))
    )


def _sums(rows: pl.DataFrame) -> list[pl.Expr]:
    """Figures summed; an expectation only where each part has one."""
    expected = [c for c in rows.columns if c.startswith("expected_")]
    return [
        pl.col([c for c in rows.columns if c in FIGURES]).sum(),
        *(pl.when(pl.col(c).null_count() == 0).then(pl.col(c).sum()).alias(c) for c in expected),
        pl.col("is_final").all(),
        pl.col("is_reconstructed").any(),
    ]


def _products(products: pl.DataFrame, shops: pl.DataFrame) -> pl.DataFrame:
    """Products by day, at the share of the day's revenue that was known."""
    share = shops.group_by("date").agg(
        (pl.col("revenue").sum() / pl.col("now_revenue").sum()).fill_nan(1.0).alias("share"),
        pl.col("is_final").all(),
        pl.col("is_reconstructed").any(),
    )
    figures = ("revenue", "units", "profit")
    return (
        products.join(share, on="date")
        .with_columns(
            pl.col(f) * pl.when(pl.col("share").is_finite()).then("share").otherwise(1.0) for f in figures
        )
        .sort("date", "sku")
        .with_columns(entity_name=pl.col("name").last().over("sku"))
        .select(
            "date",
            *figures,
            "is_final",
            "is_reconstructed",
            "entity_name",
            entity_type=pl.lit("product"),
            entity_id=pl.col("sku"),
        )
    )


def _tenant(
    shops: pl.DataFrame, ads: pl.DataFrame, other_costs: pl.DataFrame, tenant_name: str
) -> pl.DataFrame:
    """The tenant's days: those of which each kind of account that it has by then is known."""
    sold = shops.group_by("date").agg(*_sums(shops.drop("profit")), pl.col("contribution").sum())
    spent = ads.group_by("date").agg(*_sums(ads.drop("profit")))
    if sold.is_empty() or spent.is_empty():
        rows = spent if sold.is_empty() else sold
    else:
        rows = sold.join(spent, on="date", how="full", coalesce=True, suffix="_of_ads")
        rows = rows.with_columns(
            is_final=pl.col("is_final").fill_null(True) & pl.col("is_final_of_ads").fill_null(True),
            is_reconstructed=pl.any_horizontal("is_reconstructed", "is_reconstructed_of_ads").fill_null(
                False
            ),
        )
    costs = other_costs.group_by("date").agg(pl.col("amount").sum())
    profit = pl.lit(None, pl.Float64)
    if "contribution" in rows.columns:
        spend = pl.col("spend").fill_null(0.0) if "spend" in rows.columns else pl.lit(0.0)
        profit = pl.col("contribution") - spend - pl.col("amount").fill_null(0.0)
    return rows.join(costs, on="date", how="left").with_columns(
        profit=profit,
        entity_type=pl.lit("tenant"),
        entity_id=pl.lit(""),
        entity_name=pl.lit(tenant_name),
        platform=pl.lit(None, pl.String),
    )


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """The columns of `COLUMNS`; figures that the entity does not have are null."""
    missing = [c for c in COLUMNS if c not in rows.columns]
    absent = {c: pl.lit(None, pl.String if c == "platform" else pl.Float64) for c in missing}
    return rows.with_columns(**absent).select(COLUMNS)
