"""What alerts keep for a while only goes; what is open, waits, or may come up again stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketing_assets.alerts.history import publish
from marketing_assets.alerts.store import alerts_state
from marketing_assets.alerts.tables import ABOUT, RUNS
from marketing_assets.protection.schedule import retention_job
from marketing_assets.protection.state import expire_state
from marketing_assets.webhooks.inbox import Inbox, Message
from marketing_assets_tests.alerts.house import BROKEN, HOOK, MART, OTHER, RAW, WARNED, House
from marketing_assets_tests.alerts.receivers import serving, signed_webhook
from marketing_assets_tests.installation import QUIET


def counted(house: House) -> tuple[int, int]:
    """Runs that were looked at, and lines that say which incidents messages speak of."""
    with alerts_state(house.settings) as engine, engine.connect() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in (RUNS, ABOUT)
        )


def pushed(house: House, day: float) -> None:
    inbox = Inbox(house.settings)
    when = house.now.timestamp() - day * 86_400
    inbox.put([Message(b"%d" % day, "siam", "shopee", "1", "code 3", "A1", None, None, when)])
    inbox.close()


def test_what_has_outlived_its_time_goes_and_the_rest_stays(tmp_path: Path) -> None:
    house = House(tmp_path, {"channels": HOOK})
    # Dagster writes down ends of runs by the clock of the machine.
    house.now = datetime.now(UTC)
    with serving(signed_webhook(b"key")) as server:
        hook = {"type": "webhook", "url": f"{server.url}/", "secret": house.secret("hook", "key")}
        house.configure({"channels": {"hook": hook}})
        house.run(raw=BROKEN)
        house.look()
        house.run(other=WARNED)
        house.look()
        assert house.deliver().sent == 2
    house.run(mart=BROKEN, select=["mart"])
    house.look()
    for days in (31, 29):
        pushed(house, days)
    assert expire_state(house.settings, house.tenant, house.now) == {"pushed messages": 1}
    assert counted(house) == (3, 4)

    house.later(days=500)
    assert expire_state(house.settings, house.tenant, house.now) == {
        "alert messages": 2,
        "pushed messages": 1,
    }
    assert [i.key.asset for i in house.incidents()] == [RAW, OTHER, MART], "one is not in ops.alerts yet"
    assert [(m["state"], m["channel"]) for m in house.outbox()] == [("pending", "hook")]
    assert counted(house) == (3, 1), "these runs are asked for again, since none came after them"
    assert house.look() == 0

    publish(house.settings, house.tenant, house.now)
    assert expire_state(house.settings, house.tenant, house.now) == {"incidents that are over": 1}
    assert [i.key.asset for i in house.incidents()] == [OTHER, MART]
    house.now = datetime.now(UTC) + timedelta(days=1)
    assert expire_state(house.settings, house.tenant, house.now) == {}


def test_the_nightly_job_shows_what_it_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    monkeypatch.setenv("MARKETING_HOME", str(tmp_path))
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path / "tenants"))
    house.now = datetime.now(UTC)
    pushed(house, 31)
    done = retention_job(house.tenant).execute_in_process(instance=house.instance, run_config=QUIET)
    [handled] = [e for e in done.all_events if e.event_type_value == "STEP_OUTPUT"]
    assert handled.step_output_data.metadata["removed"].value["state"] == {"pushed messages": 1}
