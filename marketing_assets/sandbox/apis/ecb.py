"""The European Central Bank's reference-rate files, in its own formats.

`https://www.ecb.europa.eu/stats/eurofxref/`: `eurofxref-daily.xml` (the latest day), `eurofxref-hist-90d.xml`
(90 days back) and `eurofxref-hist.zip` (a CSV of everything since 2015, newest first).
"""

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from marketing_assets.sandbox import currencies
from marketing_assets.sandbox.gate import Dialect

if TYPE_CHECKING:
    from marketing_assets.sandbox.world import World

# The real header, with its trailing comma. It keeps the column of every currency the ECB ever published;
# those which ended before 2015 are always N/A here.
CSV_HEADER = (
    "Date,USD,JPY,BGN,CYP,CZK,DKK,EEK,GBP,HUF,LTL,LVL,MTL,PLN,ROL,RON,SEK,SIT,SKK,CHF,ISK,"
    "NOK,HRK,RUB,TRL,TRY,AUD,BRL,CAD,CNY,HKD,IDR,ILS,INR,KRW,MXN,MYR,NZD,PHP,SGD,THB,ZAR,"
)

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
    'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
    "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
    "\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n\t</gesmes:Sender>\n"
)

DIALECT = Dialect(platform="ecb", tenant=lambda request: None)
"""The files have no errors of their own: what goes wrong is plain HTTP."""


def _cube(seed: int, day: date) -> str:
    rates = ((currency, currencies.rate(seed, day, currency)) for currency in currencies.LEVELS)
    lines = (f"\t\t\t<Cube currency='{name}' rate='{rate}'/>\n" for name, rate in rates if rate is not None)
    return f"\t\t<Cube time='{day.isoformat()}'>\n{''.join(lines)}\t\t</Cube>\n"


def xml_of(seed: int, days: Iterable[date]) -> bytes:
    """The envelope with one Cube per day, in the order given."""
    cubes = "".join(_cube(seed, day) for day in days)
    return f"{HEAD}\t<Cube>\n{cubes}\t</Cube>\n</gesmes:Envelope>\n".encode()


def _csv_row(seed: int, day: date) -> str:
    rates = (currencies.rate(seed, day, currency) for currency in CSV_HEADER.split(",")[1:-1])
    return day.isoformat() + "," + "".join("N/A," if r is None else f"{r.normalize():f}," for r in rates)


@lru_cache(maxsize=2)
def zip_of(seed: int, newest: date) -> bytes:
    """The ZIP with `eurofxref-hist.csv`: every day from `newest` back."""
    days = currencies.published(currencies.FIRST_DAY, currencies.out_since(newest))
    rows = [CSV_HEADER, *(_csv_row(seed, day) for day in days)]
    stamp = (newest.year, newest.month, newest.day, 16, 0, 0)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("eurofxref-hist.csv", stamp), "\n".join(rows) + "\n")
    return buffer.getvalue()


def _answer(request: Request, body: bytes, media_type: str, newest: date) -> Response:
    """The file, or 304 when the client has this very version."""
    tag = f'"{newest:%Y%m%d}-{len(body):x}"'
    headers = {
        "Last-Modified": format_datetime(currencies.out_since(newest), usegmt=True),
        "ETag": tag,
        "Cache-Control": "max-age=60",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def app(world: "World") -> Starlette:
    """The files as of the world's instant."""

    def days_back(days: int) -> list[date]:
        as_of: datetime = world.clock.as_of
        return currencies.published(as_of.date() - timedelta(days=days), as_of)

    async def daily(request: Request) -> Response:
        newest = days_back(14)[0]
        return _answer(request, xml_of(world.seed, [newest]), "text/xml", newest)

    async def ninety_days(request: Request) -> Response:
        days = days_back(90)
        return _answer(request, xml_of(world.seed, days), "text/xml", days[0])

    async def history(request: Request) -> Response:
        newest = days_back(14)[0]
        return _answer(request, zip_of(world.seed, newest), "application/zip", newest)

    folder = "/stats/eurofxref"
    return Starlette(
        routes=[
            Route(f"{folder}/eurofxref-daily.xml", daily),
            Route(f"{folder}/eurofxref-hist-90d.xml", ninety_days),
            Route(f"{folder}/eurofxref-hist.zip", history),
        ]
    )
