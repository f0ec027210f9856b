"""A message as every channel understands it: title, sections of facts and links, and a chart to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ChartSpec:
    """The chart of the 28 days up to `last` (ISO day); `metric` is `table.column` of the marts, or empty.

    Empty, it shows daily revenue and ad spend.
    """

    last: str
    metric: str = ""
    only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Section:
    """One subject: facts are (label, text), links are (label, URL)."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Message:
    """What is sent. `severity` is WARN, ERROR, or empty where nothing is wrong."""

    title: str
    sections: tuple[Section, ...]
    severity: str = ""
    intro: str = ""
    chart: ChartSpec | None = None
    undelivered: tuple[str, ...] = ()
    """The channels that did not take it, where it is passed on."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Message:
        sections = tuple(
            Section(s["title"], tuple((a, b) for a, b in s["facts"]), tuple((a, b) for a, b in s["links"]))
            for s in body["sections"]
        )
        chart = ChartSpec(**body["chart"]) if body["chart"] else None
        return cls(
            body["title"], sections, body["severity"], body["intro"], chart, tuple(body["undelivered"])
        )


@dataclass(frozen=True)
class Chart:
    """A drawn chart: the PNG, its address where it has one, and what it shows in words."""

    png: bytes
    alt: str
    url: str = ""


def plain_text(message: Message) -> str:
    """The whole message as text of several lines."""
    lines = [message.title, ""]
    if message.intro:
        lines += [message.intro, ""]
    for section in message.sections:
        lines += [section.title, *(f"{label}: {text}" for label, text in section.facts)]
        lines += [*(f"{label}: {url}" for label, url in section.links), ""]
    return "\n".join(lines).rstrip() + "\n"
