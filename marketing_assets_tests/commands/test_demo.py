"""`marketing demo`, which is `make run`: filled, refreshed, served, ended; on the ports that it always uses.

The tests of this file follow one another, as a newcomer's first hour does.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import httpx
import pytest

from marketing_assets.automation.unfinished import RANGE_END, RANGE_START
from marketing_assets.commands.demo import preflight
from marketing_assets.commands.demo.preflight import NotReady
from marketing_assets.ingest.assets import CHANGED_DAYS_TAG
from marketing_assets.ingest.landing import Manifest
from marketing_assets.orphans import UNFINISHED
from marketing_assets.platforms.catalog import PLATFORMS
from marketing_assets.platforms.platform import Refresh
from marketing_assets.sandbox.server import CONTROL_PORT, Sandbox
from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.installation import REPOSITORY, Installation, end_processes_of, processes_of
from marketing_assets_tests.ui.graphql import await_

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(900)]

DAYS = 3
SENSOR_NAME_TAG = "dagster/sensor_name"
SANDBOX_PORTS = range(CONTROL_PORT, CONTROL_PORT + 1 + len(PLATFORMS))


def free_ports_are_needed() -> None:
    for port in SANDBOX_PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                pytest.fail(f"port {port} is in use; the demo's tests need {SANDBOX_PORTS}: end what uses it")


def new_home(folder: Path, parsed: Path, sandbox: Sandbox) -> Installation:
    """An empty home with the shipped tenants, which name the demo's own sandbox."""
    (folder / "home" / "dbt").mkdir(parents=True)
    (folder / "home" / "dbt" / "parsed").symlink_to(parsed)
    return Installation(folder / "home", REPOSITORY / "tenants", sandbox)


@pytest.fixture(scope="module")
def at(parsed: Path, running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    free_ports_are_needed()
    return new_home(tmp_path_factory.mktemp("demo"), parsed, running_sandbox)


def manifests(at: Installation) -> dict[str, Manifest]:
    """Every fetch that landed, by its folder."""
    return {
        folder: manifest
        for tenant in ("siam", "northwind")
        for platform in PLATFORMS.values()
        for table in platform.tables
        for folder, _, _ in at.landing.fetches(tenant, platform.name, table.name)
        if (manifest := at.landing.manifest(folder))
    }


def runs(at: Installation) -> list[dg.DagsterRun]:
    """Newest first."""
    with at.entered(), dg.DagsterInstance.get() as instance:
        return list(instance.get_runs())


@pytest.fixture(scope="module")
def first(at: Installation) -> subprocess.CompletedProcess[str]:
    """The first start, from an empty folder to its end."""
    return at.marketing("demo", "--days", str(DAYS), "--no-serve", seconds=600)


@dataclass
class Serving:
    process: subprocess.Popen[str]
    port: int
    said: list[str]


@pytest.fixture(scope="module")
def serving(at: Installation, first: subprocess.CompletedProcess[str]) -> Iterator[Serving]:
    """The second start, which keeps the UI up."""
    free_ports_are_needed()
    port = consecutive_ports(1)
    process = at.start("demo", "--days", str(DAYS), "--port", str(port))
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if line.startswith("UI: "):
                break
        yield Serving(process, port, said)
    finally:
        end_processes_of(at.home)
        process.communicate()


def test_the_first_start_fills_and_prints_the_headline_numbers(
    at: Installation, first: subprocess.CompletedProcess[str]
) -> None:
    assert (first.returncode, first.stderr) == (0, "")
    for tenant, currency in (("siam", "THB"), ("northwind", "USD")):
        money = rf"[\d,]+\.\d\d {currency}"
        assert re.search(rf"{tenant}\W+shopee\W+{money}", first.stdout), first.stdout
        for ads in ("meta_ads", "google_ads"):
            assert re.search(rf"{tenant}\W+{ads}\W+{money}\W+\d+\.\d\d", first.stdout), first.stdout
        assert re.search(rf"{tenant}\W+total\W+{money}\W+{money}\W+\d+\.\d\d", first.stdout), first.stdout
    assert re.search(r"^Checks: \d+ passed", first.stdout, re.MULTILINE)
    assert "failed" not in first.stdout
    assert processes_of(at.home) == {}
    free_ports_are_needed()


def test_the_second_start_only_refreshes(at: Installation, serving: Serving) -> None:
    for tenant in ("siam", "northwind"):
        # Meanwhile the daemon may have found the cost files.
        made = [r for r in runs(at) if SENSOR_NAME_TAG not in r.tags]
        newest, *earlier = [r for r in made if r.job_name == f"{tenant}_refresh"]
        assert CHANGED_DAYS_TAG in newest.tags
        assert not any(CHANGED_DAYS_TAG in run.tags for run in earlier)
        assert newest.tags[RANGE_END] >= newest.tags[RANGE_START]
        changed = set(newest.tags[CHANGED_DAYS_TAG].split(","))
        own = [
            m for m in manifests(at).values() if m.tenant == tenant and f"{m.started_at}" > _began(at, newest)
        ]
        assert own
        following = {t.name for p in PLATFORMS.values() for t in p.tables if t.refresh is Refresh.CHANGED}
        for manifest in own:
            if manifest.table in following:
                assert {f"{manifest.first}", f"{manifest.last}"} <= changed


def _began(at: Installation, run: dg.DagsterRun) -> str:
    with at.entered(), dg.DagsterInstance.get() as instance:
        record = instance.get_run_record_by_id(run.run_id)
        assert record is not None
        return f"{record.create_timestamp}"


def test_the_ui_answers_where_it_says(serving: Serving) -> None:
    assert serving.said[-1].startswith(f"UI: http://127.0.0.1:{serving.port}"), serving.said
    answer = httpx.get(f"http://127.0.0.1:{serving.port}/server_info", timeout=30)
    assert answer.json()["dagster_version"]


def test_another_start_beside_it_is_refused_in_words(at: Installation, serving: Serving) -> None:
    again = at.marketing("demo", seconds=120)
    assert (again.returncode, again.stdout) == (1, "")
    [line] = again.stderr.strip().splitlines()
    assert line.startswith(f"the demo already runs in {at.home} (process {serving.process.pid})")
    assert "stop it" in line


def test_ctrl_c_ends_everything(at: Installation, serving: Serving) -> None:
    serving.process.send_signal(signal.SIGINT)
    out, err = serving.process.communicate(timeout=60)
    assert (serving.process.returncode, err) == (0, "")
    assert out.endswith("stopped\n")
    assert processes_of(at.home) == {}
    free_ports_are_needed()


def test_ctrl_c_while_it_fills_ends_everything(
    parsed: Path, running_sandbox: Sandbox, tmp_path: Path
) -> None:
    free_ports_are_needed()
    fresh = new_home(tmp_path, parsed, running_sandbox)
    process = fresh.start("demo", "--days", str(DAYS), "--no-serve", start_new_session=True)

    def filling() -> bool | None:
        return True if manifests(fresh) else None

    try:
        await_(filling, "the first landed fetch", 240)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=90)
    finally:
        end_processes_of(fresh.home)
    assert "Traceback" not in out + err
    assert out.endswith("stopped\n")
    assert processes_of(fresh.home) == {}
    assert {run.status for run in runs(fresh)} & set(UNFINISHED) == set()
    free_ports_are_needed()


