"""The lines of one order: products, consumer quantities, prices and what comes back."""

import random
from collections.abc import Iterable
from dataclasses import replace

from marketing_assets.sandbox.anomalies import Kind
from marketing_assets.sandbox.catalogue import Catalogue, Item, Model, status
from marketing_assets.sandbox.orders import Line
from marketing_assets.sandbox.transactions import SourceLine

QUANTITY_EXPONENT = 0.35
"""12 pieces of a wholesale line become 2 for a consumer, 48 become 4."""
LARGEST_DISCOUNT = 0.30
PROMOTION_SHARE = 0.20
PROMOTION_DISCOUNTS = (0.05, 0.10, 0.15)
MESSY_SKU_SHARE = 0.015


def fill(
    rng: random.Random,
    catalogue: Catalogue,
    source: Iterable[SourceLine],
    created: int,
    planted: Kind | None,
) -> tuple[Line, ...]:
    """Order lines for source lines; goods deleted by then are left out, the same goods are added up."""
    lines: dict[str, Line] = {}
    for one in source:
        model = catalogue.by_description[one.description]
        item = catalogue.by_id[model.item_id]
        if status(item, created) != "NORMAL":
            continue
        quantity = max(1, round(one.quantity**QUANTITY_EXPONENT))
        if model.sku in lines:
            same = lines[model.sku]
            lines[model.sku] = replace(same, quantity=same.quantity + quantity)
        else:
            lines[model.sku] = _line(rng, item, model, one, quantity, planted)
    return tuple(lines.values())


def _line(
    rng: random.Random, item: Item, model: Model, source: SourceLine, quantity: int, planted: Kind | None
) -> Line:
    list_price = model.list_price
    if planted and planted.category == item.category_code:
        list_price = max(1, round(list_price * planted.prices))
    sku = _messy(rng, model.sku) if rng.random() < MESSY_SKU_SHARE else model.sku
    return Line(
        item_id=item.item_id,
        item_name=item.name,
        item_sku=item.sku if item.has_model else sku,
        model_id=model.model_id,
        model_name=model.name,
        sku=sku,
        quantity=quantity,
        list_price=list_price,
        paid_price=round(list_price * (1 - _discount(rng, model, source))),
        returned=min(quantity, max(1, round(quantity * source.returned_share)))
        if source.returned_share
        else 0,
        weight_gram=model.weight_gram,
    )


def _discount(rng: random.Random, model: Model, source: SourceLine) -> float:
    """What the seller takes off: as much as this buyer really paid below the median, else a promotion."""
    below = 1 - source.pounds / model.source_pounds
    if below > 0.01:
        return min(LARGEST_DISCOUNT, below)
    return rng.choice(PROMOTION_DISCOUNTS) if rng.random() < PROMOTION_SHARE else 0.0


def _messy(rng: random.Random, sku: str) -> str:
    """A SKU as people type it: other case, stray or missing characters."""
    return rng.choice((sku.lower(), f"{sku} ", f" {sku}", sku.replace("-", " - ", 1), sku.capitalize()))


def returned_by_wave(rng: random.Random, lines: tuple[Line, ...], planted: Kind | None) -> tuple[Line, ...]:
    """Under a planted wave of returns some orders come back whole."""
    if planted is None or not planted.returns or rng.random() >= planted.returns:
        return lines
    return tuple(replace(line, returned=line.quantity) for line in lines)
