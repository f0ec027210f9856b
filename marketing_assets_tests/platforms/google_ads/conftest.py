"""A client of Google's sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marketing_assets.platforms.google_ads.client import GoogleAdsClient
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.platforms.sandboxed import google_client


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[GoogleAdsClient]:
    client = google_client(sandbox)
    yield client
    client.close()
