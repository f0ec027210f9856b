"""The Python 3.13 environment of the local BigQuery server, which cannot share the product's."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from filelock import FileLock

REPOSITORY = Path(__file__).parents[2]
LOCK = Path(__file__).parent / "server" / "requirements.lock"
ENVIRONMENT = REPOSITORY / ".venv-bigquery"
HOME = ENVIRONMENT / "home"
"""Home folder of the server's processes: DuckDB keeps its extensions there."""


class NoPython313(RuntimeError):
    """The local BigQuery server needs an interpreter that this machine does not have."""


def server_python() -> Path:
    """The interpreter of the environment, which is built first where it does not stand as locked.

    Raises `NoPython313`, and `RuntimeError` where packages cannot be installed.
    """
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = ENVIRONMENT / "lock.sha256"
    with FileLock(REPOSITORY / ".venv-bigquery.lock"):
        if not stamp.exists() or stamp.read_text() != wanted:
            _build()
            stamp.write_text(wanted)
    return ENVIRONMENT / "bin" / "python"


def _build() -> None:
    uv, python = _uv(), str(ENVIRONMENT / "bin" / "python")
    _run(os.environ, uv, "venv", "--quiet", "--clear", "--python", str(python313()), str(ENVIRONMENT))
    _run(os.environ, uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", str(LOCK))
    HOME.mkdir()
    _run(server_environment(), python, "-m", "marketing_assets_tests.bigquery.server.extensions")


def python313() -> Path:
    """A Python 3.13: on PATH, among pyenv's versions, or one that uv knows. Nothing is downloaded."""
    found = next((p for p in _candidates() if _is_python313(p)), None)
    if found is None:
        raise NoPython313(
            "the local BigQuery server needs Python 3.13; neither PATH (python3.13), pyenv nor uv has it: "
            "install it (pyenv install 3.13, or uv python install 3.13) and run this again"
        )
    return found


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("python3.13"):
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob("versions/3.13*/bin/python"), reverse=True)
    asked = subprocess.run(
        [_uv(), "python", "find", "--no-python-downloads", "3.13"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode == 0:
        yield Path(asked.stdout.strip())


def _is_python313(python: Path) -> bool:
    """Asked by running it: pyenv's python3.13 on PATH exists for versions that are not active, too."""
    said = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.returncode == 0 and said.stdout.split() == ["3", "13"]


def _uv() -> str:
    own = REPOSITORY / ".uv" / "bin" / "uv"
    found = shutil.which("uv") or (str(own) if own.exists() else None)
    if found is None:
        raise RuntimeError("uv is not on PATH: any make target installs it, as does pip install uv")
    return found


def server_environment() -> dict[str, str]:
    """Environment variables of the server's processes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return kept | {"HOME": str(HOME), "PYTHONPATH": str(REPOSITORY)}


def _run(environment: Mapping[str, str], *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"building {ENVIRONMENT} failed at {' '.join(command)}:\n{done.stderr}")
