"""Something that is wrong, as a plain value: about what, since when, how much money, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from marketing_assets.redaction import redact

_LONGEST = 1000


class Key(NamedTuple):
    """What an incident is about: asset, check (or step, or `connection`), entity (empty: the asset)."""

    asset: str
    check: str
    entity: str = ""


@dataclass(frozen=True)
class Days:
    """The partitions of a verdict, ISO days; None where it has none."""

    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that is wrong. Money is in `currency`; `since` is an ISO date."""

    key: Key
    kind: str
    severity: str
    text: str
    days: Days = Days()
    covers: frozenset[str] = frozenset()
    """The assets it speaks of."""
    money: Decimal | None = None
    currency: str = ""
    since: str = ""
    likely_cause: str = ""
    next_step: str = ""
    metric: str = ""
    metric_filter: Mapping[str, str] = field(default_factory=dict)
    explains: tuple[Finding, ...] = ()
    """What follows from it and gets no incident of its own."""


def clean(text: str) -> str:
    """One paragraph without secrets, at most `_LONGEST` characters."""
    flat = " ".join(redact(text).split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
