"""An amount spread over days, exactly: integers of the currency's smallest unit.

What the first days carry together is the amount's share up to there, rounded half to even; a day carries what
it adds to that. So no day is off by more than one unit, and all days add up to the amount.
"""

from __future__ import annotations


def share(units: int, days: int, place: int) -> int:
    """What the day at `place` (from 0) of `days` days carries of an amount of `units`."""
    return _of_the_first(units, days, place + 1) - _of_the_first(units, days, place)


def _of_the_first(units: int, days: int, count: int) -> int:
    whole, rest = divmod(units * count, days)
    return whole + (2 * rest > days or (2 * rest == days and whole % 2 == 1))
