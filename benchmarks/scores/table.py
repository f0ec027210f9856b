"""The scores of the models as lines of the benchmarks' table, with what is aimed at.

The aims are for larger and other sets than those at hand; a figure here says on which side of an aim the
model is on this data.
"""

from __future__ import annotations

from benchmarks.intelligence import allocate, detect, forecast
from benchmarks.report import Line
from benchmarks.scores.budgets import CASES, score_budgets
from benchmarks.scores.forecasts import score_forecasts
from benchmarks.scores.injected import OTHER_SEEDS, score_injected
from benchmarks.scores.labelled import score_labelled


def lines(cases: int = CASES, labelled: int | None = None) -> list[Line]:
    """Every line; of so many budgets to split, and so many labelled series (None: all)."""
    return [*anomaly_lines(labelled), *forecast_lines(), *budget_lines(cases)]


def anomaly_lines(most: int | None = None) -> list[Line]:
    planted, labelled = score_injected(detect), score_labelled(detect, most)
    others = score_injected(detect, OTHER_SEEDS)
    error = max(planted.causality_error, labelled.causality_error)
    note = f"{planted.events} events; precision {planted.precision:.2f}, recall {planted.recall:.2f}"
    return [
        _at_least("anomalies: planted daily events, F1 at 0.5", planted.f1, 0.55, note),
        _at_most("anomalies: false alarms a series and year", planted.false_a_year, 5.0),
        Line(
            "anomalies: F1 of events that it was not tuned on",
            _said(others.f1),
            note=f"{others.events} events in the same series; {others.false_a_year:.1f} false alarms",
        ),
        _at_most("anomalies: change of a past score by later values", error, 0.0),
        Line(
            "anomalies: NAB known causes and traffic, standard score at 0.5",
            f"{labelled.score:.1f}",
            note=f"{labelled.series} series of machines and roads; the aim of 75 is for its ad series",
        ),
    ]


def forecast_lines() -> list[Line]:
    every, core, seconds = score_forecasts(forecast)
    note = f"{every.cases} forecasts, {core.cases} of them core (without page views)"
    return [
        _at_most("forecasts: MASE, 28 days, all", every.mase, 0.98, note),
        _at_most("forecasts: MASE, 28 days, core", core.mase, 1.05),
        _at_most("forecasts: MASE, 7 days, all", every.mase_of_week, 0.76),
        _at_most("forecasts: MASE, 7 days, core", core.mase_of_week, 0.71),
        _between("forecasts: inside the 80 % interval", every.inside_80, 0.77, 0.86),
        _between("forecasts: inside the 95 % interval", every.inside_95, 0.93, 0.97),
        _at_most("forecasts: MSIS, all", every.msis, 11.0),
        _at_most("forecasts: MSIS, core", core.msis, 9.2),
        _at_most("forecasts: processor seconds for 1,000", seconds, 150),
        _at_most("forecasts: failures", every.failures, 0),
    ]


def budget_lines(cases: int = CASES) -> list[Line]:
    found = score_budgets(allocate, cases)
    note = f"{found.cases} shops with known curves"
    return [
        _at_least("budgets: share of the possible uplift", found.share, 0.65, note),
        _at_least("budgets: the same where spend hardly varied", found.share_of_poor, 0.30),
        _at_most("budgets: share of cases harmed", found.harmed, 0.15),
        _between("budgets: true change inside the 80 % interval", found.inside_80, 0.70, 0.90),
        _at_most("budgets: seconds a call", found.seconds, 2.0),
        _at_most("budgets: failures", found.failures, 0),
    ]


def _at_least(what: str, figure: float, aim: float, note: str = "") -> Line:
    return Line(what, _said(figure), f"≥ {aim:g}", figure >= aim, note)


def _at_most(what: str, figure: float, aim: float, note: str = "") -> Line:
    return Line(what, _said(figure), f"≤ {aim:g}", figure <= aim, note)


def _between(what: str, figure: float, low: float, high: float, note: str = "") -> Line:
    return Line(what, _said(figure), f"{low:g} to {high:g}", low <= figure <= high, note)


def _said(figure: float) -> str:
    return f"{figure:g}" if figure == int(figure) else f"{figure:.3f}"
