"""The parsed dbt project: parsed once, shared by every tenant, process and run.

Parsing takes seconds and depends on the project's files alone, so its result is kept below
`MARKETING_HOME/dbt/` under a hash of those files. dbt's own partial parsing is of no use here: it starts
over whenever a var changes, and every run has its own days.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import orjson
from dbt.artifacts.resources.types import NodeType
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from marketing_assets.settings import Settings

_PACKAGES = ("dbt-core", "dbt-adapters", "dbt-duckdb", "dbt-bigquery")
_one_at_a_time = threading.Lock()
"""dbt keeps its settings in globals, so threads of a process must not parse side by side."""

_GENERATED = {"target", "logs", "dbt_packages", ".user.yml"}


@dataclass(frozen=True)
class DbtProject:
    """A project that is ready to run: where its files and its parsed manifest are."""

    project_dir: Path
    parsed_dir: Path
    target: str

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest as dbt publishes it, for what only reads it."""
        return _published(self.parsed_dir)

    def fresh_manifest(self, names: Collection[str] | None = None) -> Manifest:
        """The manifest as dbt runs it. A run changes it, so each gets its own.

        With `names` it holds these nodes and what they read from alone, because dbt looks through all nodes
        for each name that it is to select.
        """
        # The files it was parsed from are of use to partial parsing alone.
        packed = _unpacked(self.parsed_dir) | {"files": {}}
        if names is not None:
            packed |= {"nodes": _needed(packed["nodes"], names), "unit_tests": {}}
        manifest = Manifest.from_msgpack(msgpack.packb(packed))
        manifest.build_flat_graph()  # type: ignore[no-untyped-call]
        return manifest


@lru_cache(maxsize=2)
def _published(parsed_dir: Path) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads((parsed_dir / "manifest.json").read_bytes())
    return content


@lru_cache(maxsize=2)
def _unpacked(parsed_dir: Path) -> dict[str, Any]:
    content: dict[str, Any] = msgpack.unpackb((parsed_dir / "partial_parse.msgpack").read_bytes())
    return content


def _needed(nodes: Mapping[str, dict[str, Any]], names: Collection[str]) -> dict[str, dict[str, Any]]:
    """The named nodes, the hooks of the run, and what they read from.

    The rest is left out before it becomes objects, which takes longer than all else about the manifest.
    """
    chosen = {
        key
        for key, node in nodes.items()
        if node["name"] in names or node["resource_type"] == NodeType.Operation.value
    }
    read = {parent for key in chosen for parent in nodes[key].get("depends_on", {}).get("nodes", ())}
    # What they read from in turn is not there, and is not asked.
    ends = {
        key: nodes[key] | {"depends_on": _without_nodes(nodes[key])} for key in read & nodes.keys() - chosen
    }
    return {key: nodes[key] for key in chosen} | ends


def _without_nodes(node: Mapping[str, Any]) -> dict[str, Any]:
    return dict(node.get("depends_on", {})) | {"nodes": []}


class DbtParseError(Exception):
    """The dbt project does not parse; the text is dbt's."""


def prepare_manifest(settings: Settings) -> DbtProject:
    """The parsed project, parsed now if its files changed since.

    Safe beside other processes: each parses in a folder of its own and the first to finish is kept.
    """
    project_dir = settings.dbt_dir.absolute()
    target = target_of(settings)
    parsed = settings.parsed_dir / f"{target}-{_fingerprint(project_dir)}"
    with _one_at_a_time:
        if not (parsed / "manifest.json").exists():
            _parse_into(parsed, project_dir, target)
    return DbtProject(project_dir, parsed, target)


def target_of(settings: Settings) -> str:
    """The target of `dbt/profiles.yml`: `duckdb`, or the environment on BigQuery."""
    return "duckdb" if settings.warehouse == "duckdb" else settings.environment


def _parse_into(parsed: Path, project_dir: Path, target: str) -> None:
    building = parsed.with_name(f".{uuid.uuid4().hex}")
    building.mkdir(parents=True)
    try:
        _parse(project_dir, building, target)
        try:
            building.rename(parsed)
        except OSError:
            # Another process was first; its result is as good.
            if not (parsed / "manifest.json").exists():
                raise
    finally:
        shutil.rmtree(building, ignore_errors=True)


def base_arguments(project_dir: Path, target_path: Path, target: str = "duckdb") -> list[str]:
    """Arguments of every dbt command: nothing is written into the project, nothing is sent anywhere."""
    return [
        *("--project-dir", str(project_dir)),
        *("--profiles-dir", str(project_dir)),
        *("--target", target),
        *("--target-path", str(target_path)),
        *("--log-path", str(target_path)),
        *("--log-level", "none"),
        *("--log-level-file", "none"),
        "--no-use-colors",
        "--no-send-anonymous-usage-stats",
        "--no-version-check",
    ]


def _parse(project_dir: Path, target_path: Path, target: str) -> None:
    arguments = base_arguments(project_dir, target_path, target)
    result = dbtRunner().invoke(["parse", "--no-partial-parse", *arguments])
    if not result.success:
        raise DbtParseError(f"the dbt project in {project_dir} does not parse: {result.exception}")


def _fingerprint(project_dir: Path) -> str:
    """A hash of everything that parsing depends on: the project's files and dbt's version."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    for path in sorted(project_dir.rglob("*")):
        relative = path.relative_to(project_dir)
        if path.is_file() and not _GENERATED & set(relative.parts):
            digest.update(f"{relative.as_posix()} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    # Parsed paths are absolute, so the same project elsewhere is parsed anew.
    digest.update(str(project_dir).encode())
    return digest.hexdigest()[:20]
