"""The plain sentences of budget recommendations. Pure."""

from __future__ import annotations

from typing import Protocol


class Range(Protocol):
    """An expectation with its 80 % interval."""

    @property
    def mean(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def moved_reason(up: bool, marginal: float, beside: float | None) -> str:
    """Why a channel moves: what the next unit of money brings here and where the money comes from or goes."""
    here = f"{'Another' if up else 'The last'} 100 a day {'is expected to bring' if up else 'brings'}"
    told = f"{here} {100 * marginal:,.0f} of revenue here"
    if beside is None:
        return f"{told}, which is {'more' if up else 'less'} than it costs after the cost of goods."
    return f"{told}, against {100 * beside:,.0f} where it {'comes from' if up else 'goes'}."


def held_reason(days: int) -> str:
    return f"It has spent on {days} days only, which is too little to tell what it brings."


def nothing_reason(worth: Range | None, goal: str) -> str:
    """Why a channel does not move; `worth` is of what moves elsewhere."""
    if worth is None:
        return "Do nothing: no other split is expected to bring more than its uncertainty is worth."
    return f"It stays: what else moves is expected to bring {worth.mean:,.0f} of {goal} a day without it."
