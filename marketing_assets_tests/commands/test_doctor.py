"""`marketing doctor`: every finding with its remedy, and none that shows a secret."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import pytest
import sqlglot
import yaml
from cryptography.fernet import Fernet

from marketing_assets.commands.doctor.bigquery_quota import judged, statement
from marketing_assets.commands.doctor.clocks import clocks
from marketing_assets.commands.doctor.command import examined
from marketing_assets.commands.doctor.disk import judged_room
from marketing_assets.commands.doctor.disk import landing as landing_check
from marketing_assets.commands.doctor.finding import Finding, Patient, Verdict
from marketing_assets.settings import Settings
from marketing_assets.tenants import parse_tenant
from marketing_assets_tests.commands.conftest import Marketing
from marketing_assets_tests.installation import Installation

HELD = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(600)
"""


def findings(at: Installation, **environment: str) -> dict[str, Finding]:
    """What is found without asking a platform, by name."""
    with at.entered(), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        return {f.name: f for f in examined(Settings(), offline=True)}


def secrets_of(at: Installation) -> list[str]:
    files = [p for folder in (at.settings.secrets_dir, at.settings.keys_dir) for p in folder.rglob("*")]
    return [p.read_text().strip() for p in files if p.is_file() and p.stat().st_size]


def test_an_installation_that_works(empty: Installation, marketing: Marketing) -> None:
    result = marketing(empty, "doctor")
    assert result.exit_code == 0, result.output
    assert result.stdout.rstrip().endswith(" 0 broken")
    for name in ("disk", "landing", "token key", "tokens", "warehouse siam", "PII key northwind"):
        assert f" {name} " in result.stdout
    for name in (
        "connection siam/shopee/",
        "connection northwind/meta_ads/",
        "connection siam/google_ads/",
        "connection siam/ecb/",
    ):
        assert name in result.stdout
    assert "clock against 127.0.0.1:" in result.stdout
    assert secrets_of(empty)
    assert not [s for s in secrets_of(empty) if s in result.output]


def test_a_broken_connection_is_found_unless_offline(empty: Installation, marketing: Marketing) -> None:
    (empty.settings.secrets_dir / "siam" / "shopee_partner_key").write_text("wrong-partner-key")
    asked = marketing(empty, "doctor")
    assert asked.exit_code == 1
    assert "1 broken" in asked.stdout
    assert "Remedy:" in asked.stdout
    assert "wrong-partner-key" not in asked.output
    offline = marketing(empty, "doctor", "--offline")
    assert offline.exit_code == 0, offline.output
    assert "connection " not in offline.stdout
    assert "clock " not in offline.stdout


def test_a_missing_secret_is_named_with_its_place(empty: Installation, marketing: Marketing) -> None:
    path = empty.settings.secrets_dir / "siam" / "meta_ads_app_secret"
    path.unlink()
    found = findings(empty)
    broken = [f for f in found.values() if f.verdict is Verdict.BROKEN]
    assert [f.name.split("/")[:2] for f in broken] == [["secrets siam", "meta_ads"]]
    assert "app_secret" in broken[0].text
    assert str(path) in broken[0].remedy
    assert marketing(empty, "doctor", "--offline").exit_code == 1


def test_mistakes_of_a_tenant_file_are_findings_and_other_tenants_are_still_examined(
    empty: Installation,
) -> None:
    path = empty.tenants / "siam.yaml"
    content = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump(content | {"time_zone": "Asia/Bangkko"}))
    found = findings(empty)
    assert found["tenant file siam.yaml"].verdict is Verdict.BROKEN
    assert "time_zone" in found["tenant file siam.yaml"].text
    assert found["PII key northwind"].verdict is Verdict.OK


def test_a_lost_pii_key_is_broken_only_where_payloads_were_masked_with_it(empty: Installation) -> None:
    key = empty.settings.keys_dir / "siam.pii"
    assert findings(empty)["PII key siam"].text == "none yet; the first fetch makes one"
    assert not key.exists()
    (empty.home / "landing" / "siam" / "raw" / "shopee").mkdir(parents=True)
    found = findings(empty)["PII key siam"]
    assert (found.verdict, "backup" in found.remedy) == (Verdict.BROKEN, True)
    assert not key.exists()
    key.write_text("no key")
    assert findings(empty)["PII key siam"].verdict is Verdict.BROKEN
    key.write_text("ab" * 32)
    assert findings(empty)["PII key siam"].verdict is Verdict.OK


def test_token_keys(empty: Installation) -> None:
    key = empty.settings.keys_dir / "tokens.key"
    kept = key.read_bytes()
    assert {findings(empty)[name].verdict for name in ("token key", "tokens")} == {Verdict.OK}
    key.unlink()
    lost = findings(empty)
    assert (lost["token key"].verdict, "tokens" in lost) == (Verdict.BROKEN, False)
    assert not key.exists()
    key.write_bytes(b"no key")
    assert findings(empty)["token key"].verdict is Verdict.BROKEN
    key.write_bytes(Fernet.generate_key())
    other = findings(empty)
    assert other["token key"].verdict is Verdict.OK
    sealed = [f for f in other.values() if f.name.startswith("tokens ")]
    assert sealed
    assert all(f.verdict is Verdict.BROKEN and "cannot be decrypted" in f.text for f in sealed)
    assert all("MARKETING_TOKEN_KEY" in f.remedy for f in sealed)
    given = findings(empty, MARKETING_TOKEN_KEY=f"{Fernet.generate_key().decode()},{kept.decode()}")
    assert given["token key"].text == "MARKETING_TOKEN_KEY holds 2"
    assert given["tokens"].verdict is Verdict.OK


