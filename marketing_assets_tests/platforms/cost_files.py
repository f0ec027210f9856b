"""Cost files written for a test, and a client that has read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.costs.resource import CostFiles, connect
from marketing_assets.platforms.platform import Window
from marketing_assets.tenants import Connection
from marketing_assets_tests.platforms.sandboxed import tenant_of

COSTS = "kind,name,amount,currency,from,to,platform\n"
COGS = "sku_master,unit_cost,currency,valid_from,valid_to\n"

Read = Callable[..., CostFiles]


def write(tenants: Path, name: str, content: str | bytes, tenant: str = "siam") -> Path:
    path = tenants / tenant / "costs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """`read({"agency.csv": "…"})`: a client over these files of siam, and no others."""
    monkeypatch.setenv("MARKETING_TENANTS_DIR", str(tmp_path))

    def made(files: dict[str, str | bytes]) -> CostFiles:
        for path in (tmp_path / "siam" / "costs").glob("*"):
            path.unlink()
        for name, content in files.items():
            write(tmp_path, name, content)
        return connect(tenant_of("siam"), Connection(platform="costs"))

    return made


def window(first: date, last: date | None = None) -> Window:
    return Window(
        DayRange(first, last or first), ZoneInfo("Asia/Bangkok"), datetime(2026, 11, 20, tzinfo=UTC)
    )
