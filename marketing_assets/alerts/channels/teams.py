"""Microsoft Teams: an Adaptive Card to a Workflows webhook. Teams shows images by their address only."""

from __future__ import annotations

from typing import Any

from marketing_assets.alerts.channels.channel import Deliver, call, cut
from marketing_assets.alerts.message import Chart, Message, Section

_SHOWN = 12
"""Sections of a card; Teams takes 28 kB in all."""
_TEXT = 700
_COLOURS = {"ERROR": "attention", "WARN": "warning", "": "good"}


def teams_channel(url: str) -> Deliver:
    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        card = card_of(message, chart)
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": card,
        }
        body = {"type": "message", "attachments": [attachment]}
        call("the Teams workflow", "POST", url, json=body, headers={"X-Idempotency-Key": key})

    return deliver


def card_of(message: Message, chart: Chart | None) -> dict[str, Any]:
    body: list[dict[str, Any]] = [
        _text(message.title, size="Large", weight="Bolder", color=_COLOURS[message.severity])
    ]
    if message.intro:
        body.append(_text(message.intro))
    if chart is not None and chart.url:
        body.append({"type": "Image", "url": chart.url, "altText": chart.alt, "size": "Stretch"})
    for section in message.sections[:_SHOWN]:
        body += _section(section)
    if len(message.sections) > _SHOWN:
        body.append(_text(f"and {len(message.sections) - _SHOWN} more; see marketing alerts list"))
    links = [link for section in message.sections for link in section.links][:6]
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": label, "url": url} for label, url in links],
    }


def _section(section: Section) -> list[dict[str, Any]]:
    facts = [{"title": label, "value": cut(text, _TEXT)} for label, text in section.facts]
    title = _text(section.title, weight="Bolder", separator=True)
    return [title, {"type": "FactSet", "facts": facts}] if facts else [title]


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": cut(text, _TEXT), "wrap": True, **more}
