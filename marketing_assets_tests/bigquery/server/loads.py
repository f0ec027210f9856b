"""Load jobs: their source files and the lists in them.

The stock server reads `gs://` objects with an extension of DuckDB that comes from the internet, and takes the
lists of a Parquet file for ARRAYs always. BigQuery does so where the job says enableListInference.
"""

from __future__ import annotations

import re
import tempfile
import urllib.parse
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import requests
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import load, runner
from local_bigquery.models import JobConfigurationLoad
from local_bigquery.settings import settings

_stock_run, _stock_paths = load.run, load.paths
_folder: ContextVar[Path] = ContextVar("folder")
_SECONDS = 60


def apply() -> None:
    load.paths = _paths
    runner.HANDLERS["load"] = run


def run(cur: Any, config: JobConfigurationLoad, upload: str | None) -> Any:
    _check_lists(config)
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
        _folder.set(Path(folder))
        return _stock_run(cur, config, upload)


def _check_lists(config: JobConfigurationLoad) -> None:
    inferred = config.parquetOptions and config.parquetOptions.enableListInference
    fields = (config.schema_ and config.schema_.fields) or []
    if config.sourceFormat != "PARQUET" or inferred:
        return
    for field in fields:
        if field.mode == "REPEATED":
            raise BigQueryError(
                "invalid",
                f"Provided schema is not compatible with the file. Field '{field.name}' is specified as "
                "REPEATED in provided schema which does not match NULLABLE as specified in the file",
            )


def _paths(cur: Any, uri: str) -> list[str]:
    """Local copies of the objects that a URI names, where a server of objects is known."""
    endpoint = settings.storage_emulator_host
    if not uri.startswith("gs://") or not endpoint:
        found: list[str] = _stock_paths(cur, uri)
        return found
    bucket, _, pattern = uri.removeprefix("gs://").partition("/")
    listed = _get(f"{endpoint}/storage/v1/b/{bucket}/o", prefix=pattern.split("*")[0]).json()
    fits = re.compile(".*".join(map(re.escape, pattern.split("*"))))
    objects = [item["name"] for item in listed.get("items", []) if fits.fullmatch(item["name"])]
    if not objects:
        raise BigQueryError("notFound", f"Not found: URI {uri}")
    return [_fetched(endpoint, bucket, name) for name in objects]


def _fetched(endpoint: str, bucket: str, name: str) -> str:
    quoted = urllib.parse.quote(name, safe="")
    file = Path(tempfile.mkdtemp(dir=_folder.get()), Path(name).name)
    file.write_bytes(_get(f"{endpoint}/storage/v1/b/{bucket}/o/{quoted}", alt="media").content)
    return str(file)


def _get(url: str, **query: str) -> requests.Response:
    found = requests.get(url, params=query, timeout=_SECONDS)
    if found.status_code == 404:
        raise BigQueryError("notFound", f"Not found: {url}")
    found.raise_for_status()
    return found
