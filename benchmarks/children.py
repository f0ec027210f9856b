"""Measurements in processes of their own, so that none warms caches or holds memory for the next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

REPOSITORY = Path(__file__).parents[1]


def measure(module: str, *arguments: str | Path | int) -> dict[str, Any]:
    """The JSON line that a module of this package prints last; raises `SystemExit` where it fails."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"benchmark {module} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = orjson.loads(done.stdout.strip().splitlines()[-1])
    return found
