"""The inbox, made by several at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from marketing_assets.settings import Settings
from marketing_assets.webhooks.inbox import Inbox

AT_ONCE = 8


def test_receiver_and_sensors_that_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    for turn in range(5):
        settings, together = Settings(home=tmp_path / f"{turn}"), threading.Barrier(AT_ONCE)

        def opened(_: int, settings: Settings = settings, together: threading.Barrier = together) -> str:
            together.wait()
            inbox = Inbox(settings)
            inbox.close()
            return inbox.name

        with ThreadPoolExecutor(AT_ONCE) as threads:
            names = set(threads.map(opened, range(AT_ONCE)))
        assert len(names) == 1
        assert names == {opened(0, settings, threading.Barrier(1))}
