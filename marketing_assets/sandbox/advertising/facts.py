"""What every ad did on a day, as whole numbers that add up: one row per ad, one column per part.

Parts do not overlap, so any sum or split of them keeps every total. Purchases are kept by attribution window
and by channel; the platform's overlapping figures are sums of these parts (`apis/meta/actions.py`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from marketing_assets.sandbox.advertising import maturing
from marketing_assets.sandbox.advertising.draws import generator
from marketing_assets.sandbox.advertising.nodes import Node, ads_running
from marketing_assets.sandbox.advertising.planted import factor
from marketing_assets.sandbox.advertising.response import SEASON, shares_caused, spend

WINDOWS = ("click_1d", "click_7d", "view_1d", "click_28d")
CHANNELS = ("pixel", "app", "offline")
PLAIN = ("spend", "impressions", "reach", "link_clicks", "other_clicks", "video_views", "reactions")
CARTS = tuple(f"cart/{window}" for window in WINDOWS)
PURCHASES = tuple(f"purchase/{window}/{channel}" for window in WINDOWS for channel in CHANNELS)
COUNTS = (*PLAIN, *CARTS, *PURCHASES)
VALUES = tuple(f"{name}/value" for name in (*CARTS, *PURCHASES))
COLUMNS = (*COUNTS, *VALUES)
COLUMN = {name: place for place, name in enumerate(COLUMNS)}

# Of the purchases by the account's setting (7-day click, 1-day view): where they come from. The 28-day
# clicks come on top of them.
WINDOW_SHARES = np.array([0.52, 0.24, 0.24])
LATE_CLICKS = 0.06
CHANNEL_SHARES = np.array([0.86, 0.09, 0.05])
CARTS_PER_PURCHASE = 3.6
CART_VALUE = 0.8

# Stray deliveries: on how many days, how many impressions they buy (from, below), how many are refunded.
TRICKLE_DAYS = 0.25
TRICKLE_IMPRESSIONS = (5, 30)
TRICKLE_REFUNDED = 0.5
FIRST_CART = len(PLAIN)


@dataclass(frozen=True, slots=True)
class Day:
    """A day's ads and their final parts.

    `counts`: ads x COUNTS; spend in hundredths of the currency as first billed. `worth`: hundredths of the
    currency per purchase. `refund`: share of the spend taken back in the end. `gone`: refunded in full.
    `chance`: ads x COUNTS numbers in [0, 1) that round the parts while they grow or are split.
    """

    ads: tuple[Node, ...]
    counts: np.ndarray
    worth: np.ndarray
    refund: np.ndarray
    gone: np.ndarray
    chance: np.ndarray


def _spend_weights(ads: tuple[Node, ...], rng: np.random.Generator) -> np.ndarray:
    """Each ad's share of its campaign's spend; ads that only trickle get none."""
    plans = [(node.adset, node.ad) for node in ads]
    raw = np.array(
        [
            0.0 if ad is None or adset is None or ad.trickle else ad.weight * adset.weight
            for adset, ad in plans
        ]
    )
    raw *= rng.uniform(0.8, 1.2, len(ads))
    campaign = np.array([node.campaign_index for node in ads])
    totals = np.bincount(campaign, weights=raw)
    return raw / np.where(totals[campaign] > 0, totals[campaign], 1.0)


def whole_day(seed: int, tenant: str, day: date, orders: int, order_value: Decimal) -> Day:
    """The day's final numbers; `order_value` is the mean order in the ad account's currency."""
    ads = ads_running(tenant, day)
    rng = generator(seed, "ads", tenant, day)
    size = len(ads)
    campaign = np.array([node.campaign_index for node in ads])
    plans = [node.campaign for node in ads]
    trickles = np.array([node.ad is not None and node.ad.trickle for node in ads])

    by_campaign = np.array([spend(seed, tenant, i, day) for i in range(campaign.max() + 1)])
    money = by_campaign[campaign] * _spend_weights(ads, rng)
    cents = np.rint(money * 100).astype(np.int64)
    cpm = np.array([plan.cpm for plan in plans]) * SEASON[day.month - 1] * factor("cpm_spike", tenant, day)
    pennies = np.rint(cpm / 10 * rng.integers(*TRICKLE_IMPRESSIONS, size)).astype(np.int64)
    cents = np.where(trickles, np.where(rng.random(size) < TRICKLE_DAYS, pennies, 0), cents)
    gone = trickles & (rng.random(size) < TRICKLE_REFUNDED)

    impressions = np.rint(cents / 100 / cpm * 1000 * rng.uniform(0.9, 1.1, size)).astype(np.int64)
    impressions = np.where(cents > 0, np.maximum(impressions, 1), 0)
    reach = np.minimum(impressions, np.rint(impressions / rng.uniform(1.05, 1.6, size)).astype(np.int64))
    clicks = rng.binomial(impressions, np.array([plan.ctr for plan in plans]) * rng.uniform(0.8, 1.2, size))
    links = rng.binomial(clicks, np.array([plan.link_share for plan in plans]))
    videos = rng.binomial(impressions, np.array([plan.video_share for plan in plans]))
    reactions = rng.binomial(impressions, 0.002)

    claimed = _claimed(seed, tenant, day, orders, ads, money, rng)
    windows = rng.multinomial(claimed, WINDOW_SHARES)
    windows = np.column_stack([windows, rng.binomial(claimed, LATE_CLICKS)])
    purchases = np.stack(
        [rng.multinomial(windows[:, w], CHANNEL_SHARES) for w in range(len(WINDOWS))], axis=1
    )
    carts = rng.poisson(windows * CARTS_PER_PURCHASE)

    plain = np.column_stack([cents, impressions, reach, links, clicks - links, videos, reactions])
    return Day(
        ads=ads,
        counts=np.column_stack([plain, carts, purchases.reshape(size, -1)]).astype(np.int64),
        worth=np.rint(float(order_value) * 100 * rng.uniform(0.75, 1.25, size)).astype(np.int64),
        refund=rng.random(size) * maturing.MOST_REFUNDED,
        gone=gone,
        chance=rng.random((size, len(COUNTS))),
    )


def _claimed(
    seed: int,
    tenant: str,
    day: date,
    orders: int,
    ads: tuple[Node, ...],
    money: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Purchases which the platform will claim for each ad in the end.

    Of a campaign: the orders it caused x its declared bias + its declared share of the orders no ad caused.
    Orders caused by carry-over while a campaign is off are claimed by nobody. A tracking outage claims none.
    """
    caused = shares_caused(seed, tenant, day)
    free = 1 - sum(caused)
    campaign = np.array([node.campaign_index for node in ads])
    expected = np.array(
        [orders * (caused[n.campaign_index] * n.campaign.bias + free * n.campaign.organic) for n in ads]
    )
    pull = money * rng.uniform(0.7, 1.3, len(ads))
    totals = np.bincount(campaign, weights=pull)
    share = pull / np.where(totals[campaign] > 0, totals[campaign], 1.0)
    return rng.poisson(expected * share * factor("tracking_outage", tenant, day))


