"""Start the local BigQuery server, mended so that it answers as BigQuery does.

    python -m marketing_assets_tests.bigquery.server.start --port PORT --data-dir FOLDER

It ends when standard input closes. `STORAGE_EMULATOR_HOST` names the server of `gs://` objects, where there
is one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import uvicorn
from local_bigquery.settings import settings

from marketing_assets_tests.bigquery.server.parent import end_with_parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    given = parser.parse_args()
    end_with_parent()
    # DuckDB looks for it with every parameter, through all folders; it is not there.
    sys.modules["pandas"] = None  # type: ignore[assignment]
    settings.bigquery_host = "127.0.0.1"
    settings.bigquery_port = given.port
    settings.data_dir = given.data_dir
    uvicorn.run(_mended(), host="127.0.0.1", port=given.port, log_level="warning")


def _mended() -> Any:
    # The server's modules read the settings when they are imported.
    from local_bigquery.app import app

    from marketing_assets_tests.bigquery.server import (
        catalog,
        control,
        costs,
        counts,
        decimals,
        filters,
        journal,
        loads,
        partitions,
        statements,
        temporary,
        transactions,
        unfinished,
        uploads,
        writes,
    )

    mends = (catalog, counts, decimals, partitions, writes, loads, filters, statements, transactions)
    for mend in (*mends, temporary, uploads):
        mend.apply()
    journal.apply()
    costs.apply()
    unfinished.end()
    return control.Control(app)


if __name__ == "__main__":
    main()
