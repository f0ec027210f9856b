"""Any service that Apprise knows, by its URL; the chart goes along where the service takes files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import apprise

from marketing_assets.alerts.channels.channel import Deliver, DeliveryError
from marketing_assets.alerts.message import Chart, Message, plain_text

_TYPES = {
    "ERROR": apprise.NotifyType.FAILURE,
    "WARN": apprise.NotifyType.WARNING,
    "": apprise.NotifyType.SUCCESS,
}


def apprise_channel(url: str) -> Deliver:
    def deliver(message: Message, chart: Chart | None, key: str) -> None:
        service = apprise.Apprise()
        if not service.add(url):
            raise DeliveryError(
                "Apprise does not know a service of that URL; mend the secret", permanent=True
            )
        with tempfile.TemporaryDirectory() as folder:
            attach = None
            if chart is not None:
                picture = Path(folder) / "chart.png"
                picture.write_bytes(chart.png)
                attach = str(picture)
            told = service.notify(
                title=message.title,
                body=plain_text(message),
                notify_type=_TYPES[message.severity],
                attach=attach,
            )
        if not told:
            raise DeliveryError("the service behind Apprise did not take the message")

    return deliver
