"""What tests of Google's tables fetch, and how they read it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from marketing_assets.platforms import google_ads
from marketing_assets.platforms.google_ads.performance import FIGURES
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import Loaded, asked

TABLES = {table.name.removeprefix("google_ads_"): table for table in google_ads.PLATFORM.tables}
WEEK = (date(2026, 11, 9), date(2026, 11, 15))
LONG = (date(2026, 9, 20), date(2026, 11, 15))
DAY = date(2026, 11, 20)


def sums(loaded: Loaded) -> dict[date, dict[str, Decimal]]:
    """What the records add up to by day."""
    found: dict[date, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(FIGURES, Decimal(0)))
    for row in loaded.records:
        day, told = found[date.fromisoformat(row["segments"]["date"])], row["metrics"]
        day["impressions"] += int(told["impressions"])
        day["clicks"] += int(told["clicks"])
        day["cost"] += Decimal(told["costMicros"]) / 1_000_000
        day["conversions"] += Decimal(str(told["conversions"]))
        day["conversions_value"] += Decimal(str(told["conversionsValue"]))
    return dict(found)


def queries(sandbox: Sandbox, resource: str) -> list[str]:
    """The queries that streamed a resource, in order."""
    told = (query.get("query", "") for query in asked(sandbox, ":searchStream"))
    return [query for query in told if f" FROM {resource} " in f"{query} "]
