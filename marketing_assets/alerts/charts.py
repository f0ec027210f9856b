"""Charts of messages: drawn once, kept by the message's key, found again by those who only take URLs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from marketing_assets.alerts.chart_files import charts_folder
from marketing_assets.alerts.config import AlertsConfig
from marketing_assets.alerts.figures import DAYS_SHOWN, NoFigures, figures
from marketing_assets.alerts.message import Chart, Message
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant


def chart_of(
    settings: Settings, tenant: Tenant, config: AlertsConfig, message: Message, key: str
) -> tuple[Chart | None, str]:
    """The chart of a message and why there is none; a second try gets the same picture."""
    if message.chart is None:
        return None, ""
    path = charts_folder(settings) / f"{key}.png"
    try:
        lines = [] if path.exists() else figures(settings, tenant, message.chart)
    except NoFigures as error:
        return None, str(error)
    if not path.exists():
        if not any(line.values for line in lines):
            return None, "there is no chart: the mart has no figures of these days"
        # It takes half a second to import, which no other command or sensor should wait for.
        from marketing_assets.alerts.chart import draw

        names = " and ".join(line.name for line in lines)
        _write(path, draw(f"{tenant.display_name} – {names}, last {DAYS_SHOWN} days", lines))
    url = f"{str(config.public_url).rstrip('/')}/charts/{path.name}" if config.public_url else ""
    what = message.chart.metric or "revenue and ad spend"
    alt = f"{what} of {tenant.display_name}, {DAYS_SHOWN} days up to {message.chart.last}"
    return Chart(path.read_bytes(), alt, url), ""


def _write(path: Path, png: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(png)
    Path(fresh).replace(path)
