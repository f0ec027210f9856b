"""Items made ahead in another thread come in order, and their errors at their place."""

import threading
from collections.abc import Iterator

import pytest

from marketing_assets.ingest.ahead import ahead


def test_items_come_in_order_and_never_far_ahead() -> None:
    made: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number

    for taken, number in enumerate(ahead(numbers(), depth=3)):
        assert number == taken
        assert len(made) <= taken + 4
    assert made == list(range(50))


def test_an_error_is_raised_at_the_place_of_its_item() -> None:
    def two_then_none() -> Iterator[int]:
        yield from (1, 2)
        raise LookupError("the third")

    taken: list[int] = []
    with pytest.raises(LookupError, match="the third"):
        taken += ahead(two_then_none(), depth=1)
        pytest.fail("the error was swallowed")
    items = ahead(two_then_none())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(LookupError, match="the third"):
        next(items)


def test_who_stops_early_leaves_no_thread_behind() -> None:
    items = ahead(iter(range(1000)))
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert [t.name for t in threading.enumerate() if t.name.startswith("ahead")] == []
