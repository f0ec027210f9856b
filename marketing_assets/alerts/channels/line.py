"""LINE: push messages of the Messaging API. LINE takes images by their HTTPS address only."""

from __future__ import annotations

from typing import Any

import httpx

from marketing_assets.alerts.channels.channel import TIMEOUT_SECONDS, Deliver, DeliveryError, cut
from marketing_assets.alerts.message import Chart, Message, plain_text

_TEXT = 5000
"""The most characters of a text message."""
_ACCEPTED_BEFORE, _TOO_MANY = 409, 429


def line_channel(token: str, to: str, api_url: str) -> Deliver:
    url = f"{api_url.rstrip('/')}/v2/bot/message/push"

    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "X-Line-Retry-Key": key}
        body = {"to": to, "messages": messages_of(message, chart)}
        try:
            answer = httpx.post(url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        except httpx.HTTPError as error:
            raise DeliveryError(f"LINE cannot be reached ({type(error).__name__})") from None
        if answer.is_success or answer.status_code == _ACCEPTED_BEFORE:
            return  # a conflict: it had accepted this key already
        permanent = answer.is_client_error and answer.status_code != _TOO_MANY
        raise DeliveryError(
            f"LINE answered HTTP {answer.status_code}: {answer.text[:200]}", permanent=permanent
        )

    return deliver


def messages_of(message: Message, chart: Chart | None) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [{"type": "text", "text": cut(plain_text(message).strip(), _TEXT)}]
    if chart is not None and chart.url:
        told.append({"type": "image", "originalContentUrl": chart.url, "previewImageUrl": chart.url})
    return told
