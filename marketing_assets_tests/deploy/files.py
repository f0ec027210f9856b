"""The files of deploy/, read as their tools read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"


def loaded(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def services() -> dict[str, Any]:
    """The services of docker-compose.yaml, with what they share filled in."""
    found: dict[str, Any] = loaded("docker-compose.yaml")["services"]
    return found
