"""Python's cyclic garbage collector in processes that hold definitions."""

from __future__ import annotations

import gc

_YOUNG_OBJECTS = 50_000
"""New containers until the young are looked through; Python's 700 are ten looks for each small model."""


def leave_definitions_alone() -> None:
    """Call once definitions are loaded: they live as long as the process, and are many.

    Looking through them again and again was a tenth of the processor time of a refresh.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 50)
