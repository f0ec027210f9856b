"""Looking for what must not be there: secrets, and the clear text of personal values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import zstandard

from marketing_assets.platforms.token_stores import token_store
from marketing_assets_tests.e2e.house import House

CLEAR_FOLDERS = {"secrets", "keys"}
"""Where secrets are meant to stand, below MARKETING_HOME. Tokens have a folder too, but encrypted."""


@dataclass(frozen=True)
class Person:
    """What of a buyer is personal."""

    name: str
    phone: str
    username: str


def people(house: House, tenants: Iterable[str]) -> set[Person]:
    """The buyers of all stored orders, as only the world knows them."""
    found = set()
    for tenant in tenants:
        for row in house.frame(tenant, "raw.shopee_orders").select("order_sn").iter_rows():
            order = house.sandbox.world.order(tenant, row[0])
            if order:  # orders placed by hand are forgotten after their test
                found.add(Person(order.buyer.name, order.buyer.phone, order.buyer.username))
    return found


def known_secrets(house: House) -> set[str]:
    """Every credential that the sandbox handed out and that the house keeps."""
    found = set()
    names = {"partner_key", "app_secret", "access_token", "refresh_token"}
    for tenant, platforms in house.control("GET", "credentials").items():
        for known in platforms.values():
            found |= {str(known[name]) for name in names & known.keys()}
        with house.entered():
            account = house.tenant(tenant).connections_to("shopee")[0].account_id
            held = token_store(house.installation.settings).read(tenant, "shopee", account)
        assert held is not None
        found |= {held.access_token, held.refresh_token}
    for path in house.home.rglob("*"):
        if path.is_file() and path.relative_to(house.home).parts[0] in CLEAR_FOLDERS:
            found.add(path.read_text(encoding="utf-8").strip())
    return {secret for secret in found if secret}


def readable(home: Path, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """What can be read in a home: every file as it is, and unpacked where it is packed."""
    for path in sorted(home.rglob("*")):
        relative = path.relative_to(home)
        if not path.is_file() or relative.parts[0] in CLEAR_FOLDERS:
            continue
        yield str(relative), path.read_bytes()
        if path.suffix == ".zst":
            with path.open("rb") as file:
                yield f"{relative} unpacked", zstandard.ZstdDecompressor().stream_reader(file).read()
        elif path.suffix == ".duckdb":
            yield from _tables(path, relative, scratch)


def _tables(path: Path, relative: Path, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """Each table as JSON: inside the file its text is compressed."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal order by all"
        ).fetchall()
        for schema, table in tables:
            target = scratch / "table.json"
            connection.execute(f'copy "{schema}"."{table}" to \'{target}\' (format json)')
            yield f"{relative}: {schema}.{table}", target.read_bytes()


def secrets_in(content: bytes, secrets: Iterable[str]) -> list[str]:
    """The secrets that stand in the content; shortened, for they are secret."""
    return [f"{secret[:4]}…" for secret in secrets if secret.encode() in content]


def persons_in(content: bytes, persons: Iterable[Person]) -> set[str]:
    """Personal values that stand in the content in clear text, also as JSON escapes them."""
    persons = list(persons)
    phones, usernames = {p.phone for p in persons}, {p.username for p in persons}
    # A pattern that begins with plain text is looked for fast, so each beginning has a pattern of its own.
    found = set()
    for start in {phone[:3] for phone in phones}:
        found |= _all(rf"{start}\d{{8}}", content) & phones
    for nick in {username.partition(".")[0] for username in usernames}:
        found |= _all(rf"{re.escape(nick)}\.\d{{4}}", content) & usernames
    for name in {p.name for p in persons}:
        if name.encode() in content or json.dumps(name)[1:-1].encode() in content:
            found.add(name)
    return found


def _all(pattern: str, content: bytes) -> set[str]:
    return {match.decode() for match in re.findall(pattern.encode(), content)}
