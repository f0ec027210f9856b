"""Countries whose public holidays are known, by their ISO 3166 codes."""

from __future__ import annotations

import holidays


def is_known_market(market: str) -> bool:
    return market in holidays.list_supported_countries()
