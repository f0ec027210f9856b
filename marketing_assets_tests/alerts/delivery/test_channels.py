"""Each channel takes a message in its own format, with its picture."""

from __future__ import annotations

import asyncio

import httpx
from starlette.applications import Starlette

from marketing_assets.alerts.serving import chart_routes
from marketing_assets_tests.alerts.delivery.raising import HARD, assert_a_chart, raise_one
from marketing_assets_tests.alerts.house import BROKEN, WARNED, House
from marketing_assets_tests.alerts.mailbox import mail_server
from marketing_assets_tests.alerts.receivers import (
    LineApi,
    SlackApi,
    serving,
    signed_webhook,
    slack_webhook,
    teams,
)


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
