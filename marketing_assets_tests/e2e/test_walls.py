"""Tenants are walls: a run touches nothing of another tenant; secrets and persons stay where they belong."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import httpx
import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.secrets import MissingSecret, connection_secrets
from marketing_assets.tenants import read_tenants
from marketing_assets_tests.e2e.conftest import TENANTS
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.e2e.searching import (
    Person,
    known_secrets,
    people,
    persons_in,
    readable,
    secrets_in,
)
from marketing_assets_tests.installation import shipped, write_tenant
from marketing_assets_tests.sandbox.conftest import Seller

OTHER = {"siam": "northwind", "northwind": "siam"}
# Spend that orders of a day share comes from all accounts together.
NOBODYS: dict[str, set[str | None]] = {
    "staging.int_marketing_allocation": {None},
    "ops.connection_status": {""},
}
"""What stands for no account: spend that nobody carries, and reference data, which nobody signs in for."""
DAY = DayRange(date(2026, 10, 15), date(2026, 10, 15))

WATCHED_RUN = """
import sys

watched, report = sys.argv[1], open(sys.argv[2], "w")

def hook(event, arguments):
    # Whatever names a place: open, os.listdir, os.scandir, os.mkdir, sqlite3.connect …
    for argument in arguments:
        if isinstance(argument, (str, bytes)):
            text = argument if isinstance(argument, str) else argument.decode(errors="replace")
            if text.startswith(watched):
                report.write(f"{event} {text}\\n")
                report.flush()

