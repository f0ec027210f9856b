"""Decoding to a type that several threads meet at once: msgspec alone ends the process there."""

from __future__ import annotations

import subprocess
import sys

THREADS = """
import json, sys, threading
import msgspec
from marketing_assets.decoding import from_json

sys.setswitchinterval(1e-6)
body = json.dumps({f"f{i}": {"a": 1} for i in range(30)}).encode()
found = []

def read(at_once, shape):
    at_once.wait()
    found.append(from_json(body, shape).f29.a)

for _ in range(1000):
    inner = msgspec.defstruct("Inner", [("a", int), ("b", str | None, None)])
    outer = msgspec.defstruct("Outer", [(f"f{i}", inner) for i in range(30)])
    at_once = threading.Barrier(4)
    threads = [threading.Thread(target=read, args=(at_once, outer)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(len(found), set(found))
"""


def test_threads_that_meet_a_type_at_once_all_read_it() -> None:
    ended = subprocess.run([sys.executable, "-c", THREADS], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "4000 {1}\n"), ended.stderr
