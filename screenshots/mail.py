"""A mailbox on this machine, and a mail as a page that a browser can show."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.controller import Controller

from marketing_assets_tests.commands.ports import consecutive_ports

HEADERS = ("Subject", "From", "To")


class Postbox:
    """A mail server on a free port that keeps what it is sent."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._server = Controller(self, hostname="127.0.0.1", port=consecutive_ports(1))

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(cast("EmailMessage", mail))
        return "250 OK"

    def channel(self, sender: str, to: str) -> dict[str, Any]:
        """This mailbox as a channel of `alerts.yaml`."""
        place = {"host": "127.0.0.1", "port": self._server.port, "security": "none"}
        return {"type": "email", **place, "sender": sender, "to": [to]}

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


def chart_of(mail: EmailMessage) -> bytes:
    """The picture inside the mail, as it was delivered. Raises StopIteration where there is none."""
    part = next(p for p in mail.walk() if p.get_content_type() == "image/png")
    return cast("bytes", part.get_content())


def page_of(mail: EmailMessage) -> str:
    """The mail's HTML part below its headers, its picture in place: what a mail program shows."""
    html = next(p for p in mail.walk() if p.get_content_type() == "text/html").get_content()
    picture = "data:image/png;base64," + base64.b64encode(chart_of(mail)).decode()
    rows = "".join(
        f'<tr><th align="left" style="padding-right:16px;color:#59636e">{name}</th>'
        f"<td>{escape(str(mail[name]))}</td></tr>"
        for name in HEADERS
    )
    head = f'<table style="font:13px sans-serif;margin-bottom:12px">{rows}</table><hr>'
    return '<div style="padding:12px 20px">' + head + html.replace("cid:chart", picture) + "</div>"