def test_files_of_the_warehouse(empty: Installation) -> None:
    path = empty.settings.warehouse_file("siam")
    path.parent.mkdir(parents=True, exist_ok=True)
    assert "no file yet" in findings(empty)["warehouse siam"].text
    assert not path.exists()
    holder = subprocess.Popen([sys.executable, "-c", HELD, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        held = findings(empty)["warehouse siam"]
    finally:
        holder.kill()
        holder.communicate()
    assert held.verdict is Verdict.WARNING
    assert f"process {holder.pid}" in held.text
    assert "end it" in held.remedy
    assert findings(empty)["warehouse siam"].verdict is Verdict.OK
    path.write_bytes(b"no database" * 1000)
    corrupt = findings(empty)["warehouse siam"]
    assert (corrupt.verdict, "landing" in corrupt.remedy) == (Verdict.BROKEN, True)


@pytest.mark.parametrize("landing", ["{file}/landing", "nosuchstore://bucket/landing"])
def test_a_landing_that_cannot_be_written(empty: Installation, landing: str) -> None:
    file = empty.home / "file"
    file.write_text("")
    url = landing.format(file=file)
    (found,) = landing_check(Patient(Settings(home=empty.home, landing_url=url), []))
    assert found.verdict is Verdict.BROKEN
    assert url in found.text
    assert "MARKETING_LANDING_URL" in found.remedy


def test_a_landing_that_can_be_written_is_left_as_it_was(empty: Installation) -> None:
    landing = empty.home / "landing"
    landing.mkdir(exist_ok=True)
    before = sorted(landing.rglob("*"))
    assert findings(empty)["landing"].verdict is Verdict.OK
    assert sorted(landing.rglob("*")) == before


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(900_000_000, Verdict.BROKEN), (4_900_000_000, Verdict.WARNING), (5_100_000_000, Verdict.OK)],
)
def test_room_on_the_disk(free: int, verdict: Verdict) -> None:
    found = judged_room(Path("/srv"), free)
    assert (found.verdict, bool(found.remedy)) == (verdict, verdict is not Verdict.OK)


@contextmanager
def serving(date: str | None) -> Iterator[str]:
    """The address of a server whose answers carry this date."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(404)
            if date:
                self.send_header("Date", date)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("behind", "verdict", "said"),
    [
        (0, Verdict.OK, "differs by"),
        (-50, Verdict.OK, "differs by"),
        (100, Verdict.BROKEN, "s ahead of it"),
        (-100, Verdict.BROKEN, "s behind it"),
        (None, Verdict.WARNING, "could not be compared"),
    ],
)
def test_clocks(empty: Installation, behind: int | None, verdict: Verdict, said: str) -> None:
    """`behind`: seconds that the other clock is behind this machine's."""
    date = None if behind is None else formatdate(time.time() - behind, usegmt=True)
    tenant, _ = parse_tenant(empty.tenants / "siam.yaml")
    assert tenant is not None
    with serving(date) as url:
        elsewhere = tenant.model_copy(
            update={"connections": [c.model_copy(update={"base_url": url}) for c in tenant.connections]}
        )
        (found,) = clocks(Patient(empty.settings, [elsewhere]))
    assert (found.verdict, found.name) == (verdict, f"clock against {url.removeprefix('http://')}")
    assert said in found.text
    assert bool(found.remedy) == (verdict is not Verdict.OK)


def test_a_clock_that_cannot_be_asked_is_a_warning(empty: Installation) -> None:
    tenant, _ = parse_tenant(empty.tenants / "siam.yaml")
    assert tenant is not None
    with serving(None) as url:
        pass
    gone = tenant.connections[0].model_copy(update={"base_url": url})
    found = {
        f.name: f
        for f in clocks(Patient(empty.settings, [tenant.model_copy(update={"connections": [gone]})]))
    }
    assert found[f"clock against {url.removeprefix('http://')}"].verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("jobs", "verdict", "said"),
    [
        ({}, Verdict.OK, "no load"),
        ({"a.few": 3, "a.more": 1_199}, Verdict.OK, "a.more: 1199 of 1500"),
        ({"a.few": 3, "a.many": 1_200}, Verdict.WARNING, "a.many: 1200 of 1500"),
        ({"a.all": 1_500}, Verdict.BROKEN, "a.all: 1500 of 1500"),
    ],
)
def test_the_quota_of_the_busiest_table(jobs: dict[str, int], verdict: Verdict, said: str) -> None:
    found = judged(jobs)
    assert found.verdict is verdict
    assert said in found.text


def test_the_quota_is_asked_of_one_day_one_region_and_this_environment() -> None:
    text = statement(Settings(bigquery_project="p", bigquery_location="EU", environment="stg"))
    tree = sqlglot.parse_one(text, read="bigquery")
    assert isinstance(tree, sqlglot.exp.Select)
    assert "`p`.`region-eu`.INFORMATION_SCHEMA.JOBS_BY_PROJECT" in text
    where = tree.args["where"].sql(dialect="bigquery")
    assert "creation_time > " in where
    assert "'24' HOUR" in where or "24 HOUR" in where.upper()
    assert "'stg_marketing_'" in where