@pytest.mark.parametrize("place", ["sandbox", "UI"])
def test_a_port_in_use_is_said_in_words(
    place: str, parsed: Path, running_sandbox: Sandbox, tmp_path: Path
) -> None:
    free_ports_are_needed()
    fresh = new_home(tmp_path, parsed, running_sandbox)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", SANDBOX_PORTS[1] if place == "sandbox" else 0))
        taken.listen()
        port = taken.getsockname()[1]
        ui = port if place == "UI" else consecutive_ports(1)
        result = fresh.marketing("demo", "--port", str(ui), seconds=120)
    assert (result.returncode, result.stdout) == (1, "")
    [line] = result.stderr.strip().splitlines()
    what = "the sandbox (shopee) needs" if place == "sandbox" else "the UI needs"
    assert line.startswith(f"port {port}, which {what}, is in use; stop what uses it")


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nearly_full = SimpleNamespace(free=200_000_000)
    monkeypatch.setattr("marketing_assets.commands.demo.preflight.shutil.disk_usage", lambda _: nearly_full)
    with pytest.raises(NotReady, match=r"0\.2 GB free and the demo needs 1\.5 GB; free some space or set"):
        preflight.check_disk(tmp_path)


def test_the_makefile_hands_its_variables_on() -> None:
    command = ["make", "--dry-run", "run", "DAYS=30", "PORT=3001", "SERVE=0"]
    assert _made(command)[-1] == ".venv/bin/marketing demo --days 30 --port 3001 --no-serve"
    assert _made(command[:3])[-1] == ".venv/bin/marketing demo --days 90 --port 3000 --serve"


def _made(command: list[str]) -> list[str]:
    """The lines that make tells, also where make itself runs the tests (which it would name and pass on)."""
    env = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    told = subprocess.run(command, cwd=REPOSITORY, env=env, capture_output=True, text=True, check=True)
    return told.stdout.rstrip().splitlines()


def test_make_help_lists_every_command() -> None:
    listed = set(re.findall(r"^  make (\S+)", "\n".join(_made(["make", "help"])), re.MULTILINE))
    [phony] = re.findall(r"^\.PHONY: (.+)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert listed == set(phony.split())
