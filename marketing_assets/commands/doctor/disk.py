"""Disk: room in the home folder, and whether home and landing can be written."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from marketing_assets.commands.doctor.finding import Finding, Patient, broken, ok, warning
from marketing_assets.ingest.landing import Landing

LITTLE_BYTES, TOO_LITTLE_BYTES = 5_000_000_000, 1_000_000_000
_MORE_ROOM = "free space, or set MARKETING_HOME to another disk"


def disk(patient: Patient) -> Iterator[Finding]:
    home = patient.settings.home.absolute()
    yield judged_room(home, shutil.disk_usage(_existing(home)).free)


def judged_room(home: Path, free: int) -> Finding:
    """The finding for so many free bytes."""
    text = f"{free / 1e9:.1f} GB free in {home}"
    if free < TOO_LITTLE_BYTES:
        return broken("disk", text, _MORE_ROOM)
    return warning("disk", text, _MORE_ROOM) if free < LITTLE_BYTES else ok("disk", text)


def landing(patient: Patient) -> Iterator[Finding]:
    probe = f".doctor-{secrets.token_hex(4)}"
    try:
        store = Landing(patient.settings.landing)
        store.write_atomically(probe, b"")
        store.fs.rm(store.path(probe))
    except Exception as error:  # each object store's driver has errors of its own
        remedy = "let this user write there, or set MARKETING_LANDING_URL (and install its fsspec driver)"
        yield broken("landing", f"{patient.settings.landing} cannot be written: {error}", remedy)
    else:
        yield ok("landing", f"{patient.settings.landing} can be written")


def _existing(path: Path) -> Path:
    """The nearest folder above that exists."""
    return next(p for p in (path, *path.parents) if p.exists())
