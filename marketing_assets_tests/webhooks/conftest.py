"""A home whose shops have keys, and a receiver in this process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from marketing_assets.settings import Settings
from marketing_assets.webhooks.endpoints import read_endpoints
from marketing_assets.webhooks.inbox import Inbox
from marketing_assets.webhooks.receiver import Receiver
from marketing_assets_tests.webhooks.calling import Caller
from marketing_assets_tests.webhooks.signing import KEYS

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home with the shipped tenants and keys for their shops."""
    home = tmp_path_factory.mktemp("webhooks")
    for name, key in (
        ("siam/shopee_partner_key", KEYS["siam_shopee"]),
        ("northwind/shopee_partner_key", KEYS["shopee"]),
        ("northwind/shopify_client_secret", KEYS["shopify"]),
    ):
        path = home / "secrets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(key)
    return Settings(home=home, tenants_dir=REPOSITORY / "tenants")


@pytest.fixture(scope="module")
def inbox(settings: Settings) -> Iterator[Inbox]:
    opened = Inbox(settings)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def caller(settings: Settings) -> Iterator[Caller]:
    """Calls a receiver that lives in this process as a server would."""
    receiver = Receiver(Inbox(settings), partial(read_endpoints, settings), "https://hooks.example.com")
    with Caller(receiver) as made:
        yield made