sys.addaudithook(hook)
sys.argv = ["marketing", *sys.argv[3:]]
from marketing_assets.cli import main
main()
"""


@dataclass(frozen=True)
class Watched:
    """A run of siam in a process of its own: what it said, the places it named, and northwind's files
    before and after."""

    ended: subprocess.CompletedProcess[str]
    places: list[str]
    before: dict[str, tuple[int, int, int, int]]
    after: dict[str, tuple[int, int, int, int]]


def files_of(home: Path, tenant: str) -> dict[str, tuple[int, int, int, int]]:
    """Every file and folder of a tenant: inode, size, and when it was last written and read."""
    found = {}
    for path in sorted(home.rglob("*")):
        # Folders that hold every tenant's files are not the tenant's own.
        if tenant in path.relative_to(home).as_posix():
            stat = path.stat()
            read_at = stat.st_atime_ns if path.is_file() else 0
            found[str(path.relative_to(home))] = (stat.st_ino, stat.st_size, stat.st_mtime_ns, read_at)
    return found


def _unread(home: Path, tenant: str) -> None:
    """Date the last reading of files back, so that most file systems note the next one."""
    for path in home.rglob("*"):
        if path.is_file() and tenant in path.relative_to(home).as_posix():
            stat = path.stat()
            os.utime(path, ns=(stat.st_mtime_ns - 10**12, stat.st_mtime_ns))


@pytest.fixture(scope="module")
def watched(small_house: House, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    house = small_house
    for tenant in TENANTS:
        run = house.run(tenant, DAY, f"key:{tenant}/raw/shopee_orders or key:{tenant}/raw/meta_ads_insights")
        assert run.success, run.complaint
    report = tmp_path_factory.mktemp("watched") / "places"
    _unread(house.home, "northwind")
    before = files_of(house.home, "northwind")
    ended = subprocess.run(
        [
            *(sys.executable, "-c", WATCHED_RUN, str(house.home), str(report)),
            *("materialize", "siam", "--from", str(DAY.first)),
        ],
        env=house.installation.env,
        capture_output=True,
        text=True,
        check=False,
    )
    return Watched(ended, report.read_text().splitlines(), before, files_of(house.home, "northwind"))


@pytest.mark.xdist_group("e2e_bad")
def test_a_run_opens_no_file_of_another_tenant(watched: Watched, small_house: House) -> None:
    assert watched.ended.returncode == 0, watched.ended.stderr
    assert any(f"{small_house.home}/landing/siam" in place for place in watched.places), (
        "the watch sees files"
    )
    assert [place for place in watched.places if "northwind" in place] == []
    assert any(name.endswith("northwind.duckdb") for name in watched.before)
    assert watched.after == watched.before


@pytest.mark.xdist_group("e2e_bad")
def test_no_secret_and_no_person_stands_in_clear_text(
    watched: Watched, small_house: House, tmp_path: Path
) -> None:
    """Landing, warehouse, Dagster's own event log, dbt's leavings: of real runs and of failed ones."""
    home = small_house.home
    assert watched.ended.returncode == 0
    assert_nothing_leaks(small_house, tmp_path)
    names = {name for name, _ in readable(home, tmp_path)}
    assert any(name.startswith("dagster/history") for name in names), "there is an event log to look through"
    assert any(name.startswith("dbt/runs") for name in names)
    assert any(name.startswith("tokens/") for name in names)


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("e2e_truth")
def test_six_weeks_leak_nothing(filled_house: House, tmp_path: Path) -> None:
    assert_nothing_leaks(filled_house, tmp_path)


def assert_nothing_leaks(house: House, scratch: Path) -> None:
    persons = people(house, TENANTS)
    assert_the_platform_tells_of(house, persons)
    secrets = known_secrets(house)
    assert len(persons) > 50 and len(secrets) > 8
    searched = 0
    for name, content in readable(house.home, scratch):
        searched += len(content)
        assert secrets_in(content, secrets) == [], name
        assert persons_in(content, persons) == set(), name
    assert searched > 1_000_000


def assert_the_platform_tells_of(house: House, persons: set[Person]) -> None:
    """Personal values do arrive from the platform, or finding none would prove nothing."""
    known = house.control("GET", "credentials")["siam"]["shopee"]
    noon = int(datetime.combine(DAY.first, time(12), house.zone("siam")).timestamp())
    with httpx.Client() as http:
        seller = Seller(known, http)
        listed = seller.listed("create_time", noon - 6 * 3600, noon)
        orders = seller.details([row["order_sn"] for row in listed][:50])
    assert orders and {o["buyer_username"] for o in orders} <= {p.username for p in persons}


@pytest.mark.timeout(900)
@pytest.mark.xdist_group("e2e_truth")
@pytest.mark.parametrize("tenant", TENANTS)
def test_every_row_of_every_table_is_the_tenants_own(filled_house: House, tenant: str) -> None:
    foreign = [c.account_id for c in filled_house.tenant(OTHER[tenant]).connections if c.account_id]
    accounts = [c.account_id for c in filled_house.tenant(tenant).connections if c.account_id]
    looked_at = 0
    for name in filled_house.tables(tenant):
        frame = filled_house.frame(tenant, name)
        if frame.is_empty() or name == "staging.sku_mapping":
            continue
        assert frame["tenant_id"].unique().to_list() == [tenant], name
        for column in {"shop_id", "account_id"} & set(frame.columns):
            found = set(frame[column].unique()) - NOBODYS.get(name, set())
            assert found <= set(accounts), f"{name}.{column}"
            assert not found & set(foreign)
        looked_at += 1
    assert looked_at > 20


@pytest.mark.xdist_group("e2e_bad")
def test_a_secret_of_another_tenant_cannot_be_referred_to(house: House) -> None:
    """Not by name: the tenant file is refused. Not by a link: the folder's wall holds."""
    content = shipped("siam", house.sandbox)
    content["connections"][0]["secrets"]["partner_key"] = {"file": "northwind/shopee_partner_key"}
    folder = house.home.parent / "tenants_with_a_mistake"
    folder.mkdir()
    write_tenant(folder, "siam", content)
    tenants, problems = read_tenants(folder)
    assert tenants == []
    assert any("northwind" in p.message or "siam/" in p.message for p in problems), problems

    file = house.installation.settings.secrets_dir / "siam" / "shopee_partner_key"
    file.unlink()
    file.symlink_to(house.installation.settings.secrets_dir / "northwind" / "shopee_partner_key")
    siam = house.tenant("siam")
    secret = connection_secrets(siam, siam.connections_to("shopee")[0], house.installation.settings)
    with pytest.raises(MissingSecret, match="leads out of the tenant's folder"):
        secret("partner_key")
    file.unlink()


@pytest.mark.xdist_group("e2e_bad")
def test_a_shop_is_not_served_with_the_keys_of_another(house: House) -> None:
    """Even with northwind's key in siam's folder, nothing of northwind's shop arrives."""
    secrets = house.installation.settings.secrets_dir
    foreign = (secrets / "northwind" / "shopee_partner_key").read_text()
    (secrets / "siam" / "shopee_partner_key").write_text(foreign)
    run = house.run("siam", DAY, "key:siam/raw/shopee_orders")
    assert not run.success and "error_sign" in run.complaint and foreign not in run.complaint


def test_the_days_looked_at_are_past() -> None:
    """The watched run keeps the wall clock, so its day must have happened there too."""
    assert datetime.now().date() - DAY.last > timedelta(days=1)
