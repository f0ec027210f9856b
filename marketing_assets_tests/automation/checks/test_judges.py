"""Every rule on series made by hand: what is bad fails, what is good, noisy, young or small does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.automation.checks.facts import Account, AccountDay, BusinessDay, CampaignDay, ProfitDay
from marketing_assets.automation.checks.money import budget_pacing, margin_drop
from marketing_assets.automation.checks.targets import cpa_over_limit, no_conversions, roas_under_target
from marketing_assets.automation.checks.weekday import revenue_drop, unusual_spend
from marketing_assets.partitions import ONE_DAY
from marketing_assets.rules import Rules
from marketing_assets.verdicts import State, Verdict

RULES = Rules()
JUDGED = date(2026, 11, 19)
OLDEST = JUDGED - 45 * ONE_DAY
META = Account("meta_ads", "1")
PASSED, FAILED, UNKNOWN = State.PASSED, State.FAILED, State.UNKNOWN
FIRST = JUDGED - 63 * ONE_DAY
DAYS = [FIRST + timedelta(i) for i in range(65)]


def week_of(day: date, base: int) -> Decimal:
    """A series with a strong week and a little noise that anybody can recompute."""
    return Decimal(base * (1 + (day.weekday() >= 5)) + (day.toordinal() * 7) % 5)


def business(change: Callable[[BusinessDay], dict[str, Any]] = lambda d: {}) -> list[BusinessDay]:
    days = [BusinessDay(d, week_of(d, 1000), week_of(d, 40), week_of(d, 200)) for d in DAYS]
    return [replace(d, **change(d)) for d in days]


def accounts(change: Callable[[AccountDay], dict[str, Any]] = lambda d: {}) -> list[AccountDay]:
    days = [AccountDay(d, META, week_of(d, 200), Decimal(10), True, None, Decimal(400)) for d in DAYS]
    return [replace(d, **change(d)) for d in days]


def campaigns(change: Callable[[CampaignDay], dict[str, Any]] = lambda d: {}) -> list[CampaignDay]:
    days = [CampaignDay(d, META, "7", "Lamps", Decimal(100), 20, Decimal(2), True) for d in DAYS]
    return [replace(d, **change(d)) for d in days]


def on(day: date, **fields: Any) -> Callable[[Any], dict[str, Any]]:
    """The fields of one day are others."""
    return lambda d: fields if d.day == day else {}


def since(day: date, **fields: Any) -> Callable[[Any], dict[str, Any]]:
    return lambda d: fields if d.day >= day else {}


def drop(days: list[BusinessDay]) -> Verdict:
    return revenue_drop(days, JUDGED, RULES.revenue_drop, "THB")


def roas(days: list[BusinessDay]) -> Verdict:
    return roas_under_target(days, JUDGED, Decimal(4), RULES.roas_under_target, "THB")


def spend(days: list[AccountDay]) -> Verdict:
    return unusual_spend(days, {META: JUDGED}, RULES.unusual_spend, Decimal(20), "THB")


def cpa(days: list[AccountDay]) -> Verdict:
    return cpa_over_limit(days, JUDGED, OLDEST, Decimal(50), RULES.cpa_over_limit, "THB")


def silent(rows: list[CampaignDay], days: list[AccountDay] | None = None) -> Verdict:
    days = accounts() if days is None else days
    return no_conversions(rows, days, JUDGED, OLDEST, Decimal(50), RULES.no_conversions, "THB")


def pacing(days: list[AccountDay], **rule: Any) -> Verdict:
    of = RULES.budget_pacing.model_copy(update=rule)
    return budget_pacing(days, JUDGED, of, "THB")


def margin(change: Callable[[ProfitDay], dict[str, Any]] = lambda d: {}) -> Verdict:
    days = [ProfitDay(d, 40, week_of(d, 1000), week_of(d, 1000) * Decimal("0.2")) for d in DAYS]
    return margin_drop([replace(d, **change(d)) for d in days], JUDGED, RULES.margin_drop, "THB")


YOUNG: dict[str, Any] = {"is_final": False}
TWO_DAYS = JUDGED - ONE_DAY
LAST_WEEK = JUDGED - 6 * ONE_DAY

CASES: dict[str, tuple[Callable[[], Verdict], State, str]] = {
    "revenue as usual": (lambda: drop(business()), PASSED, ""),
    "revenue down a third": (
        lambda: drop(business(on(JUDGED, revenue=Decimal(660)))),
        FAILED,
        "down 34.1 %",
    ),
    "revenue down a tenth": (lambda: drop(business(on(JUDGED, revenue=Decimal(905)))), PASSED, ""),
    "revenue up": (lambda: drop(business(on(JUDGED, revenue=Decimal(9000)))), PASSED, ""),
    "revenue of today is no evidence": (
        lambda: drop(business(on(JUDGED + ONE_DAY, revenue=Decimal(1)))),
        PASSED,
        "",
    ),
    "revenue that will still come in": (
        lambda: drop(business(on(JUDGED, revenue=Decimal(700), expected_revenue=Decimal(1000), **YOUNG))),
        PASSED,
        "",
    ),
    "revenue that will not come in": (
        lambda: drop(business(on(JUDGED, revenue=Decimal(600), expected_revenue=Decimal(700), **YOUNG))),
        FAILED,
        "700.00 THB",
    ),
    "revenue of a noisy shop": (
        lambda: drop(business(lambda d: {"revenue": Decimal(500 + (d.day.toordinal() * 37) % 1000)})),
        PASSED,
        "",
    ),
    "revenue without a row": (
        lambda: drop([d for d in business() if d.day != JUDGED]),
        UNKNOWN,
        "no row",
    ),
    "revenue without history": (lambda: drop(business()[-20:]), UNKNOWN, "fewer than 4"),
    "revenue of a tiny shop": (
        lambda: drop(business(lambda d: {"orders": Decimal(3), "revenue": Decimal(d.day != JUDGED)})),
        UNKNOWN,
        "too small",
    ),
    "roas on target": (lambda: roas(business()), PASSED, "target 4"),
    "roas under target": (lambda: roas(business(since(LAST_WEEK, spend=Decimal(500)))), FAILED, "ROAS 2."),
    "roas one bad day in a good week": (lambda: roas(business(on(JUDGED, spend=Decimal(500)))), PASSED, ""),
    "roas without spend": (lambda: roas(business(since(LAST_WEEK, spend=Decimal(0)))), PASSED, "no ad spend"),
    "roas of few orders": (
        lambda: roas(business(since(LAST_WEEK, orders=Decimal(1), revenue=Decimal(9)))),
        UNKNOWN,
        "7 orders",
    ),
    "roas of half a week": (lambda: roas(business()[-4:]), UNKNOWN, "3 of the 7 days"),
    "spend as usual": (lambda: spend(accounts()), PASSED, ""),
    "spend doubled": (lambda: spend(accounts(on(JUDGED, spend=Decimal(500)))), FAILED, "more than usual"),
    "spend stopped": (lambda: spend(accounts(on(JUDGED, spend=Decimal(0)))), FAILED, "less than usual"),
    "spend a fifth up": (lambda: spend(accounts(on(JUDGED, spend=Decimal(240)))), PASSED, ""),
    "spend without history": (lambda: spend(accounts()[-9:]), UNKNOWN, "fewer than 4"),
    "cpa within the limit": (lambda: cpa(accounts()), PASSED, "CPA"),
    "cpa over the limit": (lambda: cpa(accounts(since(LAST_WEEK, conversions=Decimal(2)))), FAILED, "CPA 1"),
    "cpa of young days": (
        lambda: cpa(accounts(since(LAST_WEEK, conversions=Decimal(1), **YOUNG))),
        PASSED,
        f"{LAST_WEEK - 7 * ONE_DAY}",
    ),
    "cpa expected of young days": (
        lambda: cpa(
            accounts(
                since(LAST_WEEK, conversions=Decimal(1), expected_conversions=Decimal(10), is_final=False)
            )
        ),
        PASSED,
        f"{LAST_WEEK}",
    ),
    "cpa expected to be bad": (
        lambda: cpa(
            accounts(
                since(LAST_WEEK, conversions=Decimal(1), expected_conversions=Decimal(2), is_final=False)
            )
        ),
        FAILED,
        "÷ 14.0",
    ),
    "cpa of three conversions": (
        lambda: cpa(accounts(since(OLDEST, spend=Decimal(30), conversions=Decimal("0.4")))),
        UNKNOWN,
        "3 conversions",
    ),
    "cpa of none at all at ten times the limit": (
        lambda: cpa(accounts(since(OLDEST, conversions=Decimal(0)))),
        FAILED,
        "no conversion",
    ),
    "campaign that converts": (lambda: silent(campaigns()), PASSED, ""),
    "campaign that costs and brings nothing": (
        lambda: silent(campaigns(since(OLDEST, conversions=Decimal(0)))),
        FAILED,
        "Lamps",
    ),
    "campaign whose conversions are to come": (
        lambda: silent(
            campaigns(since(OLDEST, conversions=Decimal(0))),
            accounts(since(OLDEST, conversions=Decimal(1), expected_conversions=Decimal(9), is_final=False)),
        ),
        UNKNOWN,
        "old enough",
    ),
    "campaign that was paused": (
        lambda: silent(campaigns(since(OLDEST, conversions=Decimal(0), is_active=False))),
        PASSED,
        "",
    ),
    "campaign that spends no longer": (
        lambda: silent(
            campaigns(
                lambda d: {"conversions": Decimal(0), "spend": Decimal(100 if d.day < LAST_WEEK else 0)}
            )
        ),
        PASSED,
        "",
    ),
    "campaign of three clicks": (
        lambda: silent(campaigns(since(OLDEST, conversions=Decimal(0), clicks=0))),
        PASSED,
        "",
    ),
    "campaign that is cheap": (
        lambda: silent(campaigns(since(OLDEST, conversions=Decimal(0), spend=Decimal(1)))),
        PASSED,
        "",
    ),
    "daily budgets kept": (lambda: pacing(accounts()), PASSED, "daily budgets"),
    "daily budgets overspent": (lambda: pacing(accounts(since(FIRST, spend=Decimal(450)))), FAILED, "8,550"),
    "daily budgets unknown": (lambda: pacing(accounts(on(JUDGED, daily_budget=None))), UNKNOWN, "no budget"),
    "monthly budget kept": (lambda: pacing(accounts(), monthly={"all": Decimal(7800)}), PASSED, "7,800"),
    "monthly budget exceeded": (
        lambda: pacing(accounts(), monthly={"meta_ads": Decimal(5000)}),
        FAILED,
        "meta_ads",
    ),
    "monthly budget left over": (
        lambda: pacing(accounts(), monthly={"meta_ads/1": Decimal(20000)}),
        FAILED,
        "meta_ads/1",
    ),
    "margin as usual": (margin, PASSED, "20.0 %"),
    "margin fell": (lambda: margin(since(LAST_WEEK, net_profit=Decimal(50))), FAILED, "usually 20.0 %"),
    "margin of one bad day": (lambda: margin(on(JUDGED, net_profit=Decimal(0))), PASSED, ""),
    "margin of few orders": (
        lambda: margin(since(LAST_WEEK, orders=1, net_profit=Decimal(0))),
        UNKNOWN,
        "7 orders",
    ),
    "margin without a whole week": (lambda: margin(on(JUDGED, net_revenue=Decimal(-9999))), UNKNOWN, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_says_what_it_should(case: str) -> None:
    judge, state, words = CASES[case]
    found = judge()
    said = " ".join([found.reason, *(f.text for f in found.findings)])
    assert (found.state, words in said) == (state, True), said
    if state is FAILED:
        assert found.money is not None and found.money > 0
        assert found.currency == "THB" and found.likely_cause and found.next_step
        assert all(f.since and f.since <= JUDGED for f in found.findings)


def test_what_is_missing_is_counted_since_it_began() -> None:
    days = business(lambda d: {"revenue": Decimal(600)} if d.day in (JUDGED, TWO_DAYS) else {})
    [finding] = drop(days).findings
    assert finding.since == TWO_DAYS
    missing = sum(week_of(d - 7 * ONE_DAY, 1000) for d in (JUDGED, TWO_DAYS)) - 1200
    assert finding.money is not None and abs(finding.money - missing) < 10


def test_the_worst_comes_first_and_each_account_is_an_entity() -> None:
    other = Account("google_ads", "2")
    days = accounts(since(LAST_WEEK, conversions=Decimal(2)))
    days += [replace(d, account=other, spend=d.spend * 3) for d in days]
    found = cpa(days)
    assert [f.entity for f in found.findings] == ["google_ads/2", "meta_ads/1"]
    assert found.money == sum(f.money or 0 for f in found.findings)


@given(
    st.lists(st.tuples(st.integers(0, 70), st.decimals(0, 10**6, places=2), st.booleans()), max_size=80),
    st.one_of(st.none(), st.decimals(0, 10**6, places=2)),
)
def test_no_history_whatever_it_looks_like_breaks_a_rule(
    given_days: list[tuple[int, Decimal, bool]], expected: Decimal | None
) -> None:
    days = {JUDGED - (i - 2) * ONE_DAY: (value, final) for i, value, final in given_days}
    of_business = [
        BusinessDay(d, v, v // 10, v / 7, final, expected) for d, (v, final) in sorted(days.items())
    ]
    of_ads = [AccountDay(d, META, v, v // 9, final, expected, expected) for d, (v, final) in days.items()]
    of_campaigns = [
        CampaignDay(d, META, "7", "Lamps", v, int(v), Decimal(0), final) for d, (v, final) in days.items()
    ]
    found = [drop(of_business), roas(of_business), cpa(of_ads), pacing(of_ads), silent(of_campaigns, of_ads)]
    if of_ads:
        found.append(spend(of_ads))
    for one in found:
        assert one.reason
        assert (one.state is FAILED) == bool(one.findings)
        assert all(f.money is None or f.money >= 0 for f in one.findings)


@given(st.lists(st.integers(980, 1020), min_size=64, max_size=64))
def test_ordinary_noise_alarms_nobody(noise: list[int]) -> None:
    days = [BusinessDay(d, Decimal(n), Decimal(40), Decimal(200)) for d, n in zip(DAYS, noise, strict=False)]
    assert drop(days).state is not FAILED
    assert spend([AccountDay(d.day, META, d.revenue) for d in days]).state is not FAILED
