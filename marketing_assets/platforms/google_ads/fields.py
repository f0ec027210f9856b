"""How a field is named in an answer (`adGroupAd.ad.id`) and in a query (`ad_group_ad.ad.id`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from marketing_assets.schema import Column

CONTEXT = "_context"
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def query_name(path: str) -> str:
    """The name in a query of a field that is named by its path in an answer."""
    return _HUMP.sub(r"_\1", path).lower()


def selected(columns: Iterable[Column]) -> tuple[str, ...]:
    """What a query selects for columns; what the client adds itself is left out."""
    return tuple(query_name(".".join(c.path)) for c in columns if c.path[0] != CONTEXT)


def resource_names(columns: Iterable[Column]) -> tuple[str, ...]:
    """Google puts `resourceName` into every object of an answer, asked for or not."""
    parents = {".".join(c.path[:depth]) for c in columns for depth in range(1, len(c.path))}
    parents -= {"metrics", "segments", CONTEXT}
    return tuple(f"{parent}.resourceName" for parent in sorted(parents | {"customer"}))
