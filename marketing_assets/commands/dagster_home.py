"""Dagster's own home on the embedded default: below MARKETING_HOME, with the project's settings."""

from __future__ import annotations

import os
from pathlib import Path

from marketing_assets.settings import Settings

CONFIG = Path(__file__).parent / "dagster.yaml"


def dagster_environment(settings: Settings) -> dict[str, str]:
    """The environment that Dagster's processes need; a DAGSTER_HOME that is already set is left alone."""
    home = settings.home.absolute()
    place = os.environ.get("DAGSTER_HOME")
    if not place:
        own = home / "dagster"
        own.mkdir(parents=True, exist_ok=True)
        (own / CONFIG.name).write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")
        place = str(own)
    return {
        "MARKETING_HOME": str(home),
        "MARKETING_TENANTS_DIR": str(settings.tenants_dir.absolute()),
        "DAGSTER_HOME": place,
        "DO_NOT_TRACK": "1",
        # Events that come together are written together (marketing_assets/event_log.py).
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
    }
