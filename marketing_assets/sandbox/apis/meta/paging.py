"""Cursor paging as Meta does it: `cursors.after` is there on every page, `next` only where more follows."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from marketing_assets.sandbox.apis.meta.errors import parameter

Record = TypeVar("Record")

DEFAULT_LIMIT = 25


def cursor(position: int) -> str:
    """An opaque mark between two records."""
    return base64.b64encode(str(position).encode()).decode().rstrip("=") + "ZD"


def position(text: str) -> int:
    """The place a cursor marks."""
    raw = text.removesuffix("ZD")
    try:
        return int(base64.b64decode(raw + "=" * (-len(raw) % 4)))
    except (ValueError, binascii.Error):
        raise parameter("Invalid cursors values", 1349154) from None


def limit_of(params: Mapping[str, str], most: int) -> int:
    """Records per page; asking for more than `most` silently gives `most`."""
    text = params.get("limit", str(DEFAULT_LIMIT))
    if not text.isdigit() or int(text) == 0:
        raise parameter(f"param limit must be a positive integer, got {text}")
    return min(int(text), most)


def window(params: Mapping[str, str], limit: int) -> int:
    """Where the asked page begins."""
    if "after" in params:
        return position(params["after"])
    if "before" in params:
        return max(0, position(params["before"]) - limit)
    return 0


def links(
    url: str, params: Mapping[str, str], start: int, shown: int, following: int | None
) -> dict[str, Any]:
    """The `paging` member of a page of `shown` records from `start`; `following`: where the next begins."""
    kept = {key: value for key, value in params.items() if key not in ("after", "before", "appsecret_proof")}
    after = cursor(following if following is not None else start + shown)
    paging: dict[str, Any] = {"cursors": {"before": cursor(start), "after": after}}
    if following is not None:
        paging["next"] = f"{url}?{urlencode({**kept, 'after': after})}"
    if start > 0:
        paging["previous"] = f"{url}?{urlencode({**kept, 'before': cursor(start)})}"
    return paging


def cut(records: Sequence[Record], start: int, limit: int) -> list[Record]:
    """The records of one page."""
    return list(records[start : start + limit])
