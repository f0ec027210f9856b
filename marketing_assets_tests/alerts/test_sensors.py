"""The sensors as Dagster evaluates them, the jobs as it runs them, the commands as people do."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from marketing_assets.alerts.digest import post_digest
from marketing_assets.cli import app
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets_tests.alerts import mart
from marketing_assets_tests.alerts.house import BROKEN, HOOK, MART, OTHER, RAW, WARNED, House
from marketing_assets_tests.alerts.receivers import serving, signed_webhook
from marketing_assets_tests.installation import QUIET


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    yield House(tmp_path, {"channels": HOOK})


class Daemon:
    """Ticks a sensor as the daemon does: it keeps the cursor."""

    def __init__(self, house: House):
        self.house = house
        self.cursors: dict[str, str | None] = {}

    def tick(self, name: str) -> dg.SensorResult:
        context = dg.build_sensor_context(
            self.house.instance,
            self.cursors.get(name),
            repository_def=self.house.definitions.get_repository_def(),
        )
        done = self.house.definitions.resolve_sensor_def(name).evaluate_tick(context)
        self.cursors[name] = done.cursor or self.cursors.get(name)
        return done


def test_sensors_turn_failed_checks_of_successful_runs_into_one_alert_and_one_recovery(house: House) -> None:
    daemon = Daemon(house)
    following = [f"siam_alerts_on_{word}" for word in ("success", "failure", "cancel")]
    with serving(signed_webhook(b"key")) as server:
        hook = {"type": "webhook", "url": f"{server.url}/", "secret": house.secret("hook", "key")}
        house.configure({"channels": {"hook": hook}})
        for name in following:
            daemon.tick(name)
        assert house.run(raw=WARNED).success, "Dagster itself says nothing of a check that failed"
        daemon.tick("siam_alerts_on_success")
        assert len(house.outbox()) == 1
        asked = daemon.tick("siam_alert_delivery")
        assert len(server.taken) == 1
        [request] = asked.run_requests
        assert request.run_key.startswith("siam-alerts-")
        for _ in range(2):
            house.run()
            for name in [*following, "siam_alert_delivery"]:
                daemon.tick(name)
    assert [r.json["title"].split(" – ")[0] for r in server.taken] == [
        "Siam Home & Living: WARN",
        "Siam Home & Living: recovered",
    ]


def test_a_file_with_mistakes_loses_no_run_and_the_delivery_finds_those_no_sensor_saw(house: House) -> None:
    daemon = Daemon(house)
    daemon.tick("siam_alerts_on_success")
    house.configure({"channels": {"hook": {"type": "webhook"}}})
    house.run(raw=BROKEN)
    daemon.tick("siam_alerts_on_success")
    assert daemon.cursors["siam_alerts_on_success"], "Dagster has moved on"
    with pytest.raises(Exception, match=r"siam/alerts.yaml: channels.hook.url: is missing; add it"):
        daemon.tick("siam_alert_delivery")
    house.secret("hook", "key")
    house.configure({"channels": HOOK})
    said = daemon.tick("siam_alert_delivery")
    assert [i.key.asset for i in house.incidents()] == [RAW]
    assert said.run_requests


def test_a_sensor_that_is_killed_in_between_leaves_nothing_half_done(tmp_path: Path) -> None:
    house = House(tmp_path, {"channels": HOOK}, lasting=True)
    house.run(raw=BROKEN)
    arguments = [sys.executable, "-m", "marketing_assets_tests.alerts.killed", "look", str(tmp_path)]
    killed = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=240)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (house.incidents(), house.outbox()) == ([], [])
    assert house.look() == 1
    assert (len(house.incidents()), len(house.outbox())) == (1, 1)
    assert house.look() == 0


def test_the_history_job_keeps_every_incident_once_in_ops_alerts(house: House) -> None:
    def publish() -> list[dict[str, object]]:
        job = house.definitions.resolve_job_def("siam_alert_history")
        assert job.execute_in_process(instance=house.instance, run_config=QUIET).success
        return open_warehouse(house.settings, "siam").read("ops", "alerts").sort("opened_at").to_dicts()

    house.run(raw=BROKEN)
    house.look()
    [row] = publish()
    assert (row["asset"], row["status"], row["channels"], row["day"]) == (
        RAW,
        "open",
        "hook",
        date(2026, 11, 12),
    )
    house.later(hours=1)
    house.run(other=WARNED)
    house.look()
    assert [(r["asset"], r["status"]) for r in publish()] == [(RAW, "recovered"), (OTHER, "open")]


def test_the_digest_tells_the_numbers_incidents_and_stale_tables_once_a_day(house: House) -> None:
    mart.fill(house.settings)
    house.run(raw=WARNED, select=["raw", "mart"])
    house.look()
    keys = [dg.AssetKey(name.split("/")) for name in (RAW, OTHER, MART)]
    # The runs were made just now, by the clock of the machine.
    now = datetime(2026, 11, 13, 0, 15, tzinfo=UTC)
    assert post_digest(house.settings, house.tenant, house.instance, keys, now) == 1
    assert post_digest(house.settings, house.tenant, house.instance, keys, now) == 0
    message = house.outbox()[-1]["message"]
    assert message["title"] == "Siam Home & Living: Thursday 2026-11-12"
    numbers, incidents, stale = message["sections"]
    # Revenue 31,000 against 31,630 + 4,000·sin 7 = 34,258; spend 7,800 against 7,940; ROAS without the sine.
    assert dict(numbers["facts"]) == {
        "Revenue": "31,000.00 THB (-9.5%)",
        "Spend": "7,800.00 THB (-1.8%)",
        "ROAS": "3.97 (-0.2%)",
        "Profit": "5,000.00 THB (+1.4%)",
    }
    assert incidents["title"] == "1 open incident"
    assert [name for name, _ in stale["facts"]] == [OTHER]


def test_the_digest_is_due_at_a_quarter_past_seven_of_the_tenant(house: House) -> None:
    schedule = house.definitions.resolve_schedule_def("siam_digest")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("15 7 * * *", "Asia/Bangkok")
    job = house.definitions.resolve_job_def("siam_digest")
    assert job.execute_in_process(instance=house.instance, run_config=QUIET).success
    [row] = house.outbox()
    assert dict(row["message"]["sections"][0]["facts"])["Revenue"] == "not known"


def test_commands_list_acknowledge_and_mute(house: House) -> None:
    def marketing(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["alerts", *arguments], env={"COLUMNS": "250"})
        return f"{done.exit_code} {done.output}"

    house.run(raw=BROKEN)
    house.look()
    [incident] = house.incidents()
    listed = marketing("list", "siam")
    assert "1 incidents of siam" in listed
    assert incident.id in listed
    assert "hook: 1 messages pending" in listed
    assert marketing("ack", "siam", incident.id, "--by", "somchai").startswith(
        f"0 {incident.id} is acknowledged by somchai"
    )
    assert "acknowledged" in marketing("list", "siam")
    assert f"0 {RAW} · watch is muted until" in marketing("mute", "siam", incident.id, "--hours", "1")
    assert "muted" in marketing("list", "siam")
    assert "is muted no more" in marketing("mute", "siam", incident.id, "--hours", "0")
    assert marketing("ack", "siam", "nothing").startswith("1 siam has no incident 'nothing'; see")
    house.run()
    house.look()
    assert marketing("ack", "siam", incident.id).startswith(f"1 incident {incident.id} is over since")
    assert "0 incidents" in marketing("list", "siam")
    assert "recovered" in marketing("list", "siam", "--all")
    assert "1 rows written to ops.alerts" in marketing("publish", "siam")
