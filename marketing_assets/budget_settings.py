"""What a tenant allows budget recommendations to do: section `budgets` of its file, with defaults."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Amount = Annotated[Decimal, Field(ge=0)]


class BudgetAdvice(BaseModel):
    """Bounds of recommended daily spend; amounts are a day's, in the reporting currency."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    goal: Literal["profit", "revenue"] = Field(
        "profit", description="What budgets are to bring; profit is contribution before ads, less spend."
    )
    may_change_total: bool = Field(
        False, description="Whether the total may be raised or lowered, where the goal is profit."
    )
    step: Decimal = Field(
        Decimal("0.3"), gt=0, le=1, description="Share by which a budget may move against the week before."
    )
    explore: Decimal = Field(
        Decimal("0.05"), ge=0, le=Decimal("0.2"), description="Share of the total moved to learn; 0: never."
    )
    lowest: dict[str, Amount] = Field(
        default_factory=dict, description="Least daily spend of a platform, by its name."
    )
    highest: dict[str, Amount] = Field(
        default_factory=dict, description="Most daily spend of a platform, by its name."
    )
