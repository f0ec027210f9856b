"""Shopify's search syntax, as far as it compares instants: `updated_at:>='…' AND updated_at:<'…'`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from marketing_assets.sandbox.apis.shopify.errors import GraphError

TERM = re.compile(r"(created_at|updated_at):(>=|<=|>|<)'?([0-9TZ:+.\-]+)'?")
FOREVER = 2**40


@dataclass(frozen=True)
class Between:
    """Instants in Unix seconds, both included."""

    first: int = 0
    last: int = FOREVER


def read(query: str | None) -> dict[str, Between]:
    """The stretch of each field that a query names."""
    found: dict[str, Between] = {}
    for text in (query or "").split(" AND "):
        if not text.strip():
            continue
        term = TERM.fullmatch(text.strip())
        if term is None:
            raise GraphError("INVALID", f"the search {text.strip()!r} is not served here")
        name, sign, value = term.groups()
        at = _seconds(value)
        held = found.get(name, Between())
        first = max(held.first, at + (sign == ">")) if ">" in sign else held.first
        last = min(held.last, at - (sign == "<")) if "<" in sign else held.last
        found[name] = Between(first, last)
    return found


def _seconds(value: str) -> int:
    moment = datetime.fromisoformat(value)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
