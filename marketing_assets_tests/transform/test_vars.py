from __future__ import annotations

from datetime import date

import pytest

from marketing_assets.settings import Settings
from marketing_assets.transform.vars import days_for_run, dbt_vars
from marketing_assets_tests.transform.conftest import make_tenant

TODAY = date(2026, 6, 1)


def test_mart_days_are_the_days_that_look_back_at_the_run() -> None:
    run = days_for_run([date(2025, 3, 10)], TODAY)
    assert run.days == (date(2025, 3, 10),)
    assert run.mart_days == (
        date(2025, 3, 10),
        date(2025, 3, 11),
        date(2025, 3, 17),
        date(2025, 4, 10),
        date(2026, 3, 10),
    )


def test_days_after_today_are_not_computed() -> None:
    run = days_for_run([TODAY], TODAY)
    assert run.mart_days == (TODAY,)


def test_several_days_look_back_at_the_last_day_of_a_short_month() -> None:
    run = days_for_run([date(2025, 2, 28)], TODAY)
    assert {date(2025, 3, d) for d in (28, 29, 30, 31)} <= set(run.mart_days)


def test_reference_days_hold_everything_that_mart_days_look_back_at() -> None:
    run = days_for_run([date(2026, 3, 31)], date(2026, 3, 31))
    assert set(run.reference_days) == {
        date(2026, 3, 31),
        date(2026, 3, 30),
        date(2026, 3, 24),
        date(2026, 2, 28),
        date(2025, 3, 31),
    }


def test_days_are_sorted_and_told_once() -> None:
    run = days_for_run([date(2025, 1, 3), date(2025, 1, 1), date(2025, 1, 3)], TODAY)
    assert run.days == (date(2025, 1, 1), date(2025, 1, 3))


def test_a_run_has_days() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        days_for_run([], TODAY)


def test_vars_are_plain_text(tmp_path: object) -> None:
    run = days_for_run([date(2025, 1, 1), date(2025, 1, 2)], TODAY)
    given = dbt_vars(make_tenant(), Settings(), run)
    assert given["days"] == ["2025-01-01", "2025-01-02"]
    assert (given["first_day"], given["last_day"]) == ("2025-01-01", "2025-01-02")
    assert given["onward_days"][:2] == given["days"] and given["onward_days"][-1] == f"{TODAY}"
    assert given["target_roas"] == "4"
    assert given["platforms"] == ["meta_ads", "shopee"]


def test_onward_days_reach_from_the_first_day_of_the_run_to_today() -> None:
    run = days_for_run([date(2026, 5, 30), date(2026, 5, 27)], TODAY)
    assert run.onward_days == (*(date(2026, 5, day) for day in range(27, 32)), TODAY)


def test_onward_days_never_end_before_the_run_does() -> None:
    """A tenant's today may be a day ahead of another clock's."""
    assert days_for_run([date(2026, 6, 2)], TODAY).onward_days == (date(2026, 6, 2),)
