"""Serves a sandbox on free ports, prints its control address and ends when its standard input does."""

from __future__ import annotations

import sys
from datetime import date

from marketing_assets.sandbox.server import Sandbox

if __name__ == "__main__":
    with Sandbox(as_of=date.fromisoformat(sys.argv[1]), port=0) as sandbox:
        print(sandbox.control_url, flush=True)
        sys.stdin.read()
