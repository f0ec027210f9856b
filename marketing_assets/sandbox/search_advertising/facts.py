"""What every ad did on a day and device, as whole numbers that add up; Performance Max has no ads.

One row per cell (campaign, ad if any, device), one column per part. Splits keep every total: each part is
laid along a line that is cut at the shares.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from marketing_assets.sandbox.advertising.draws import generator
from marketing_assets.sandbox.search_advertising import maturing
from marketing_assets.sandbox.search_advertising.nodes import Ad, Campaign, ads_running, running
from marketing_assets.sandbox.search_advertising.plan import Channel
from marketing_assets.sandbox.search_advertising.response import shares_caused, spend

DEVICES: dict[Channel, dict[str, float]] = {
    "SEARCH": {"MOBILE": 0.66, "DESKTOP": 0.29, "TABLET": 0.05},
    "SHOPPING": {"MOBILE": 0.7, "DESKTOP": 0.26, "TABLET": 0.04},
    "PERFORMANCE_MAX": {"MOBILE": 0.68, "DESKTOP": 0.2, "TABLET": 0.06, "CONNECTED_TV": 0.06},
}
PARTS = ("cost", "impressions", "clicks", "views", "conversions", "others", "value", "others_value")
"""Money in hundredths of the currency, conversions in hundredths; `others`: actions that bidding does not
count, `views`: conversions after a view without a click."""
PART = {name: place for place, name in enumerate(PARTS)}
COUNTS = PARTS[:6]
OTHERS_PER_CONVERSION = 2.4
WORTH_OF_OTHERS = 0.04


@dataclass(frozen=True, slots=True)
class Cell:
    campaign: Campaign
    ad: Ad | None
    device: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day's cells and their final counts (cells x COUNTS).

    `worth`: hundredths of the currency per conversion. `refund`: share of the cost taken back in the end.
    `chance`: cells x COUNTS numbers in [0, 1) that round the counts while they grow.
    """

    cells: tuple[Cell, ...]
    counts: np.ndarray
    worth: np.ndarray
    refund: np.ndarray
    chance: np.ndarray


def whole_day(seed: int, tenant: str, day: date, orders: int, order_value: Decimal) -> Day | None:
    """The day's final numbers; `order_value` is the mean order in the account's currency. None: nothing
    ran."""
    rng = generator(seed, "google ads", tenant, day)
    cells: list[Cell] = []
    counts: list[np.ndarray] = []
    worth: list[np.ndarray] = []
    caused = shares_caused(seed, tenant, day)
    free = 1 - sum(caused)
    for campaign in running(tenant, day):
        plan = campaign.plan
        own = _cells(campaign, ads_running(tenant, day).get(campaign.campaign_id, ()))
        if not own:
            continue
        weights = rng.uniform(0.8, 1.2, len(own)) * _weights(own)
        weights /= weights.sum()
        cost = np.rint(spend(seed, tenant, campaign.index, day) * 100 * weights).astype(np.int64)
        clicks = np.rint(cost / 100 / plan.cpc * rng.uniform(0.9, 1.1, len(own))).astype(np.int64)
        impressions = np.maximum(clicks, np.rint(clicks / plan.ctr * rng.uniform(0.9, 1.1, len(own))))
        impressions = np.where(cost > 0, np.maximum(impressions, 1), 0).astype(np.int64)
        expected = orders * (caused[campaign.index] * plan.bias + free * plan.organic)
        # Purchases are whole, but Google shares the credit for one among the clicks before it.
        conversions = _shared(rng.poisson(expected) * 100, weights * rng.uniform(0.6, 1.4, len(own)))
        others = np.rint(conversions * OTHERS_PER_CONVERSION * rng.uniform(0.7, 1.3, len(own)))
        views = (
            rng.poisson(conversions / 100 * 0.15) if plan.channel == "PERFORMANCE_MAX" else conversions * 0
        )
        cells += own
        counts.append(np.column_stack([cost, impressions, clicks, views, conversions, others]))
        worth.append(np.rint(float(order_value) * 100 * rng.uniform(0.8, 1.2, len(own))))
    if not cells:
        return None
    return Day(
        tuple(cells),
        np.concatenate(counts).astype(np.int64),
        np.concatenate(worth).astype(np.int64),
        rng.random(len(cells)) * maturing.MOST_REFUNDED,
        rng.random((len(cells), len(COUNTS))),
    )


def _cells(campaign: Campaign, ads: tuple[Ad, ...]) -> list[Cell]:
    devices = DEVICES[campaign.plan.channel]
    if campaign.plan.channel == "PERFORMANCE_MAX":
        return [Cell(campaign, None, device) for device in devices]
    return [Cell(campaign, ad, device) for ad in ads for device in devices]


def _weights(cells: list[Cell]) -> np.ndarray:
    return np.array(
        [
            DEVICES[cell.campaign.plan.channel][cell.device]
            * (cell.ad.plan.weight * cell.ad.ad_group.plan.weight if cell.ad else 1.0)
            for cell in cells
        ]
    )


def _shared(total: int, weights: np.ndarray) -> np.ndarray:
    """A whole number shared out by weights, to the last unit."""
    ends = np.floor(np.cumsum(weights) / weights.sum() * total + 1e-9).astype(np.int64)
    ends[-1] = total
    return np.diff(ends, prepend=0)


def as_seen(day: Day, age: int, passed: float) -> np.ndarray:
    """The day as reported at that age (cells x PARTS); `passed`: share of the day that is over."""
    grown = np.floor(day.counts * passed).astype(np.int64)
    late = slice(COUNTS.index("views"), len(COUNTS))
    credited = np.floor(day.counts[:, late] * (maturing.credited(age) * passed) + day.chance[:, late])
    grown[:, late] = np.minimum(credited.astype(np.int64), day.counts[:, late])
    grown[:, 0] -= np.floor(grown[:, 0] * day.refund * maturing.corrected(age)).astype(np.int64)
    grown[grown[:, PART["impressions"]] == 0] = 0
    value = grown[:, PART["conversions"]] * day.worth // 100
    others = grown[:, PART["others"]] * np.rint(day.worth * WORTH_OF_OTHERS).astype(np.int64) // 100
    return np.column_stack([grown, value, others])


def split(parts: np.ndarray, shares: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Parts shared out (shares x PARTS). Where the shares sum to less than 1, the rest belongs to nobody.

    `chance`: a number in [0, 1) per part, so that no share always gets the odd one.
    """
    cuts = np.concatenate([[0.0], np.minimum(np.cumsum(shares), 1.0)])
    if abs(cuts[-1] - 1.0) < 1e-9:
        cuts[-1] = 1.0
    return np.diff(np.floor(cuts[:, None] * parts + chance).astype(np.int64), axis=0)
