"""From Dagster's own runs to incidents and messages: one alert an incident, one recovery."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from marketing_assets.alerts import acting
from marketing_assets.alerts.lifecycle import Status
from marketing_assets.verdicts import Finding, metadata, unknown, verdict
from marketing_assets_tests.alerts.house import BROKEN, DAYS, HOOK, MART, NOON, RAW, WARNED, House, Wish
from marketing_assets_tests.installation import QUIET


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, {"channels": HOOK, "ui_url": "http://ui.example"})


def test_a_check_that_fails_in_run_after_run_is_told_once_and_its_end_once(house: House) -> None:
    house.run()
    assert (house.look(), house.told()) == (1, [])
    for _ in range(3):
        house.run(raw=BROKEN)
        house.later(minutes=5)
        assert house.look() == 1
        assert house.look() == 0
    [incident] = house.incidents()
    assert (incident.key.asset, incident.key.check, incident.seen) == (RAW, "watch", 3)
    assert incident.status(house.now) is Status.ONGOING
    assert house.told() == ["Siam Home & Living: ERROR – shopee_orders: watch"]
    for _ in range(2):
        house.run()
        house.later(minutes=5)
        house.look()
    assert house.told() == [
        "Siam Home & Living: ERROR – shopee_orders: watch",
        "Siam Home & Living: recovered – shopee_orders: watch",
    ]
    assert [i.status(house.now) for i in house.incidents()] == [Status.RECOVERED]
    house.run(raw=BROKEN)
    house.look()
    assert len(house.told()) == 3, "what fails again after its end is another incident"


def test_an_alert_says_what_since_when_how_much_why_and_what_to_do(house: House) -> None:
    run = house.run(
        mart=Wish(
            passed=False,
            text="Revenue is 41 % below the last four Thursdays",
            metadata={
                "money_at_stake": "18250.5",
                "currency": "THB",
                "since": "2026-11-11",
                "likely_cause": "campaign paused",
                "next_step": "Look at campaign 12.",
                "metric": "daily_performance.total_revenue",
            },
        )
    )
    house.look()
    [row] = house.outbox()
    [section] = row["message"]["sections"]
    [incident] = house.incidents()
    assert section["title"] == f"ERROR: {MART} · watch"
    assert dict(section["facts"]) == {
        "What": "Revenue is 41 % below the last four Thursdays",
        "Since": "2026-11-11",
        "Days of the run": "2026-10-13 to 2026-11-12",
        "Money at stake": "18,250.50 THB",
        "Likely cause": "campaign paused",
        "Next step": "Look at campaign 12.",
        "Incident": incident.id,
    }
    assert dict(section["links"]) == {
        "Asset": f"http://ui.example/assets/{MART}?view=checks&checkDetail=watch",
        "Run": f"http://ui.example/runs/{run.run_id}",
    }
    assert row["message"]["chart"] == {
        "last": "2026-11-11",
        "metric": "daily_performance.total_revenue",
        "only": {},
    }


def test_a_check_that_blocks_fails_its_step_and_is_one_incident(house: House) -> None:
    assert not house.run(raw=BROKEN).success
    house.look()
    assert [i.key for i in house.incidents()] == [(RAW, "watch", "")]


def test_a_check_that_cannot_tell_opens_and_ends_nothing(house: House) -> None:
    cannot_tell = metadata(unknown("no day is old enough"))
    house.run(mart=Wish(metadata=cannot_tell), other=Wish(passed=False, metadata=cannot_tell))
    house.look()
    assert house.incidents() == []
    house.run(mart=BROKEN)
    house.look()
    house.run(mart=Wish(metadata=cannot_tell))
    house.look()
    assert len(house.incidents(only_open=True)) == 1
    house.run(days=None)
    house.look()
    assert not house.incidents(only_open=True), "a verdict without days is on the table as it is"


def test_a_check_that_cannot_tell_of_one_account_ends_nothing_of_that_account(house: House) -> None:
    def found(*accounts: str, unsure: tuple[str, ...] = ()) -> Wish:
        of = verdict([Finding(f"{a} is dear", a) for a in accounts], "CPA", not_judged=unsure)
        return Wish(passed=not accounts, metadata=metadata(of))

    house.run(mart=found("A", "B"))
    house.look()
    house.run(mart=found(unsure=("B",)))
    house.look()
    assert [i.key.entity for i in house.incidents(only_open=True)] == ["B"]
    house.run(mart=found())
    house.look()
    assert house.incidents(only_open=True) == []


def test_what_fails_upstream_takes_what_fails_downstream_along(house: House) -> None:
    house.run(raw=BROKEN)
    house.look()
    house.run(mart=WARNED, select=["mart"])
    house.look()
    [incident] = house.incidents()
    assert incident.key.asset == RAW
    assert [f.key.asset for f in incident.finding.explains] == [MART]
    assert len(house.told()) == 1
    house.run(mart=WARNED)
    house.look()
    assert house.told()[1:] == [
        "Siam Home & Living: 1 alert, 1 recovered – daily_performance: watch and more"
    ], "what is still wrong after its cause is gone stands for itself, in the same message"


def test_a_warning_upstream_is_named_as_a_likely_cause_and_hides_nothing(house: House) -> None:
    house.run(raw=WARNED, mart=BROKEN)
    house.look()
    assert {i.key.asset for i in house.incidents()} == {RAW, MART}
    [row] = house.outbox()
    mart = dict(row["message"]["sections"][0]["facts"])
    assert mart["Likely cause"].startswith(f"upstream checks warn: {RAW}, watch")
    assert row["message"]["title"] == "Siam Home & Living: 2 alerts – daily_performance: watch and more"


def test_a_platform_that_refuses_is_one_incident_for_all_its_tables(house: House) -> None:
    gone = {"connection": "siam/shopee/220011881", "remedy": "run marketing connections authorize"}
    failing = Wish(fails=dg.Failure("shopee: token refused", metadata=gone))
    house.run(raw=failing, other=failing)
    house.look()
    [incident] = house.incidents()
    assert (*incident.key,) == ("siam/raw/shopee", "connection", "220011881")
    assert house.told() == ["Siam Home & Living: ERROR – shopee: cannot be fetched (220011881)"]
    facts = dict(house.outbox()[0]["message"]["sections"][0]["facts"])
    assert facts["Next step"] == "run marketing connections authorize"
    house.run(other=failing)
    house.look()
    assert len(house.told()) == 1, "one table of two is still not fetched"
    house.run()
    house.look()
    assert len(house.told()) == 2
    assert not house.incidents(only_open=True)


def test_a_run_whose_process_died_is_told_with_what_ended_it(house: House) -> None:
    job = house.definitions.resolve_job_def("siam_refresh")
    run = house.instance.create_run_for_job(job, tags={"tenant": "siam"}, status=dg.DagsterRunStatus.STARTED)
    house.instance.report_run_failed(run, "its process is gone")
    house.later(hours=1)
    house.look()
    [incident] = house.incidents()
    assert (*incident.key,) == ("siam/siam_refresh", "run", "")
    assert "its process is gone" in incident.finding.text


def test_checking_a_platforms_tables_does_not_end_that_it_refuses(house: House) -> None:
    gone = dg.Failure("shopee: down", metadata={"connection": "siam/shopee/220011881"})
    house.run(raw=Wish(fails=gone), other=Wish(fails=gone))
    house.look()

    @dg.asset_check(asset=dg.AssetKey(RAW.split("/")))
    def fresh() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    only_checks = dg.define_asset_job(
        "siam_freshness", dg.AssetSelection.checks(fresh), tags={"tenant": "siam"}
    )
    looks = dg.Definitions(assets=house.assets, asset_checks=[fresh], jobs=[only_checks])
    looks.resolve_job_def("siam_freshness").execute_in_process(instance=house.instance, run_config=QUIET)
    assert house.look() == 1
    assert [i.key.check for i in house.incidents(only_open=True)] == ["connection"]


def test_a_failed_step_is_an_incident_until_the_step_succeeds(house: House) -> None:
    house.run(raw=Wish(fails=dg.Failure("disk full")))
    house.look()
    house.run(select=["other"])
    house.look()
    assert [i.key.check for i in house.incidents(only_open=True)] == ["siam__raw__shopee_orders"]
    house.run()
    house.look()
    assert not house.incidents(only_open=True)


def test_a_run_over_older_days_does_not_end_what_is_wrong_with_newer_ones(house: House) -> None:
    house.run(raw=BROKEN)
    house.look()
    house.run(days=("2026-09-01", "2026-09-30"))
    house.look()
    assert len(house.incidents(only_open=True)) == 1
    house.run(days=("2026-11-12", "2026-11-13"))
    house.look()
    assert not house.incidents(only_open=True)


def test_each_entity_of_a_check_has_an_incident_of_its_own(house: House) -> None:
    def found(*campaigns: str) -> Wish:
        parts = [
            {"entity": c, "text": f"{c} spends and sells nothing", "money_at_stake": "10"} for c in campaigns
        ]
        return Wish(passed=False, metadata={"findings": parts, "currency": "THB"})

    house.run(mart=found("A", "B"))
    house.look()
    house.run(mart=found("B", "C"))
    house.look()
    state = {i.key.entity: i.status(house.now) for i in house.incidents()}
    assert state == {"A": Status.RECOVERED, "B": Status.ONGOING, "C": Status.OPEN}
    assert house.told() == [
        "Siam Home & Living: 2 alerts – daily_performance: watch (A) and more",
        "Siam Home & Living: 1 alert, 1 recovered – daily_performance: watch (C) and more",
    ]


def test_several_findings_of_one_entity_are_one_incident(house: House) -> None:
    parts = [
        {"entity": "A", "text": "on Monday", "money_at_stake": "10.50", "since": "2026-11-09"},
        {"entity": "A", "text": "on Tuesday", "money_at_stake": "4", "since": "2026-11-10"},
        {"text": "in all"},
    ]
    house.run(mart=Wish(passed=False, metadata={"findings": parts, "currency": "THB"}))
    house.look()
    of = {i.key.entity: i.finding for i in house.incidents()}
    assert of.keys() == {"A", ""}
    assert (of["A"].text, str(of["A"].money), of["A"].since) == (
        "on Monday; on Tuesday",
        "14.50",
        "2026-11-09",
    )
    assert of[""].text == "in all"


def test_it_is_sent_again_when_it_gets_worse_or_old_unless_somebody_takes_care(house: House) -> None:
    house.run(raw=WARNED)
    house.look()
    house.later(hours=23)
    house.look()
    assert len(house.told()) == 1
    house.run(raw=BROKEN)
    house.look()
    house.later(hours=2)
    house.look()
    house.later(hours=30)
    house.look()
    assert house.told() == [
        "Siam Home & Living: WARN – shopee_orders: watch",
        "Siam Home & Living: escalated – shopee_orders: watch",
        "Siam Home & Living: escalated – shopee_orders: watch",
    ]
    reasons = [dict(r["message"]["sections"][0]["facts"]).get("Escalated") for r in house.outbox()]
    assert reasons == [
        None,
        "it was a warning and is an error now",
        "still open after 25 hours, and nobody has acknowledged it",
    ]


def test_who_acknowledges_is_not_reminded_and_who_mutes_hears_only_the_end(house: House) -> None:
    house.run(raw=WARNED, other=WARNED)
    house.look()
    raw, other = (
        next(i for i in house.incidents() if i.key.asset.endswith(n)) for n in ("orders", "products")
    )
    acting.acknowledge(house.settings, house.tenant, raw.id, "somchai", house.now)
    acting.mute(house.settings, house.tenant, other.id, house.now.replace(month=12))
    house.later(hours=48)
    house.run(raw=WARNED, other=BROKEN)
    house.look()
    assert len(house.told()) == 1
    assert {i.key.asset: i.status(house.now) for i in house.incidents()} == {
        raw.key.asset: Status.ACKNOWLEDGED,
        other.key.asset: Status.MUTED,
    }
    house.run()
    house.look()
    assert house.told()[1:] == ["Siam Home & Living: 2 recovered – shopee_orders: watch and more"]
    house.run(other=BROKEN)
    house.look()
    house.run()
    house.look()
    assert len(house.told()) == 2, "nobody heard of it, so nobody hears that it is over"


def test_a_mute_that_ends_tells_what_is_still_wrong(house: House) -> None:
    house.run(raw=BROKEN)
    house.look()
    [first] = house.incidents()
    acting.mute(house.settings, house.tenant, first.id, house.now.replace(hour=20))
    house.run()
    house.look()
    house.run(raw=BROKEN)
    house.look()
    assert len(house.told()) == 2
    house.later(hours=24)
    house.look()
    assert house.told()[2:] == ["Siam Home & Living: ERROR – shopee_orders: watch"]


def test_runs_are_looked_at_in_the_order_of_their_ends_however_late(house: House) -> None:
    house.run(raw=BROKEN)
    house.run()
    assert house.look() == 2
    assert [i.status(NOON) for i in house.incidents()] == [Status.RECOVERED]
    assert len(house.told()) == 2


def test_another_tenants_run_is_none_of_ours(house: House) -> None:
    key = dg.AssetKey(["northwind", "raw", "orders"])

    @dg.asset(key=key, check_specs=[dg.AssetCheckSpec("watch", asset=key)])
    def foreign() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="watch", passed=False)])

    dg.materialize([foreign], instance=house.instance)
    assert house.look() == 0
    assert DAYS and house.incidents() == []


def test_runs_of_other_tenants_hide_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty tenants end more runs in an hour than are read at once."""
    monkeypatch.setattr("marketing_assets.alerts.watching._RUNS_AT_ONCE", 3)
    for _ in range(5):
        others = dg.DagsterRun("northwind_refresh", status=dg.DagsterRunStatus.SUCCESS)
        house.instance.add_run(others)
    house.run(raw=BROKEN)
    assert house.look() == 1
    assert [i.key.asset for i in house.incidents()] == [RAW]
