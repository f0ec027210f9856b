"""Give the demo tenants their keys to the sandbox: secret files and first tokens."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.settings import Settings

ACCESS_TOKEN_SECONDS = 14_400

SECRET_FILES = {
    ("shopee", "partner_key"): "shopee_partner_key",
    ("meta_ads", "app_secret"): "meta_ads_app_secret",
    ("meta_ads", "access_token"): "meta_ads_access_token",
    ("google_ads", "client_secret"): "google_ads_client_secret",
    ("google_ads", "refresh_token"): "google_ads_refresh_token",
    ("shopify", "client_secret"): "shopify_client_secret",
    ("shopify", "access_token"): "shopify_access_token",
}


def connect(settings: Settings, control_url: str) -> set[str]:
    """Write what the sandbox hands out where the tenants' YAML files look for it; returns its tenants."""
    credentials = httpx.get(f"{control_url}/_world/credentials", timeout=10).raise_for_status().json()
    for tenant, platforms in credentials.items():
        for (platform, name), file in SECRET_FILES.items():
            if platform in platforms:
                _write_secret(settings.secrets_dir / tenant / file, str(platforms[platform][name]))
        _first_tokens(settings, (tenant, "shopee", str(platforms["shopee"]["shop_id"])), platforms["shopee"])
        google = platforms["google_ads"]
        _first_tokens(settings, (tenant, "google_ads", google["account_id"]), google)
    return set(credentials)


def _write_secret(path: Path, value: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(value)


def _first_tokens(settings: Settings, place: tuple[str, str, str], known: Mapping[str, Any]) -> None:
    """Tokens as an authorisation would leave them; kept where they exist, since refresh tokens may work once.

    `place` is tenant, platform and account.
    """
    store = token_store(settings)
    if store.read(*place) is None:
        lives = float(known.get("expire_in", ACCESS_TOKEN_SECONDS))
        tokens = Tokens(known["access_token"], known["refresh_token"], time.time() + lives)
        store.write(*place, tokens)
