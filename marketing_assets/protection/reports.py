"""Signed reports of acts: JSON that anybody with the installation's public key can verify.

The key (Ed25519) stands in `MARKETING_HOME/keys/acts.ed25519`; its public half is part of every report and
stands beside it in `acts.pub`. Reports are kept in `MARKETING_HOME/reports/<tenant>/<act>.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from marketing_assets.ingest.pii_key import key_in_file
from marketing_assets.platforms.file_tokens import write_private
from marketing_assets.settings import Settings


class ReportError(Exception):
    """A report that cannot be read, was changed, or was signed by somebody else."""


def public_key(settings: Settings) -> str:
    """The installation's public key, hex."""
    return _private(settings).public_key().public_bytes_raw().hex()


def write_report(settings: Settings, tenant_id: str, act: str, told: Mapping[str, Any]) -> Path:
    """Sign what an act came to and keep it; the file it stands in."""
    key = _private(settings)
    own = public_key(settings)
    write_private(settings.keys_dir / "acts.pub", own.encode())
    report = dict(told)
    signed = {"report": report, "public_key": own, "signature": key.sign(_bytes(report)).hex()}
    path = settings.home.absolute() / "reports" / tenant_id / f"{act}.json"
    write_private(path, json.dumps(signed, indent=2, ensure_ascii=False).encode())
    return path


def verified(path: Path, trusted: str) -> dict[str, Any]:
    """What a report says. Raises `ReportError` unless the holder of the `trusted` key (hex) signed it."""
    try:
        signed = json.loads(path.read_text(encoding="utf-8"))
        report, by = dict(signed["report"]), str(signed["public_key"])
        signature = bytes.fromhex(signed["signature"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{path} is no report of an act: {type(error).__name__}") from None
    if by != trusted:
        raise ReportError(f"{path} was signed with another key ({by[:16]}…) than the trusted one")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(trusted)).verify(signature, _bytes(report))
    except InvalidSignature:
        raise ReportError(f"{path} is not what was signed: it was changed") from None
    return report


def _private(settings: Settings) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key_in_file(settings.keys_dir / "acts.ed25519"))


def _bytes(report: Mapping[str, Any]) -> bytes:
    return json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
