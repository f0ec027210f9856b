"""What a fetch says of its table, in the form that people and alerts read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import dagster as dg

from marketing_assets.ingest.completeness import Difference, Said
from marketing_assets.ingest.fetch_checks import of_fetch
from marketing_assets.ingest.load import Loaded
from marketing_assets.ingest.raw_table import RawOutcome
from marketing_assets.verdicts import State

DAYS = [date(2026, 11, 20), date(2026, 11, 21)]
LOADED = Loaded(days=DAYS, rows={DAYS[0]: 1200, DAYS[1]: 34})


def outcome(loaded: Loaded | None = LOADED, *gaps: Difference, doubles: int = 0) -> RawOutcome:
    return RawOutcome(
        [], loaded, list(gaps), doubles, 0, None if loaded else "a snapshot tells of today alone"
    )


def test_what_was_compared_is_told_also_where_all_is_well() -> None:
    found = of_fetch(outcome())
    assert {v.state for v in found.values()} == {State.PASSED}
    assert found["contract"].reason == "1,234 rows of 2 days, 2026-11-20 to 2026-11-21"
    assert found["completeness"].reason.endswith("against the platform's own counts")


def test_a_gap_is_an_error_since_its_first_day_with_a_next_step() -> None:
    said = Said(Decimal(40), Decimal(40))
    gaps = [Difference(day, "rows", said, Decimal(34)) for day in reversed(DAYS)]
    found = of_fetch(outcome(LOADED, *gaps))["completeness"]
    assert (found.state, found.severity) == (State.FAILED, dg.AssetCheckSeverity.ERROR)
    assert [f.text for f in found.findings] == [f"{day}: rows is 34, the platform says 40" for day in DAYS]
    assert found.findings[0].since == DAYS[0]
    assert "materialise these days again" in str(found.next_step)


def test_keys_that_stand_twice_break_the_contract() -> None:
    found = of_fetch(outcome(doubles=3))["contract"]
    assert [f.text for f in found.findings] == ["3 keys stand more than once"]


def test_a_table_that_was_not_fetched_passes_and_says_why() -> None:
    assert {v.reason for v in of_fetch(outcome(None)).values()} == {"a snapshot tells of today alone"}
