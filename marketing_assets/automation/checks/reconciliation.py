"""From the platform's own total to the mart, link by link: which one broke, and by how much.

The chain of a platform's day: `platform` (its own count) = `raw` = `staging`, in the connection's currency;
then `staging` converted = the platform's mart. All platforms of a day together = `daily_performance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

import dagster as dg

from marketing_assets.ingest.completeness import Said
from marketing_assets.verdicts import Finding, Verdict, verdict

TOLERANCE = Decimal("0.01")
STAGES = ("platform", "raw", "staging", "staging, converted", "platform's mart", "daily_performance")


@dataclass(frozen=True, order=True)
class Link:
    """A figure on its way: of which day, whose (a platform, or all of them), and what is counted."""

    day: date
    entity: str
    figure: str


Figures = Mapping[Link, Mapping[str, Said]]
"""Of each figure what every stage says; a stage that says nothing of it is missing."""


def exactly(value: Decimal) -> Said:
    return Said(value.normalize(), value.normalize())


def reconcile(chains: Sequence[tuple[str, ...]], figures: Figures, days: str, currency: str) -> Verdict:
    """Every link of every chain. A chain names stages in order; a stage without a figure is stepped over, for
    those that must not be missing are given as zero."""
    findings = []
    for link, said in sorted(figures.items()):
        for chain in chains:
            told = [(stage, said[stage]) for stage in chain if stage in said]
            for (above, upper), (below, lower) in pairwise(told):
                gap = _gap(upper, lower)
                if abs(gap) > TOLERANCE:
                    text = (
                        f"{link.day} {link.entity} {link.figure}: {above} says {upper}, {below} says {lower} "
                        f"({gap.normalize():+f}): the link {above} → {below} broke"
                    )
                    money = None if link.figure in COUNTS else abs(gap)
                    findings.append(Finding(text, link.entity, link.day, money))
    return verdict(
        findings,
        f"{len(figures)} figures of {days}",
        severity=dg.AssetCheckSeverity.ERROR,
        currency=currency,
        likely_cause="the stage after the link lost, doubled or misconverted rows, or did not run.",
        next_step="materialise the day again from the stage named; if that is no help, its model is wrong.",
    )


COUNTS = frozenset({"orders"})


def _gap(upper: Said, lower: Said) -> Decimal:
    """How much is too many (positive) or missing below; counted while the day moved, there is some play."""
    if lower.least < upper.least:
        return min(Decimal(0), lower.most - upper.least)
    return max(Decimal(0), lower.least - upper.most)
