"""What the warehouse holds of a tenant's days, as frames. Pure.

Money is in the reporting currency, as floats. Days are those of the tenant, for ads of the ad account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

ACCOUNT_DAY = ["date", "platform", "account_id"]
KEY = [*ACCOUNT_DAY, "campaign_id"]

OF_SHOPS = ("revenue", "orders", "units")
OF_ADS = ("spend", "impressions", "clicks", "conversions", "conversion_value")
FIGURES = (*OF_SHOPS, *OF_ADS, "profit")
MATURING = ("revenue", "orders", "conversions", "conversion_value")
"""What changes for weeks; `expected_<metric>` is what it will have become, null where that is not known."""


@dataclass(frozen=True)
class Facts:
    """What the warehouse holds of a tenant's days. Figures are f64, money in the reporting currency.

    `shops`: a row a shop and day, zeros included: date, platform, account_id, account_name, `OF_SHOPS`,
    contribution (profit before marketing), marketing (allocated to it).
    `ads`: a row a campaign and day: date, platform, account_id, account_name, campaign_id, campaign_name,
    `OF_ADS`, contribution (profit it brought before its spend); an account's day without campaigns has a row
    of zeros without a campaign_id.
    `products`: date, sku, name, revenue, units, profit. `other_costs`: date, amount.
    `looks`: what each fetch said: `KEY` (campaign_id empty for shops), observed_at (an instant of UTC),
    days_after, `OF_SHOPS`, `OF_ADS`.
    `growth`: `ACCOUNT_DAY`, metric, observed_at, growth (expected final ÷ then known).
    `curve`: platform, metric, days_after, share_known.
    `settles_after`: days after which a platform's day is final.
    """

    shops: pl.DataFrame
    ads: pl.DataFrame
    products: pl.DataFrame
    other_costs: pl.DataFrame
    looks: pl.DataFrame
    growth: pl.DataFrame
    curve: pl.DataFrame
    settles_after: Mapping[str, int]
