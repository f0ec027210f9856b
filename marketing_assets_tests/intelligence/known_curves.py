"""The sandbox's own ad campaigns as channels, with the curves by which its orders are made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from marketing_assets.sandbox.advertising.portfolio import PORTFOLIOS
from marketing_assets.sandbox.advertising.response import lift_of, shares_caused, spend
from marketing_assets.sandbox.clock import Clock
from marketing_assets.sandbox.world import World

SEED = 7
LAST = date(2026, 11, 19)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class KnownCurves:
    """History of the tenant's campaigns that always run: [days, channels], [days], [days, channels]."""

    tenant: str
    spend: Floats
    revenue: Floats
    claimed: Floats
    base: float

    @property
    def plans(self) -> list[int]:
        return always_on(self.tenant)

    def true_revenue(self, split: Floats) -> float:
        """Revenue a day that the campaigns bring at this constant daily spend."""
        plans = PORTFOLIOS[self.tenant].campaigns
        return self.base * sum(lift_of(plans[i].curve, x) for i, x in zip(self.plans, split, strict=True))


def always_on(tenant: str) -> list[int]:
    return [i for i, p in enumerate(PORTFOLIOS[tenant].campaigns) if p.launched and p.every == "always"]


def known_curves(tenant: str, days: int) -> KnownCurves:
    """What the world's shop sold and its ad account spent and claimed on the days up to `LAST`."""
    world, plans = World(SEED, Clock(LAST + timedelta(days=1))), PORTFOLIOS[tenant].campaigns
    running = always_on(tenant)
    spent, sold, claimed, free_revenue = [], [], [], []
    for back in range(days - 1, -1, -1):
        day = LAST - timedelta(days=back)
        revenue = float(world.daily_orders(tenant, day)[1])
        caused = shares_caused(SEED, tenant, day)
        free = 1 - sum(caused)
        spent.append([spend(SEED, tenant, i, day) for i in running])
        sold.append(revenue)
        claimed.append([revenue * (caused[i] * plans[i].bias + free * plans[i].organic) for i in running])
        free_revenue.append(revenue * free)
    recent = float(np.mean(free_revenue[-56:]))
    return KnownCurves(tenant, np.array(spent), np.array(sold), np.array(claimed), recent)
