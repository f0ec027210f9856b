"""Mail by SMTP: text and HTML, the chart inside the HTML."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate
from html import escape

from marketing_assets.alerts.channels.channel import TIMEOUT_SECONDS, Deliver, DeliveryError
from marketing_assets.alerts.message import Chart, Message, Section, plain_text

_COLOURS = {"ERROR": "#b3261e", "WARN": "#9a6700", "": "#1a7f37"}
_PERMANENT_FROM = 500


def email_channel(
    *,
    host: str,
    port: int,
    security: str,
    username: str,
    password: str,
    sender: str,
    to: Sequence[str],
) -> Deliver:
    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        mail = mail_of(message, chart, key, sender, to)
        try:
            with _connect(host, port, security) as server:
                if username:
                    server.login(username, password)
                refused = server.send_message(mail)
        except smtplib.SMTPResponseException as error:
            said = (
                error.smtp_error
                if isinstance(error.smtp_error, str)
                else error.smtp_error.decode(errors="replace")
            )
            permanent = error.smtp_code >= _PERMANENT_FROM
            raise DeliveryError(
                f"mail server {host}: {error.smtp_code} {said}", permanent=permanent
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            permanent = all(code >= _PERMANENT_FROM for code in codes)
            raise DeliveryError(
                f"mail server {host} refuses every recipient: {codes}", permanent=permanent
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(
                f"mail server {host}:{port} cannot be used ({type(error).__name__})"
            ) from None
        if refused:
            # Those who have it would get it again with another try.
            raise DeliveryError(
                f"mail server {host} refuses {len(refused)} of {len(to)} recipients", permanent=True
            )

    return deliver


def _connect(host: str, port: int, security: str) -> smtplib.SMTP:
    if security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    if security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def mail_of(message: Message, chart: Chart | None, key: str, sender: str, to: Sequence[str]) -> EmailMessage:
    """The mail; its Message-ID is the idempotency key, so mail programs show a second copy once."""
    mail = EmailMessage()
    mail["Subject"] = message.title
    mail["From"], mail["To"] = sender, ", ".join(to)
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(message))
    mail.add_alternative(html_of(message, chart), subtype="html")
    if chart is not None:
        [_, html] = mail.iter_parts()
        html.add_related(
            chart.png,
            maintype="image",
            subtype="png",
            cid="<chart>",
            filename="chart.png",
            disposition="inline",
        )
    return mail


def html_of(message: Message, chart: Chart | None) -> str:
    image = ""
    if chart is not None:
        image = f'<p><img src="cid:chart" alt="{escape(chart.alt)}" width="720" style="max-width:100%"></p>'
    intro = f"<p>{escape(message.intro)}</p>" if message.intro else ""
    sections = "".join(_section(section) for section in message.sections)
    return (
        '<!doctype html><html><body style="font-family:sans-serif;font-size:14px;color:#1f2328">'
        f'<h2 style="color:{_COLOURS[message.severity]}">{escape(message.title)}</h2>'
        f"{intro}{image}{sections}</body></html>"
    )


def _section(section: Section) -> str:
    # Said in each cell: many mail programs do not hand a text's size on to tables.
    cell = "padding:2px 12px 2px 0;vertical-align:top;font-size:14px"
    rows = "".join(
        f'<tr><th align="left" style="{cell};color:#59636e;white-space:nowrap">{escape(label)}</th>'
        f'<td style="{cell}">{escape(text)}</td></tr>'
        for label, text in section.facts
    )
    links = " · ".join(f'<a href="{escape(url)}">{escape(label)}</a>' for label, url in section.links)
    return f"<h3>{escape(section.title)}</h3><table>{rows}</table><p>{links}</p>"
