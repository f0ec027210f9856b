"""A local server of Google Cloud Storage's API; it honours if_generation_match."""

from __future__ import annotations

import subprocess
import time

import httpx
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from marketing_assets_tests.bigquery.environment import server_environment, server_python
from marketing_assets_tests.bigquery.local import free_port

START_SECONDS = 30


class LocalStorage:
    """Starts at once; `endpoint` is what `STORAGE_EMULATOR_HOST` names. Its objects end with it."""

    def __init__(self) -> None:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        module = "marketing_assets_tests.bigquery.server.objects"
        self._process = subprocess.Popen(
            [server_python(), "-m", module, str(port)],
            env=server_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_ready()

    def client(self, project: str = "demo-project") -> storage.Client:
        """Google's own client for this server."""
        return storage.Client(
            project, credentials=AnonymousCredentials(), client_options={"api_endpoint": self.endpoint}
        )

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(START_SECONDS)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if httpx.get(f"{self.endpoint}/storage/v1/b").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self._process.kill()
        raise RuntimeError("the local server of Google Cloud Storage did not start")
