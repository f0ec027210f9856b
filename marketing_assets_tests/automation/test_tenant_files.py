"""The sensor of tenant files, against a real code server that is loaded again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import CodeLocationOrigin, GrpcServerCodeLocationOrigin
from dagster._grpc.client import DagsterGrpcClient

from marketing_assets.automation.tenant_files import after_the_tick, changes, tenant_files, tenants_sensor
from marketing_assets.settings import Settings
from marketing_assets_tests.commands.ports import consecutive_ports
from marketing_assets_tests.installation import program

LOCATION = "import dagster as dg\n\ndefs = dg.Definitions()\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "tenants"
    folder.mkdir()
    for name in ("siam", "northwind"):
        (folder / f"{name}.yaml").write_text(f"id: {name}\n")
    return Settings(home=tmp_path / "home", tenants_dir=folder)


def look(sensor: dg.SensorDefinition, origin: CodeLocationOrigin | None) -> str:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.SensorEvaluationContext(
            instance_ref=None,
            last_tick_completion_time=None,
            last_run_key=None,
            cursor=None,
            repository_name=None,
            instance=instance,
            code_location_origin=origin,
        )
        return str(sensor.evaluate_tick(context).skip_message)


def test_what_is_new_changed_or_gone_is_named(settings: Settings) -> None:
    loaded = tenant_files(settings)
    assert changes(loaded, tenant_files(settings)) == []
    (settings.tenants_dir / "siam.yaml").write_text("id: siam\n# mended\n")
    (settings.tenants_dir / "northwind.yaml").unlink()
    (settings.tenants_dir / "acme.yml").write_text("id: acme\n")
    expected = ["acme.yml is new", "northwind.yaml is removed", "siam.yaml is changed"]
    assert changes(loaded, tenant_files(settings)) == expected


def test_files_of_tenants_that_others_serve_do_not_matter(settings: Settings) -> None:
    assert set(tenant_files(settings.model_copy(update={"tenants": "siam, acme"}))) == {"siam.yaml"}


def test_a_location_that_cannot_reload_itself_says_what_to_do(settings: Settings) -> None:
    sensor = tenants_sensor(settings)
    assert look(sensor, None) == "the tenant files are as they were loaded"
    (settings.tenants_dir / "acme.yaml").write_text("id: acme\n")
    said = look(sensor, None)
    assert said.startswith(
        "acme.yaml is new, and this code location cannot reload itself: reload it in the UI"
    )


def test_a_reload_that_fails_is_told_by_the_next_tick() -> None:
    failed: list[str] = []

    def reload() -> None:
        raise RuntimeError("nobody listens")

    after_the_tick(reload, failed).join()
    assert failed == ["nobody listens"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """A code server as deployments run it."""
    location = tmp_path / "location.py"
    location.write_text(LOCATION)
    port = consecutive_ports(1)
    command = [program("dagster"), "code-server", "start", "-f", str(location), "-p", str(port)]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    yield port
    process.terminate()
    process.wait(30)


def _id_of(port: int, other_than: str | None, seconds: float = 200) -> str:
    client, limit = DagsterGrpcClient(port=port, host="127.0.0.1"), time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            found = client.get_server_id(timeout=5)
        except Exception:
            found = other_than
        if found and found != other_than:
            return str(found)
        time.sleep(0.3)
    raise AssertionError(f"no server other than {other_than} on {port} within {seconds:g} s")


@pytest.mark.timeout(600)
def test_a_new_file_loads_the_code_location_again(settings: Settings, server: int) -> None:
    before = _id_of(server, None)
    origin = GrpcServerCodeLocationOrigin(host="127.0.0.1", port=server, location_name="here")
    sensor = tenants_sensor(settings)
    assert look(sensor, origin) == "the tenant files are as they were loaded"
    assert _id_of(server, None) == before
    (settings.tenants_dir / "acme.yaml").write_text("id: acme\n")
    assert look(sensor, origin) == "acme.yaml is new; the code location is loaded again."
    assert _id_of(server, before) != before
