"""The outbox: at least once, in order, past dead channels."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from marketing_assets.alerts.chart_files import charts_folder
from marketing_assets.warehouse.duckdb_connection import connect
from marketing_assets_tests.alerts.delivery.raising import hooked, raise_one
from marketing_assets_tests.alerts.house import BROKEN, WARNED, House
from marketing_assets_tests.alerts.receivers import serving, signed_webhook


def test_a_process_killed_between_sending_and_noting_it_sends_the_same_message_again(
    house: House, tmp_path: Path
) -> None:
    with serving(signed_webhook(b"key")) as server:
        hooked(house, server)
        raise_one(house)
        arguments = [sys.executable, "-m", "marketing_assets_tests.alerts.killed", "deliver", str(tmp_path)]
        killed = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=240)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert len(server.taken) == 1
        assert house.deliver().sent == 0, "it may still be on its way"
        house.later(minutes=6)
        assert house.deliver().sent == 1
        house.later(hours=1)
        assert house.deliver().sent == 0
    first, second = server.taken
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.json == second.json, "the picture included"


def test_two_that_deliver_at_once_send_once(house: House) -> None:
    with serving(signed_webhook(b"key")) as server:
        hooked(house, server)
        raise_one(house)
        threads = [threading.Thread(target=house.deliver) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.taken) == 1


def test_a_recovery_waits_for_its_alert_and_pauses_grow(house: House) -> None:
    with serving(signed_webhook(b"key")) as server:
        hooked(house, server)
        raise_one(house)
        server.instead = [(503, "")] * 3
        house.deliver()
        house.run()
        house.look()
        tries = []
        for _ in range(12):
            house.later(seconds=15)
            tries.append(3 - len(server.instead))
            house.deliver()
    assert tries == [1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3], "after 30 s, then 60 s, then 120 s"
    house.later(minutes=1)
    with serving(signed_webhook(b"key")) as server:
        hooked(house, server)
        assert house.deliver().sent == 2
    assert ["recovered" in r.json["title"] for r in server.taken] == [False, True]


def test_a_dead_channel_is_told_of_on_another_and_its_messages_go_there(house: House) -> None:
    with serving(signed_webhook(b"key")) as dead, serving(signed_webhook(b"key")) as spare:
        hooked(house, dead, spare)
        dead.instead = [(404, "no such hook")]
        raise_one(house)
        done = house.deliver()
    assert done.complaints == {"hook": "the webhook answered HTTP 404: no such hook"}
    assert done.sent == 1
    [request] = spare.taken
    assert request.json["intro"] == (
        "Not delivered to hook: the webhook answered HTTP 404: no such hook. "
        "It is told here instead; mend that channel."
    )
    assert request.json["title"] == "Siam Home & Living: ERROR – daily_performance: watch"
    assert [(r["channel"], r["state"]) for r in house.outbox()] == [("hook", "dead"), ("spare", "sent")]


def test_a_channel_that_does_not_answer_is_passed_over_after_six_tries_and_still_tried(house: House) -> None:
    with serving(signed_webhook(b"key")) as spare, serving(signed_webhook(b"key")) as slow:
        hooked(house, slow, spare)
        slow.instead = [(503, "busy")] * 7
        raise_one(house)
        for _ in range(60):
            house.deliver()
            house.later(minutes=1)
        assert len(spare.taken) == 1
        assert slow.instead == []
        house.later(hours=1)
        house.deliver()
        assert len(slow.taken) == 1
        assert [(r["channel"], r["state"]) for r in house.outbox()] == [("hook", "sent"), ("spare", "sent")]


def test_what_waits_for_the_morning_goes_out_before_what_cannot_wait(house: House) -> None:
    quiet = {"start": "11:00", "end": "13:00"}
    with serving(signed_webhook(b"key")) as server:
        hooked(house, server)
        config = {"type": "webhook", "url": f"{server.url}/", "secret": house.secret("hook", "key")}
        house.configure({"channels": {"hook": config}, "quiet_hours": quiet})
        house.run(raw=WARNED, other=WARNED)
        house.look()
        assert house.deliver().sent == 0
        house.run(raw=BROKEN, other=WARNED)
        house.look()
        assert house.deliver().sent == 2, "the alert that was held, then its escalation"
        house.run(mart=WARNED)
        house.look()
        assert house.deliver().sent == 1, "the end of an error passes; the new warning waits"
        house.later(hours=1)
        assert house.deliver().sent == 1
    titles = [r.json["title"].removeprefix("Siam Home & Living: ") for r in server.taken]
    assert [t.split(" – ")[0] for t in titles] == [
        "2 alerts",
        "escalated",
        "recovered",
        "1 alert, 1 recovered",
    ]


def test_a_busy_warehouse_costs_the_chart_and_not_the_alert(house: House) -> None:
    path = house.settings.warehouse_file("siam")
    with serving(signed_webhook(b"key")) as server:
        hooked(house, server)
        raise_one(house)
        with _process(f"c = duckdb.connect({str(path)!r})"):
            assert house.deliver().sent == 1
    told = server.taken[0].json
    assert "image" not in told
    assert told["intro"] == "(there is no chart: the warehouse was busy with a run, or did not answer)"
    connect(path).close()
    assert not list(charts_folder(house.settings).glob("*"))


@contextmanager
def _process(code: str) -> Iterator[None]:
    import subprocess
    import sys

    whole = f"import duckdb, sys; {code}; print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", whole], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate()


def test_a_secret_is_in_no_log_error_or_state(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {
        "slack": "Sl4ckHookPath",
        "teams": "T3amsSignature",
        "apprise": "Appr1sePass",
        "line": "L1neToken",
    }
    with serving(lambda r: (403, f"refused {r.path} {r.headers.get('authorization')}")) as server:
        house.configure(
            {
                "channels": {
                    "slack": {
                        "type": "slack",
                        "webhook": house.secret("slack", f"{server.url}/{secrets['slack']}"),
                    },
                    "teams": {
                        "type": "teams",
                        "webhook": house.secret("teams", f"{server.url}/?{secrets['teams']}"),
                    },
                    "other": {
                        "type": "apprise",
                        "url": house.secret(
                            "other", server.url.replace("http://", f"json://u:{secrets['apprise']}@")
                        ),
                    },
                    "line": {
                        "type": "line",
                        "to": "U1",
                        "access_token": house.secret("line", secrets["line"]),
                        "api_url": server.url,
                    },
                    "gone": {"type": "teams", "webhook": {"file": "siam/nowhere"}},
                }
            }
        )
        raise_one(house)
        done = house.deliver()
    assert set(done.complaints) == {"slack", "teams", "other", "line", "gone"}
    assert "secret 'webhook' of siam/alerts/gone is missing" in done.complaints["gone"]
    state = (house.settings.home / "state" / "alerts.sqlite").read_bytes()
    wal = house.settings.home / "state" / "alerts.sqlite-wal"
    state += wal.read_bytes() if wal.exists() else b""
    for secret in secrets.values():
        assert secret not in caplog.text
        assert secret not in str(done)
        assert secret.encode() not in state
