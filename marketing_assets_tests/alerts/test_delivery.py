"""Messages really delivered: to a mail server and to services that refuse what breaks their format."""

from __future__ import annotations

import asyncio
import email
import io
import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from aiosmtpd.controller import Controller
from PIL import Image
from starlette.applications import Starlette

from marketing_assets.alerts.chart_files import charts_folder
from marketing_assets.alerts.serving import chart_routes
from marketing_assets.warehouse.duckdb_connection import connect
from marketing_assets_tests.alerts import mart
from marketing_assets_tests.alerts.house import BROKEN, WARNED, House, Wish
from marketing_assets_tests.alerts.receivers import (
    LineApi,
    Server,
    SlackApi,
    serving,
    signed_webhook,
    slack_webhook,
    teams,
)

HARD = Wish(
    passed=False,
    text='ยอดขายลดลง <b>41 %</b> & "half" of *all* https://evil.example/',
    metadata={"money_at_stake": "18250.50", "currency": "THB", "next_step": "Look at campaign <12>."},
)


class Mailbox:
    """Keeps what it gets; `refuses` is an answer to give instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses:
            return self.refuses
        mail = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, dict[str, Any]]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield (
            box,
            {
                "type": "email",
                "host": "127.0.0.1",
                "port": port,
                "security": "none",
                "sender": "alerts@siam.example",
                "to": ["owner@siam.example", "ads@siam.example"],
            },
        )
    finally:
        controller.stop()


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    mart.fill(made.settings)
    return made


def raise_one(house: House, wish: Wish = HARD) -> None:
    house.run(mart=wish)
    house.look()


def assert_a_chart(png: bytes) -> None:
    """A picture of the right size that shows something: a line of its colour, and dark text."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.size) == ("PNG", (960, 432))
        pixels = np.asarray(image.convert("RGB")).astype(int)
    blue = (abs(pixels - (11, 87, 208)).sum(axis=2) < 60).sum()
    dark = (pixels.sum(axis=2) < 150).sum()
    white = (pixels.sum(axis=2) == 765).mean()
    assert blue > 1000, "the line"
    assert dark > 500, "title and labels"
    assert 0.8 < white < 0.99


def test_by_mail_as_text_and_html_with_the_chart_inside(house: House) -> None:
    with mail_server() as (box, channel):
        house.configure({"channels": {"mail": channel}, "ui_url": "https://ui.example"})
        raise_one(house)
        assert house.deliver().sent == 1
    [mail] = box.mails
    assert mail["Subject"] == "Siam Home & Living: ERROR – daily_performance: watch"
    assert mail["To"] == "owner@siam.example, ads@siam.example"
    [row] = house.outbox()
    assert mail["Message-ID"] == f"<{row['id']}@siam.example>"
    text = mail.get_body(("plain",)).get_content()
    assert HARD.text in text
    assert "Money at stake: 18,250.50 THB" in text
    html = mail.get_body(("html",)).get_content()
    assert "ยอดขายลดลง &lt;b&gt;41 %&lt;/b&gt; &amp;" in html
    assert 'src="cid:chart"' in html
    [image] = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<chart>"
    assert_a_chart(image.get_content())


def test_to_a_slack_webhook(house: House) -> None:
    with serving(slack_webhook) as server:
        house.configure(
            {
                "channels": {
                    "slack": {
                        "type": "slack",
                        "webhook": house.secret("slack", f"{server.url}/services/T0/B0/x"),
                    }
                },
                "public_url": "https://alerts.example",
                "ui_url": "https://ui.example",
            }
        )
        raise_one(house)
        assert house.deliver().complaints == {}
    assert server.refused == []
    [request] = server.taken
    *_, section, image = request.json["blocks"]
    assert "&lt;b&gt;41 %&lt;/b&gt; &amp;" in section["text"]["text"]
    assert "<https://ui.example/assets/siam/mart/daily_performance" in section["text"]["text"]
    name = image["image_url"].removeprefix("https://alerts.example/charts/")
    answer = get_chart(house, name)
    assert answer.headers["content-type"] == "image/png"
    assert_a_chart(answer.content)
    for wrong in ("x.png", "..%2Falerts.sqlite", name.replace(name[0], "z")):
        assert get_chart(house, wrong).status_code == 404


def get_chart(house: House, name: str) -> httpx.Response:
    """What the application that serves charts answers."""
    app = httpx.ASGITransport(Starlette(routes=chart_routes(house.settings)))

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=app, base_url="https://alerts.example") as client:
            return await client.get(f"/charts/{name}")

    return asyncio.run(get())


