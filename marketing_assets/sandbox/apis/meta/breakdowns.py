"""By what a row may be broken down, and how delivery divides over it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from marketing_assets.sandbox.advertising.draws import generator
from marketing_assets.sandbox.advertising.nodes import Node
from marketing_assets.sandbox.apis.meta.errors import parameter


@dataclass(frozen=True)
class Breakdown:
    """`cells`: the values of the named breakdowns, and the usual share of delivery."""

    names: tuple[str, ...]
    cells: tuple[tuple[tuple[str, ...], float], ...]


AGES = (("18-24", 0.17), ("25-34", 0.31), ("35-44", 0.24), ("45-54", 0.15), ("55-64", 0.09), ("65+", 0.04))
GENDERS = (("female", 0.58), ("male", 0.395), ("unknown", 0.025))
PLATFORMS = (("facebook", 0.52), ("instagram", 0.40), ("audience_network", 0.06), ("messenger", 0.02))
DEVICES = (
    ("android_smartphone", 0.50), ("iphone", 0.37), ("ipad", 0.03), ("android_tablet", 0.02),
    ("desktop", 0.07), ("other", 0.01),
)  # fmt: skip
DEVICE_PLATFORMS = (("mobile_app", 0.90), ("mobile_web", 0.03), ("desktop", 0.07))

DECLARED: tuple[Breakdown, ...] = (
    Breakdown(("age",), tuple(((age,), share) for age, share in AGES)),
    Breakdown(("gender",), tuple(((gender,), share) for gender, share in GENDERS)),
    Breakdown(("age", "gender"), tuple(((age, gender), a * g) for age, a in AGES for gender, g in GENDERS)),
    Breakdown(("publisher_platform",), tuple(((name,), share) for name, share in PLATFORMS)),
    Breakdown(("impression_device",), tuple(((name,), share) for name, share in DEVICES)),
    Breakdown(("device_platform",), tuple(((name,), share) for name, share in DEVICE_PLATFORMS)),
    Breakdown(
        ("publisher_platform", "impression_device"),
        tuple(((name, device), p * d) for name, p in PLATFORMS for device, d in DEVICES),
    ),
)

# Breakdowns that exist at Meta: asking for one this API does not divide by is a bad combination, not a typo.
NAMES = frozenset({"country", "region", "dma", "product_id", "platform_position", "frequency_value"}) | {
    name for breakdown in DECLARED for name in breakdown.names
}


def find(names: list[str]) -> Breakdown | None:
    """The declared breakdown by these names in any order; None when there are none."""
    for name in names:
        if name not in NAMES:
            raise parameter(f"breakdowns[0] must be one of the following values: {', '.join(sorted(NAMES))}")
    if not names:
        return None
    for breakdown in DECLARED:
        if sorted(breakdown.names) == sorted(names):
            return breakdown
    raise parameter(
        f"Current combination of data breakdown columns (action_type, {', '.join(names)}) is invalid"
    )


@lru_cache(maxsize=20_000)
def _shares(seed: int, names: tuple[str, ...], ad_id: str) -> np.ndarray:
    usual = np.array(
        [share for breakdown in DECLARED if breakdown.names == names for _, share in breakdown.cells]
    )
    own = usual * generator(seed, "breakdown", names, ad_id).uniform(0.6, 1.4, len(usual))
    return np.asarray(own / own.sum())


def shares(seed: int, breakdown: Breakdown, ads: tuple[Node, ...]) -> np.ndarray:
    """Ads x cells: how each ad's delivery divides; every ad has its own habit."""
    return np.stack([_shares(seed, breakdown.names, ad.node_id) for ad in ads])
