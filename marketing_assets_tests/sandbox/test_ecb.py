"""The reference-rate files, read as a client would read them."""

import csv
import io
import zipfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest

from marketing_assets.sandbox import currencies
from marketing_assets.sandbox.server import Sandbox

FRANKFURT = ZoneInfo("Europe/Berlin")
NAMES = {
    "gesmes": "http://www.gesmes.org/xml/2002-08-01",
    "ecb": "http://www.ecb.int/vocabulary/2002-08-01/eurofxref",
}


def fetch(sandbox: Sandbox, http: httpx.Client, name: str) -> httpx.Response:
    return http.get(f"{sandbox.urls['ecb']}/stats/eurofxref/{name}").raise_for_status()


def days_in(body: bytes) -> dict[date, dict[str, Decimal]]:
    root = ElementTree.fromstring(body)
    assert root.tag == f"{{{NAMES['gesmes']}}}Envelope"
    assert root.findtext("gesmes:Sender/gesmes:name", namespaces=NAMES) == "European Central Bank"
    return {
        date.fromisoformat(cube.attrib["time"]): {
            rate.attrib["currency"]: Decimal(rate.attrib["rate"]) for rate in cube
        }
        for cube in root.iterfind("ecb:Cube/ecb:Cube", NAMES)
    }


def test_daily_file_has_the_latest_working_day(sandbox: Sandbox, http: httpx.Client) -> None:
    answer = fetch(sandbox, http, "eurofxref-daily.xml")
    assert answer.headers["content-type"].startswith("text/xml")
    (day, rates), *others = days_in(answer.content).items()
    assert (day, others) == (date(2026, 11, 20), [])
    assert {"USD", "THB", "SGD", "GBP", "MYR", "PHP", "IDR"} <= set(rates)
    assert not {"VND", "TWD", "BGN", "HRK", "EUR"} & set(rates)
    assert rates["IDR"] > 10_000
    assert rates["THB"] == currencies.rate(sandbox.world.seed, day, "THB")


def test_ninety_days_hold_no_weekend_and_are_newest_first(sandbox: Sandbox, http: httpx.Client) -> None:
    days = list(days_in(fetch(sandbox, http, "eurofxref-hist-90d.xml").content))
    assert days == sorted(days, reverse=True)
    assert all(day.weekday() < 5 for day in days)
    assert 60 < len(days) < 66


def test_history_is_a_csv_in_a_zip(sandbox: Sandbox, http: httpx.Client) -> None:
    archive = zipfile.ZipFile(io.BytesIO(fetch(sandbox, http, "eurofxref-hist.zip").content))
    assert archive.namelist() == ["eurofxref-hist.csv"]
    text = archive.read("eurofxref-hist.csv").decode()
    assert text.startswith("Date,USD,JPY,BGN,CYP,")
    assert all(line.endswith(",") for line in text.splitlines())
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["Date"] == "2026-11-20"
    assert rows[-1]["Date"] == "2015-01-02"
    assert rows[0]["BGN"] == rows[0]["CYP"] == "N/A"
    assert Decimal(next(r for r in rows if r["Date"] == "2025-12-31")["BGN"]) == Decimal("1.9558")
    xml = days_in(fetch(sandbox, http, "eurofxref-hist-90d.xml").content)
    by_day = {date.fromisoformat(row["Date"]): row for row in rows}
    for day, rates in xml.items():
        assert {c: Decimal(by_day[day][c]) for c in rates} == rates


@pytest.mark.parametrize("month", [1, 7])
def test_today_appears_at_four_in_frankfurt(own_sandbox: Sandbox, http: httpx.Client, month: int) -> None:
    today = date(2026, month, 15)
    at_four = datetime(2026, month, 15, 16, tzinfo=FRANKFURT)
    for moment, expected in ((at_four - timedelta(seconds=1), today - timedelta(days=1)), (at_four, today)):
        own_sandbox.world.clock.set_as_of(moment)
        assert next(iter(days_in(fetch(own_sandbox, http, "eurofxref-daily.xml").content))) == expected


def test_over_easter_the_last_rate_is_thursdays(own_sandbox: Sandbox, http: httpx.Client) -> None:
    own_sandbox.world.clock.set_as_of(date(2026, 4, 6))
    assert next(iter(days_in(fetch(own_sandbox, http, "eurofxref-daily.xml").content))) == date(2026, 4, 2)


@pytest.mark.parametrize(
    "closed",
    [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 12, 25),
        date(2025, 4, 21),
    ],
)
def test_target_holidays(closed: date) -> None:
    assert currencies.rate(7, closed, "USD") is None


def test_a_file_one_has_is_not_sent_again(sandbox: Sandbox, http: httpx.Client) -> None:
    first = fetch(sandbox, http, "eurofxref-daily.xml")
    url = f"{sandbox.urls['ecb']}/stats/eurofxref/eurofxref-daily.xml"
    assert http.get(url, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_rates_stay_near_their_levels_and_depend_on_the_seed() -> None:
    for currency, (level, decimals, _) in currencies.LEVELS.items():
        for year in (2020, 2024, 2027):
            rate = currencies.rate(7, date(year, 2, 3), currency)
            if rate is not None:
                assert abs(float(rate) / level - 1) < 0.5
                assert -rate.as_tuple().exponent == decimals  # type: ignore[operator]
    assert currencies.rate(7, date(2026, 2, 3), "USD") != currencies.rate(8, date(2026, 2, 3), "USD")
    assert currencies.rate(7, date(2026, 2, 3), "VND") is None


def test_cross_rates_use_the_latest_day() -> None:
    friday, sunday = date(2026, 11, 20), date(2026, 11, 22)
    usd, sgd = currencies.rate(7, friday, "USD"), currencies.rate(7, friday, "SGD")
    assert usd is not None and sgd is not None
    assert currencies.cross(7, sunday, "SGD", "USD") == usd / sgd
    assert currencies.cross(7, friday, "EUR", "USD") == usd
