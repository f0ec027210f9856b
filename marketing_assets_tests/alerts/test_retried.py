"""Runs that Dagster tries again, and runs that somebody cancels: one alert, of what is wrong in the end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from marketing_assets.alerts import retried
from marketing_assets.alerts.lifecycle import Status
from marketing_assets_tests.alerts.house import BROKEN, HOOK, MART, OTHER, RAW, WARNED, House, Wish

TIMEOUT = Wish(fails=dg.Failure("timeout"))
FAILED = "Siam Home & Living: ERROR – shopee_orders: failed"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house whose Dagster tries a failed run again, twice at most."""
    made = House(tmp_path, {"channels": HOOK})
    made.instance = dg.DagsterInstance.ephemeral(
        settings={"run_retries": {"enabled": True, "max_retries": 2}}
    )
    return made


def tried_again(house: House, failed: str, *, is_last: bool = False, **wishes: Wish) -> str:
    """What Dagster's daemon does, with Dagster's tags: a run over what failed, and what follows from it."""
    tags = {"dagster/parent_run_id": failed} | ({"dagster/max_retries": "0"} if is_last else {})
    run_id = house.run(select=["raw", "mart"], tags=tags, **wishes).run_id
    house.instance.add_run_tags(failed, {"dagster/auto_retry_run_id": run_id})
    return run_id


def said(house: House, run_id: str) -> str | None:
    """Dagster's own word on whether it will try a run again."""
    run = house.instance.get_run_by_id(run_id)
    assert run is not None
    return run.tags.get("dagster/will_retry")


def test_a_failure_that_the_retry_mends_is_told_to_nobody(house: House) -> None:
    first = house.run(raw=TIMEOUT).run_id
    assert said(house, first) == "true"
    assert (house.look(), house.incidents()) == (0, []), "its retry decides"
    tried_again(house, first)
    assert (house.look(), house.incidents(), house.told()) == (2, [], [])


def test_the_last_try_decides_and_the_next_success_ends_it(house: House) -> None:
    first = house.run(raw=TIMEOUT).run_id
    second = tried_again(house, first, raw=TIMEOUT)
    house.look()
    assert (said(house, second), house.incidents()) == ("true", [])
    last = tried_again(house, second, is_last=True, raw=TIMEOUT)
    house.look()
    [incident] = house.incidents()
    assert (said(house, last), incident.first_run, incident.seen) == ("false", last, 1)
    assert house.told() == [FAILED]
    third = house.run(raw=TIMEOUT).run_id
    tried_again(house, third)
    house.look()
    [incident] = house.incidents()
    assert (incident.status(house.now), incident.seen) == (Status.RECOVERED, 1)
    assert len(house.told()) == 2


def test_what_other_steps_checked_counts_and_what_is_checked_again_does_not(house: House) -> None:
    first = house.run(raw=BROKEN, other=WARNED).run_id
    tried_again(house, first)
    house.look()
    assert [i.key.asset for i in house.incidents()] == [OTHER], "only the failed step is tried again"


def test_a_retry_that_never_comes_does_not_hide_the_failure(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = house.run(raw=TIMEOUT).run_id
    house.look()
    assert house.incidents() == []
    monkeypatch.setattr(retried, "RETRY_COMES_WITHIN", timedelta(0))
    house.look()
    assert house.told() == [FAILED]
    monkeypatch.undo()
    other = house.run(raw=Wish(), mart=TIMEOUT).run_id
    house.look()
    assert [i.key.asset for i in house.incidents(only_open=True)] == [RAW], "nor does it end anything yet"
    house.instance.add_run_tags(other, {"dagster/will_retry": "false"})  # it could not be made
    house.look()
    assert [i.key.asset for i in house.incidents(only_open=True)] == [MART]
    assert said(house, first) == "true"


def test_a_run_between_its_failure_and_the_word_on_its_retry_is_looked_at_later(house: House) -> None:
    run_id = house.run(raw=TIMEOUT).run_id
    # Dagster writes the failure first and the tag after it.
    with house.instance._run_storage.connect() as connection:
        connection.exec_driver_sql("DELETE FROM run_tags WHERE key = 'dagster/will_retry'")
        connection.exec_driver_sql(
            """UPDATE runs SET run_body = replace(run_body, '"dagster/will_retry": "true"', '"x": ""')"""
        )
    assert said(house, run_id) is None
    assert (house.look(), house.incidents()) == (0, [])


def test_a_cancelled_run_is_a_warning_until_the_job_succeeds_and_its_checks_count(house: House) -> None:
    house.run(raw=TIMEOUT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retried, "RETRY_COMES_WITHIN", timedelta(0))
        house.look()
    run_id = house.run(raw=WARNED, mart=Wish(cancelled=True)).run_id
    run = house.instance.get_run_by_id(run_id)
    assert run is not None and run.status is dg.DagsterRunStatus.CANCELED
    house.look()
    found = {(i.key.asset, i.key.check): i.finding.severity for i in house.incidents(only_open=True)}
    assert found == {(RAW, "watch"): "WARN", ("siam/siam_refresh", "run"): "WARN"}
    assert "was cancelled; what it had left was not computed" in str(house.outbox()[-1]["message"])
    house.run()
    house.look()
    assert house.incidents(only_open=True) == []
