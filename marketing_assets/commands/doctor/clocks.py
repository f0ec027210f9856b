"""Clocks: this machine's against those of the servers it talks to, by the `Date` of their answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from marketing_assets.commands.doctor.finding import Finding, Patient, broken, ok, warning
from marketing_assets.platforms.catalog import PLATFORMS, connections

TOLERATED_SECONDS = 60
_GOOGLE = "https://bigquery.googleapis.com"
_TIMEOUT = 10


def clocks(patient: Patient) -> Iterator[Finding]:
    for server in sorted(_servers(patient)):
        yield _compared(server)


def _servers(patient: Patient) -> set[str]:
    """Scheme, host and port of every server that is asked, one of each."""
    settings = patient.settings
    urls = {
        url
        for tenant in patient.tenants
        for of in PLATFORMS.values()
        for connection in connections(tenant, of)
        if (url := str(connection.base_url or of.base_url))
    }
    if settings.warehouse == "bigquery":
        urls.add(settings.bigquery_endpoint or _GOOGLE)
    return {f"{parts.scheme}://{parts.netloc}/" for parts in map(urlsplit, urls)}


def _compared(server: str) -> Finding:
    name = f"clock against {urlsplit(server).netloc}"
    try:
        answer = httpx.head(server, timeout=_TIMEOUT)
        here, theirs = time.time(), parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (httpx.HTTPError, KeyError, ValueError) as error:
        text = f"could not be compared ({type(error).__name__})"
        return warning(name, text, "check the network and the connection's base_url")
    skew = here - theirs
    if abs(skew) > TOLERATED_SECONDS:
        where = "ahead of" if skew > 0 else "behind"
        text = f"this machine is {abs(skew):.0f} s {where} it; signed calls fail at 300 s"
        return broken(name, text, "let NTP set this machine's clock (timedatectl set-ntp true)")
    return ok(name, f"differs by {abs(skew):.0f} s")
