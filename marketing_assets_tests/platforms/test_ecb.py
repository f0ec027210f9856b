"""Reference rates: both file forms, which file is read, and what is in force on which day."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms import ecb
from marketing_assets.platforms.ecb.rates import UnreadableRates, in_force, publications
from marketing_assets.platforms.ecb.resource import EcbClient, EcbDialect, prove
from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import ecb_client, load, window_of

(RATES,) = ecb.PLATFORM.tables
DAILY, NINETY, HISTORY = "eurofxref-daily.xml", "eurofxref-hist-90d.xml", "eurofxref-hist.zip"

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time='2026-11-20'>
<Cube currency='USD' rate='1.0860'/><Cube currency='IDR' rate='17184.18'/></Cube>
<Cube time="2026-11-19"><Cube currency="USD" rate="1.09"/></Cube></Cube></gesmes:Envelope>"""


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("eurofxref-hist.csv", text)
    return buffer.getvalue()


CSV = "Date,USD,CYP,THB,\n2026-11-20,1.0860,N/A,35.1200,\n2008-01-02,1.4688,0.585274,N/A,\n"


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[EcbClient]:
    client = ecb_client(sandbox)
    yield client
    client.close()


def files(sandbox: Sandbox) -> list[str]:
    visits = sandbox.world.visits.report(1000)["latest"]
    return [v["path"].rpartition("/")[2] for v in visits if v["platform"] == "ecb"]


def test_both_forms_read_the_same_and_rates_stay_as_written() -> None:
    assert publications(XML) == {
        date(2026, 11, 19): {"USD": "1.09"},
        date(2026, 11, 20): {"USD": "1.0860", "IDR": "17184.18"},
    }
    assert publications(zipped(CSV)) == {
        date(2008, 1, 2): {"USD": "1.4688", "CYP": "0.585274"},
        date(2026, 11, 20): {"USD": "1.0860", "THB": "35.1200"},
    }
    assert list(publications(XML)) == sorted(publications(XML))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        XML[: len(XML) // 2],
        XML.replace(b"1.0860", b"n/a"),
        XML.replace(b"2026-11-20", b"yesterday"),
        zipped(CSV)[:100],
        zipped(""),
        zipped(CSV.replace("1.0860", "much")),
        XML.replace(b"<gesmes:Envelope", b'<!DOCTYPE x [<!ENTITY a "b">]><gesmes:Envelope', 1),
        XML.decode()
        .replace("UTF-8", "UTF-16")
        .replace("<gesmes:Env", "<!DOCTYPE x><gesmes:Env")
        .encode("utf-16"),
    ],
    ids=["empty", "html", "cut xml", "rate", "date", "cut zip", "no csv", "csv rate", "dtd", "dtd in utf-16"],
)
def test_what_is_no_complete_file_of_rates_is_refused_and_counts_as_passing(body: bytes) -> None:
    with pytest.raises(UnreadableRates):
        publications(body)
    complaint = EcbDialect().complaint(200, {}, body)
    assert complaint is not None and complaint.failure is Failure.TRANSIENT


@pytest.mark.parametrize(
    ("day", "published"),
    [
        (date(2026, 11, 20), date(2026, 11, 20)),
        (date(2026, 11, 22), date(2026, 11, 20)),
        (date(2026, 11, 27), date(2026, 11, 20)),
        (date(2026, 11, 28), None),
        (date(2026, 11, 19), date(2026, 11, 19)),
        (date(2026, 11, 18), None),
    ],
)
def test_the_latest_publication_at_most_7_days_old_is_in_force(day: date, published: date | None) -> None:
    assert in_force(publications(XML), day) == published


@pytest.mark.parametrize(
    ("first", "last", "read"),
    [
        (date(2026, 11, 20), date(2026, 11, 20), [DAILY]),
        (date(2026, 11, 14), date(2026, 11, 20), [NINETY]),
        (date(2026, 9, 5), date(2026, 11, 20), [NINETY]),
        (date(2026, 8, 1), date(2026, 8, 2), [HISTORY]),
        (date(2024, 1, 1), date(2026, 11, 20), [HISTORY]),
    ],
)
def test_the_smallest_file_that_holds_the_window_is_read(
    sandbox: Sandbox, client: EcbClient, first: date, last: date, read: list[str]
) -> None:
    loaded = load(RATES, client, window_of(sandbox, "siam", first, last))
    assert files(sandbox) == read
    assert len(loaded.controls) == (last - first).days + 1
    rates = loaded.by("date", "currency")
    counted = Counter(row["date"] for row in rates.values())
    assert {day.isoformat(): figures["rows"] for day, figures in loaded.controls.items()} == counted
    for row in rates.values():
        age = date.fromisoformat(row["date"]) - date.fromisoformat(row["rate_date"])
        assert timedelta(0) <= age <= timedelta(days=7)
        assert isinstance(row["rate"], str)


