"""The token store that the settings ask for."""

from __future__ import annotations

from marketing_assets.platforms.file_tokens import FileTokenStore, key_file
from marketing_assets.platforms.tokens import TokenStore, TokenStoreError
from marketing_assets.redaction import register_secret
from marketing_assets.settings import Settings


def token_store(settings: Settings) -> TokenStore:
    """`file` or `google:PROJECT`, as `MARKETING_TOKEN_STORE` says."""
    kind, _, project = settings.token_store.partition(":")
    if kind == "file" and not project:
        return FileTokenStore(settings.tokens_dir, lambda: _keys(settings), settings.lock_timeout_seconds)
    if kind == "google" and project:
        # Imported here: installations that keep tokens in files never need Google's library.
        from marketing_assets.platforms.secret_manager_tokens import SecretManagerTokenStore

        return SecretManagerTokenStore(project)
    remedy = "set MARKETING_TOKEN_STORE to file or google:PROJECT"
    raise TokenStoreError(f"there is no token store '{settings.token_store}'. Remedy: {remedy}.")


def _keys(settings: Settings) -> list[str]:
    given = [key.strip() for key in settings.token_key.get_secret_value().split(",") if key.strip()]
    return [register_secret(key) for key in given] or [key_file(settings.keys_dir / "tokens.key")]
