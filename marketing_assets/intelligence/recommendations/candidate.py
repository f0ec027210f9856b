"""Something worth telling people as of a day, before it is ranked and known again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

Row = Mapping[str, Any]
Names = Mapping[str, str]
"""What people call each platform."""


class Kind(StrEnum):
    """What a recommendation is about."""

    BUDGET = "budget_allocation"
    ANOMALY = "anomaly"
    PREDICTION = "prediction"
    ACTION = "action"


@dataclass(frozen=True)
class Candidate:
    """Something worth saying as of a day. Money is in `currency`.

    `expected_impact` is the money at stake, signed as its source says; None where it is no money. `subject`
    says what it is about, without figures and days.
    """

    kind: Kind
    subject: tuple[str, ...]
    title: str
    description: str
    current_value: float | None
    recommended_value: float | None
    expected_impact: float | None
    confidence: float
    currency: str | None = None
    platform: str | None = None
    campaign_id: str | None = None
    is_reconstructed: bool = False

    @property
    def key(self) -> str:
        return "/".join((self.kind.value, *self.subject))


def rows_of(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows, decimals as floats and what is not a number as nothing."""
    numbers = [name for name, dtype in frame.schema.items() if dtype.is_decimal() or dtype.is_float()]
    return frame.with_columns(pl.col(name).cast(pl.Float64).fill_nan(None) for name in numbers).to_dicts()