def test_all_files_tell_the_same(sandbox: Sandbox, client: EcbClient) -> None:
    window = window_of(sandbox, "siam", date(2026, 11, 20))
    daily = load(RATES, client, window)
    ninety = load(RATES, client, replace(window, days=DayRange(date(2026, 11, 16), date(2026, 11, 20))))
    history = load(RATES, client, replace(window, days=DayRange(date(2026, 6, 1), date(2026, 11, 20))))
    assert files(sandbox) == [DAILY, NINETY, HISTORY]

    def on_the_day(records: list[dict[str, str]]) -> dict[str, float]:
        return {r["currency"]: float(r["rate"]) for r in records if r["date"] == "2026-11-20"}

    assert on_the_day(daily.records) == on_the_day(ninety.records) == on_the_day(history.records)


def test_a_weekend_takes_fridays_rates(sandbox: Sandbox, client: EcbClient) -> None:
    saturday, sunday = date(2026, 11, 14), date(2026, 11, 15)
    loaded = load(RATES, client, window_of(sandbox, "siam", saturday, sunday))
    assert {r["rate_date"] for r in loaded.records} == {"2026-11-13"}
    assert {r["date"] for r in loaded.records} == {"2026-11-14", "2026-11-15"}


def test_a_day_further_on_in_the_tenants_zone_takes_the_latest(sandbox: Sandbox, client: EcbClient) -> None:
    loaded = load(RATES, client, window_of(sandbox, "siam", date(2026, 11, 21)))
    assert files(sandbox) == [DAILY] and {r["rate_date"] for r in loaded.records} == {"2026-11-20"}


def test_before_the_daily_file_is_out_the_90_day_file_is_read(sandbox: Sandbox, client: EcbClient) -> None:
    """The newest publication is of the 20th; where it is still the 19th by the clock, 90 days are needed."""
    window = window_of(sandbox, "siam", date(2026, 11, 19))
    late = replace(window, now=datetime(2026, 11, 19, 23, tzinfo=UTC))
    loaded = load(RATES, client, late)
    assert files(sandbox) == [DAILY, NINETY]
    assert {r["rate_date"] for r in loaded.records} == {"2026-11-19"}


def test_days_without_rates_have_no_record_and_are_named(sandbox: Sandbox, client: EcbClient) -> None:
    days = DayRange(date(1990, 1, 1), date(1990, 1, 2))
    window = replace(window_of(sandbox, "siam", date(2026, 11, 20)), days=days)
    loaded = load(RATES, client, window)
    assert loaded.raw == [] and [f["rows"] for f in loaded.controls.values()] == [0, 0]
    (page,) = loaded.pages
    assert page.envelope["days_without_rates"] == ["1990-01-01", "1990-01-02"]


@pytest.mark.parametrize("kind", ["html", "truncated", "server_error", "connection_reset"])
@pytest.mark.parametrize("first", [date(2026, 11, 20), date(2026, 10, 20), date(2026, 1, 20)])
def test_a_fault_changes_nothing(sandbox: Sandbox, client: EcbClient, kind: str, first: date) -> None:
    window = window_of(sandbox, "siam", first, date(2026, 11, 20))
    calm = load(RATES, client, window)
    sandbox.world.faults.add(kind=kind, platform="ecb", times=2)
    troubled = load(RATES, client, window)
    assert troubled.raw == calm.raw and troubled.controls == calm.controls


def test_a_wrong_address_is_a_mistake_of_the_settings(sandbox: Sandbox, client: EcbClient) -> None:
    client.transport._base_url += "/elsewhere"
    with pytest.raises(PlatformError) as caught:
        prove(client)
    assert caught.value.failure is Failure.CONFIG and "base_url" in caught.value.remedy


def test_the_proof_is_one_line(client: EcbClient) -> None:
    assert prove(client).endswith("reference rates of 2026-11-20")
