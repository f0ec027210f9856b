"""A sandbox for consent, and settings with the apps' secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketing_assets.sandbox.accounts import SIAM
from marketing_assets.sandbox.server import Sandbox
from marketing_assets.settings import Settings


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(port=0) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SIAM_PARTNER_KEY", SIAM.shopee.partner_key)
    monkeypatch.setenv("SIAM_APP_SECRET", SIAM.meta.app_secret)
    monkeypatch.setenv("SIAM_CLIENT_SECRET", SIAM.google.client_secret)
    return Settings(home=tmp_path)
