"""A headless Chromium, driven by the DevTools protocol: open a page, wait for what it shows, take a picture.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from marketing_assets.commands.demo.services import stop

VARIABLE = "CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_SECONDS = 90
STEP_SECONDS = 0.25
UNREADY = ("fetching statuses", "Loading…")
"""What the UI says while it still asks its server."""
SETTLE_SECONDS = 10
STILL_STEPS = 6
"""So many looks that find the same picture say that nothing moves any more."""


class NotShown(Exception):
    """A page that does not show what it should; the message says what."""


def chromium() -> str:
    """The browser's program. Raises SystemExit with the remedy where there is none."""
    found = os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise SystemExit(f"no Chromium on PATH ({', '.join(NAMES)}); install one, or name it by {VARIABLE}=")
    return found


class Page:
    """One page of the browser, of a fixed size."""

    def __init__(self, connection: ClientConnection):
        self._connection, self._calls = connection, 0
        self._session: dict[str, str] = {}
        [page] = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol and its answer; what the browser tells meanwhile is passed over."""
        self._calls += 1
        asked = {"id": self._calls, "method": method, "params": parameters, **self._session}
        self._connection.send(json.dumps(asked))
        said: dict[str, Any] = {}
        while said.get("id") != self._calls:
            said = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
        if "error" in said:
            raise NotShown(f"{method}: {said['error']['message']}")
        answer: dict[str, Any] = said["result"]
        return answer

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        """What a JavaScript expression gives."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise NotShown(f"{script}: {said['exceptionDetails']['text']}")
        return said["result"].get("value")

    def wait_for(self, *texts: str) -> None:
        """Until the page shows all texts, and nothing in it moves."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while True:
            while waiting := self._waiting_for(texts):
                if time.monotonic() > limit:
                    raise NotShown(f"{self.run('location.href')} does not show {waiting}")
                time.sleep(STEP_SECONDS)
            self._settle()
            # What comes late may ask the server in its turn.
            if not self._waiting_for(texts):
                return

    def _waiting_for(self, texts: tuple[str, ...]) -> list[str]:
        shown = self.run("document.body?.innerText") or ""
        return [t for t in texts if t not in shown] + [f"no '{t}'" for t in UNREADY if t in shown]

    def picture(self) -> bytes:
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def _settle(self) -> None:
        """Until nothing moves; a clock that the page shows may go on."""
        before, same, limit = b"", 0, time.monotonic() + SETTLE_SECONDS
        while same < STILL_STEPS and time.monotonic() < limit:
            time.sleep(STEP_SECONDS)
            now = self.picture()
            same = same + 1 if now == before else 0
            before = now


@contextmanager
def browsing() -> Iterator[Page]:
    """A browser with an empty profile and one page; it is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as profile:
        process = subprocess.Popen(
            [
                chromium(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--lang=en-GB",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "TMPDIR": profile},
        )
        try:
            with connect(_address(process, Path(profile)), max_size=None) as connection:
                yield Page(connection)
        finally:
            stop(process)


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Where the browser listens, which it writes into its profile."""
    told = profile / "DevToolsActivePort"
    limit = time.monotonic() + PATIENCE_SECONDS
    while not (told.exists() and len(told.read_text().splitlines()) == 2):
        if process.poll() is not None or time.monotonic() > limit:
            raise SystemExit(f"{chromium()} does not start; is it a Chromium that runs headless?")
        time.sleep(STEP_SECONDS)
    port, path = told.read_text().splitlines()
    return f"ws://127.0.0.1:{port}{path}"
