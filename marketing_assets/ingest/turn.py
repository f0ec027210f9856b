"""One at a time on a raw table: from the first call to the last comparison.

Two runs of the same days may overlap. Without turns the one that asked first could write last, and the
other's newer numbers would be lost; or one would compare its controls with the other's rows. The lock is
the operating system's, so a run that is killed leaves none behind. (A pool of Dagster's keeps the slots of
a killed run for ever, and a run that waits for one keeps a processor busy.)
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from marketing_assets.locks import exclusive
from marketing_assets.settings import Settings

LONGEST_SECONDS = 24 * 3600
"""How long one waits for another run; fetching years from a slow platform takes hours."""


def turn(settings: Settings, tenant_id: str, table: str) -> AbstractContextManager[None]:
    """The turn at a raw table of a tenant; waits for whoever has it."""
    path = settings.home.absolute() / "locks" / tenant_id / f"{table}.lock"
    return exclusive(path, LONGEST_SECONDS, f"{tenant_id}/raw/{table}")