def as_seen(day: Day, age: int, passed: float) -> np.ndarray:
    """The day's parts as reported at that age (ads x COLUMNS); `passed`: share of the day that is over."""
    grown = np.floor(day.counts * passed).astype(np.int64)
    conversions = day.counts[:, FIRST_CART:] * (maturing.credited(age) * passed)
    grown[:, FIRST_CART:] = np.floor(conversions + day.chance[:, FIRST_CART:])
    grown[:, FIRST_CART:] = np.minimum(grown[:, FIRST_CART:], day.counts[:, FIRST_CART:])
    grown[:, 0] -= np.floor(grown[:, 0] * day.refund * maturing.corrected(age)).astype(np.int64)
    if age >= maturing.GONE_AT_DAYS:
        grown[day.gone] = 0
    grown[grown[:, COLUMN["impressions"]] == 0] = 0
    return with_values(grown, day.worth)


def with_values(counts: np.ndarray, worth: np.ndarray) -> np.ndarray:
    """Counts with the money columns beside them: a purchase is worth `worth`, a cart a declared share of it.

    Works on ads x COUNTS and on ads x cells x COUNTS; `worth` has one number per ad.
    """
    shape = (-1,) + (1,) * (counts.ndim - 1)
    carts = counts[..., FIRST_CART : FIRST_CART + len(CARTS)]
    purchases = counts[..., FIRST_CART + len(CARTS) :]
    of_cart = np.rint(worth * CART_VALUE).astype(np.int64)
    return np.concatenate([counts, carts * of_cart.reshape(shape), purchases * worth.reshape(shape)], axis=-1)
