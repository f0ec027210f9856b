"""Put the DuckDB extensions of the environment's packages where DuckDB looks for them: HOME/.duckdb.

Run once when the environment is built, so that no server asks the internet for them.
"""

from __future__ import annotations

import duckdb_extensions

NAMES = ("icu", "ducklake", "spatial")


def install() -> None:
    for name in NAMES:
        duckdb_extensions.import_extension(name)


if __name__ == "__main__":
    install()