def test_to_a_slack_channel_by_a_bot_that_uploads_the_chart(house: House) -> None:
    api = SlackApi("xoxb-1", "C123")
    with serving(api) as server:
        api.base = server.url
        bot = {
            "type": "slack",
            "bot_token": house.secret("bot", "xoxb-1"),
            "channel": "C123",
            "api_url": f"{server.url}/api",
        }
        house.configure({"channels": {"slack": bot}})
        raise_one(house)
        assert house.deliver().complaints == {}
        house.secret("bot", "xoxb-wrong")
        house.run()
        house.look()
        assert house.deliver().complaints == {"slack": "Slack's chat.postMessage refuses: invalid_auth"}
    assert server.refused == []
    assert len(api.messages) == 1
    assert_a_chart(api.files["F1"])
    assert api.shared[0]["thread_ts"] == "1700000000.000100"


def test_to_line_with_an_image_by_its_address_and_a_retry_key(house: House) -> None:
    api = LineApi("line-token", "U1")
    with serving(api) as server:
        line = {
            "type": "line",
            "access_token": house.secret("line", "line-token"),
            "to": "U1",
            "api_url": server.url,
        }
        house.configure({"channels": {"line": line}, "public_url": "https://alerts.example/"})
        server.instead = [(500, {"message": "Internal Server Error"})]
        raise_one(house)
        assert house.deliver().complaints == {
            "line": 'LINE answered HTTP 500: {"message": "Internal Server Error"}'
        }
        house.later(minutes=1)
        assert house.deliver().sent == 1
        [(key, body)] = api.pushed.items()
        [row] = house.outbox()
        assert key == row["id"]
        text, image = body["messages"]
        assert "18,250.50 THB" in text["text"]
        assert image["originalContentUrl"] == f"https://alerts.example/charts/{key}.png"
        house.configure({"channels": {"line": line}})
        house.run()
        house.look()
        house.deliver()
    assert server.refused == []
    assert [m["type"] for m in list(api.pushed.values())[1]["messages"]] == ["text"]


def test_to_teams_as_an_adaptive_card(house: House) -> None:
    with serving(teams) as server:
        channel = {"type": "teams", "webhook": house.secret("teams", f"{server.url}/workflows/1?sig=s3cr3t")}
        house.configure(
            {
                "channels": {"teams": channel},
                "public_url": "https://alerts.example",
                "ui_url": "https://ui.example",
            }
        )
        raise_one(house)
        assert house.deliver().complaints == {}
        house.run(raw=BROKEN, other=WARNED)
        house.look()
        assert house.deliver().complaints == {}
    assert server.refused == []
    card = server.taken[0].json["attachments"][0]["content"]
    assert [item["type"] for item in card["body"]] == ["TextBlock", "Image", "TextBlock", "FactSet"]
    assert [action["title"] for action in card["actions"]] == ["Asset", "Run"]


def test_to_a_signed_webhook_and_to_any_service_by_apprise(house: House) -> None:
    with serving(signed_webhook(b"sixteen bytes!!!")) as hook, serving(lambda _: (200, {})) as other:
        secret = house.secret("hook", "whsec_c2l4dGVlbiBieXRlcyEhIQ==")
        through = house.secret("apprise", other.url.replace("http://", "json://user:p4ss@") + "/alerts")
        house.configure(
            {
                "channels": {
                    "hook": {"type": "webhook", "url": f"{hook.url}/in", "secret": secret},
                    "other": {"type": "apprise", "url": through},
                }
            }
        )
        raise_one(house)
        assert house.deliver().sent == 2
    assert hook.refused == []
    assert hook.taken[0].json["severity"] == "ERROR"
    told = other.taken[0].json
    assert told["title"] == "Siam Home & Living: ERROR – daily_performance: watch"
    assert HARD.text in told["message"]
    assert told["type"] == "failure"
    assert len(told["attachments"]) == 1


def hooked(house: House, server: Server, *more: Server) -> None:
    """A webhook channel a server, first `hook`."""
    house.configure(
        {
            "channels": {
                name: {"type": "webhook", "url": f"{at.url}/", "secret": house.secret("hook", "key")}
                for name, at in zip(("hook", "spare", "third"), (server, *more), strict=False)
            },
            "routes": [{"channels": ["hook"]}],
        }
    )


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
    assert told["intro"] == "(there is no chart: the warehouse was busy with a run)"
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
