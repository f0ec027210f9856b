"""Days on which something odd happens to the ads, by the calendar, so that detectors can be scored."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Planted:
    """One recurring oddity: on the days whose ordinal number leaves `offset` when divided by `every`."""

    kind: str
    tenant: str
    every: int
    offset: int
    factor: float
    metric: str
    direction: str
    meaning: str

    def on(self, day: date) -> bool:
        """Does it strike on that day?"""
        return day.toordinal() % self.every == self.offset


RULES: tuple[Planted, ...] = (
    Planted("tracking_outage", "siam", 89, 41, 0.0, "conversions", "down", "the pixel reported no purchase"),
    Planted("cpm_spike", "siam", 67, 20, 2.3, "cpm", "up", "impressions cost 2.3 times the usual price"),
    Planted("overspend", "siam", 83, 29, 2.6, "spend", "up", "budgets were raised by mistake for one day"),
    Planted(
        "tracking_outage", "northwind", 97, 12, 0.0, "conversions", "down", "the pixel reported no purchase"
    ),
    Planted("cpm_spike", "northwind", 71, 33, 2.1, "cpm", "up", "impressions cost 2.1 times the usual price"),
    Planted(
        "overspend", "northwind", 79, 50, 2.4, "spend", "up", "budgets were raised by mistake for one day"
    ),
)


def factor(kind: str, tenant: str, day: date) -> float:
    """What that kind of oddity multiplies on that day; 1.0 on ordinary days."""
    for rule in RULES:
        if rule.kind == kind and rule.tenant == tenant and rule.on(day):
            return rule.factor
    return 1.0


def planted(tenant: str, first: date, last: date) -> list[dict[str, object]]:
    """The oddities of those days (the ad account's days, inclusive), oldest first.

    `{date, platform, kind, metrics, meaning, direction, factor}`.
    """
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        {
            "date": day.isoformat(),
            "platform": "meta_ads",
            "kind": rule.kind,
            "metrics": [rule.metric],
            "direction": rule.direction,
            "factor": rule.factor,
            "meaning": rule.meaning,
        }
        for day in days
        for rule in RULES
        if rule.tenant == tenant and rule.on(day)
    ]
