"""The checks that go along with a run over chosen assets.

Where a run is asked for with assets alone, Dagster takes every check of theirs along: also those that have a
job of their own, which the tenant's job leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg


class Along:
    """Checks by asset, out of the definitions given: those that stay apart are not among them."""

    def __init__(self, definitions: Iterable[dg.AssetsDefinition] = ()):
        self._of: dict[dg.AssetKey, list[dg.AssetCheckKey]] = {}
        for key in sorted({key for each in definitions for key in each.check_keys}):
            self._of.setdefault(key.asset_key, []).append(key)

    def on(self, assets: Iterable[dg.AssetKey]) -> list[dg.AssetCheckKey] | None:
        """The checks of these assets; None (whatever Dagster finds) where no check is known at all."""
        return [check for key in assets for check in self._of.get(key, [])] if self._of else None
