"""What a person reads of a verdict."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import dagster as dg

from marketing_assets.verdicts import Finding, check_result, passed, unknown, verdict

KEY = dg.AssetKey(["siam", "mart", "daily_performance"])


def said(*findings: Finding, **more: str) -> str:
    return str(check_result(KEY, "watch", verdict(findings, "10 days", **more)).description)


def test_a_failed_check_says_what_how_much_since_when_and_what_to_do() -> None:
    assert (
        said(
            Finding("campaign A sells nothing", "A", date(2026, 11, 9), Decimal("12345.678")),
            Finding("campaign B sells nothing", "B", date(2026, 11, 3), Decimal(2)),
            currency="THB",
            likely_cause="the tag is gone.",
            next_step="look at the landing page.",
        )
        == "- campaign A sells nothing\n- campaign B sells nothing\n\nAt stake: 12,347.68 THB\n\n"
        "Since: 2026-11-03\n\nLikely cause: the tag is gone.\n\nNext step: look at the landing page."
    )


def test_what_is_not_known_is_not_said() -> None:
    assert said(Finding("2 keys stand more than once")) == "2 keys stand more than once"


def test_many_findings_do_not_hide_the_next_step() -> None:
    text = said(*(Finding(f"field {n:02}") for n in range(25)), next_step="mend it")
    assert text.endswith("- field 19\n- and 5 more\n\nNext step: mend it")


def test_a_check_that_passed_says_nothing_and_one_that_cannot_tell_says_why() -> None:
    assert check_result(KEY, "watch", passed("10 days")).description is None
    assert check_result(KEY, "watch", unknown("2 of 7 days")).description == "not enough to say: 2 of 7 days"
