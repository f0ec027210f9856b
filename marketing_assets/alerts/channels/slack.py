"""Slack: Block Kit by an incoming webhook, or by a bot, which uploads the chart."""

from __future__ import annotations

import logging
from typing import Any

from marketing_assets.alerts.channels.channel import Deliver, DeliveryError, call, cut
from marketing_assets.alerts.message import Chart, Message, Section

_LOG = logging.getLogger("marketing_assets.alerts")

_HEADER, _SECTION, _BLOCKS = 150, 3000, 50
"""Slack's limits: characters of a header and of a section's text, blocks of a message."""
_PASSING = {
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
}


def webhook_channel(url: str) -> Deliver:
    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        body = {"text": _escape(message.title), "blocks": blocks(message, chart.url if chart else "", chart)}
        call("Slack's webhook", "POST", url, json=body)

    return deliver


def bot_channel(token: str, channel: str, api_url: str) -> Deliver:
    """Posts and uploads as a bot. A chart that cannot be uploaded does not hold the message up."""
    api = api_url.rstrip("/")

    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        posted = _api(
            f"{api}/chat.postMessage",
            token,
            json={
                "channel": channel,
                "text": _escape(message.title),
                "blocks": blocks(message, "", chart),
                # Slack drops a second message with the same id.
                "client_msg_id": key,
                "unfurl_links": False,
            },
        )
        if chart is not None:
            try:
                _upload(api, token, str(posted.get("channel") or channel), str(posted.get("ts", "")), chart)
            except DeliveryError as error:
                _LOG.warning("a chart for Slack was left out: %s", error)

    return deliver


def blocks(message: Message, image_url: str, chart: Chart | None) -> list[dict[str, Any]]:
    head: list[dict[str, Any]] = [
        {
            "type": "header",
            "text": {"type": "plain_text", "text": cut(message.title, _HEADER), "emoji": False},
        }
    ]
    if message.intro:
        head.append(_markdown(message.intro))
    tail = []
    if chart is not None and image_url:
        tail = [{"type": "image", "image_url": image_url, "alt_text": cut(chart.alt, 2000)}]
    room = _BLOCKS - len(head) - len(tail) - 1
    body = [_section(section) for section in message.sections[:room]]
    if len(message.sections) > room:
        body.append(_markdown(f"and {len(message.sections) - room} more; see `marketing alerts list`"))
    return [*head, *body, *tail]


def _section(section: Section) -> dict[str, Any]:
    lines = [f"*{_escape(section.title)}*", *(f"*{_escape(a)}:* {_escape(b)}" for a, b in section.facts)]
    links = " · ".join(f"<{url}|{_escape(label)}>" for label, url in section.links)
    text = cut("\n".join(lines), _SECTION - len(links) - 1)
    return {"type": "section", "text": {"type": "mrkdwn", "text": f"{text}\n{links}" if links else text}}


def _markdown(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": cut(_escape(text), _SECTION)}}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _upload(api: str, token: str, channel: str, thread: str, chart: Chart) -> None:
    """Slack's three steps: ask where to, send the bytes, share the file under the message."""
    asked = _api(
        f"{api}/files.getUploadURLExternal",
        token,
        data={"filename": "chart.png", "length": str(len(chart.png)), "alt_txt": cut(chart.alt, 1000)},
    )
    png = {"Content-Type": "image/png"}
    call("Slack's upload", "POST", str(asked["upload_url"]), content=chart.png, headers=png)
    _api(
        f"{api}/files.completeUploadExternal",
        token,
        json={
            "files": [{"id": asked["file_id"], "title": cut(chart.alt, 200)}],
            "channel_id": channel,
            "thread_ts": thread,
        },
    )


def _api(url: str, token: str, **body: Any) -> dict[str, Any]:
    method = url.rpartition("/")[2]
    answer = call(f"Slack's {method}", "POST", url, headers={"Authorization": f"Bearer {token}"}, **body)
    try:
        said: dict[str, Any] = answer.json()
    except ValueError:
        raise DeliveryError(f"Slack's {method} answered no JSON") from None
    if not said.get("ok"):
        why = str(said.get("error", "no reason"))
        raise DeliveryError(f"Slack's {method} refuses: {why}", permanent=why not in _PASSING)
    return said
