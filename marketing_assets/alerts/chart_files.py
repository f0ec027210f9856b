"""Where charts of messages are kept: under names that nobody guesses."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from marketing_assets.settings import Settings

KEPT_FOR = timedelta(days=90)
NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.png")
"""A chart's file: the message's key, a random UUID."""


def charts_folder(settings: Settings) -> Path:
    return settings.home.absolute() / "state" / "charts"


def remove_old_charts(settings: Settings, now: datetime) -> None:
    for path in charts_folder(settings).glob("*.png"):
        if path.stat().st_mtime < (now - KEPT_FOR).timestamp():
            path.unlink(missing_ok=True)
