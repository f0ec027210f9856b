"""What a check is given, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant


class Verdict(StrEnum):
    """How grave a finding is; `BROKEN` means that runs fail or will soon."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it where something is to do."""

    name: str
    verdict: Verdict
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Finding:
    return Finding(name, Verdict.OK, text)


def warning(name: str, text: str, remedy: str) -> Finding:
    return Finding(name, Verdict.WARNING, text, remedy)


def broken(name: str, text: str, remedy: str) -> Finding:
    return Finding(name, Verdict.BROKEN, text, remedy)


@dataclass(frozen=True)
class Patient:
    """The installation: its settings and the tenants whose files can be read."""

    settings: Settings
    tenants: list[Tenant]


Check = Callable[[Patient], Iterator[Finding]]
