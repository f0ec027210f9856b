"""Euro reference rates as the European Central Bank publishes them: two file forms, one reading.

The daily and the 90-day file are XML (`Cube time="…"` around `Cube currency="…" rate="…"`), the full history
is a CSV in a zip. A publication is one working day; a rate is units of the currency for one euro and stays
the text that was published.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from xml.parsers import expat

MAX_AGE_DAYS = 7
"""How old a publication may be and still give the rate in force."""

Publications = Mapping[date, Mapping[str, str]]
"""Currency to rate, by day of publication, oldest first."""

_NUMBER = re.compile(r"\d+(\.\d+)?")
_ZIP = b"PK\x03\x04"


class UnreadableRates(ValueError):
    """A file that is no complete publication of reference rates."""


def publications(body: bytes) -> Publications:
    """Every publication of a file, whatever its form; raises `UnreadableRates`."""
    found = _from_zip(body) if body.startswith(_ZIP) else _from_xml(body)
    if not any(found.values()):
        raise UnreadableRates("it holds no rate")
    return dict(sorted(found.items()))


def _from_xml(body: bytes) -> dict[date, dict[str, str]]:
    found: dict[date, dict[str, str]] = {}
    current: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal current
        if name.rpartition(":")[2] != "Cube":
            return
        if "time" in attributes:
            current = found.setdefault(date.fromisoformat(attributes["time"]), {})
        if "currency" in attributes:
            current[attributes["currency"]] = _rate(attributes.get("rate", ""))

    def refuse(*_: object) -> None:
        # The rates need no document type; one could define entities that blow up the parser.
        raise UnreadableRates("it declares a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError) as error:
        raise UnreadableRates(str(error)) from None
    return found


def _from_zip(body: bytes) -> dict[date, dict[str, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text), skipinitialspace=True)
        return {date.fromisoformat(row["Date"].strip()): _quoted(row) for row in rows}
    except (zipfile.BadZipFile, zlib.error, EOFError, IndexError, KeyError, ValueError) as error:
        raise UnreadableRates(f"{type(error).__name__}: {error}") from None


def _quoted(row: Mapping[str, str | None]) -> dict[str, str]:
    """The currencies of a CSV row; those not quoted that day stand as N/A, and every line ends in a comma."""
    named = {name: (text or "").strip() for name, text in row.items() if name and name != "Date"}
    return {name: _rate(text) for name, text in named.items() if text not in {"", "N/A"}}


def _rate(text: str) -> str:
    if not _NUMBER.fullmatch(text):
        raise UnreadableRates(f"'{text[:20]}' is no rate")
    return text


def in_force(found: Publications, day: date) -> date | None:
    """The day of the publication in force on a day: the latest on or before it, at most 7 days old."""
    days = list(found)
    place = bisect_right(days, day)
    if place == 0 or (day - days[place - 1]).days > MAX_AGE_DAYS:
        return None
    return days[place - 1]
