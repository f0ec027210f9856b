"""Secrets by reference: found where they are said to be, named in full where they are not, never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketing_assets.redaction import redact
from marketing_assets.secret_manager import EMULATOR
from marketing_assets.secrets import MissingSecret, connection_secrets, read_secret
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, EnvSecret, FileSecret, GoogleSecret, SecretRef, Tenant
from marketing_assets_tests.secret_manager import FakeSecretManager


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "secrets" / "siam").mkdir(parents=True)
    return Settings(home=tmp_path)


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSecretManager]:
    with FakeSecretManager() as server:
        monkeypatch.setenv(EMULATOR, server.address)
        yield server


def tenant_with(**secrets: SecretRef) -> tuple[Tenant, Connection]:
    connection = Connection(platform="shopee", account_id="220011881", secrets=secrets)
    tenant = Tenant.model_validate(
        {
            "id": "siam",
            "display_name": "Siam",
            "time_zone": "Asia/Bangkok",
            "reporting_currency": "THB",
            "start_date": "2026-01-01",
            "targets": {"roas": 4, "cpa": 100},
            "cogs_share": 0.6,
            "connections": [connection.model_dump()],
        }
    )
    return tenant, connection


def missing(ref: SecretRef, settings: Settings) -> str:
    tenant, connection = tenant_with(partner_key=ref)
    with pytest.raises(MissingSecret) as caught:
        connection_secrets(tenant, connection, settings)("partner_key")
    text = str(caught.value)
    assert text.startswith("secret 'partner_key' of siam/shopee/220011881 is missing: ")
    assert "Remedy: " in text
    return text


def test_from_the_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIAM_KEY", "key from environment\n")
    assert read_secret(EnvSecret(env="SIAM_KEY"), settings) == "key from environment"


def test_from_a_file(settings: Settings) -> None:
    (settings.secrets_dir / "siam" / "key").write_text("key from file\r\n")
    assert read_secret(FileSecret(file="siam/key"), settings) == "key from file"


@pytest.mark.parametrize("suffix", ["", "/versions/1"])
def test_from_google(settings: Settings, google: FakeSecretManager, suffix: str) -> None:
    google.put("projects/p/secrets/siam-key", b"key from google\n")
    ref = GoogleSecret(google=f"projects/p/secrets/siam-key{suffix}")
    assert read_secret(ref, settings) == "key from google"


@pytest.mark.parametrize("value", [None, "", "\n"])
def test_missing_in_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("SIAM_KEY", value)
    assert "environment variable SIAM_KEY is not set or empty" in missing(EnvSecret(env="SIAM_KEY"), settings)


def test_missing_file(settings: Settings) -> None:
    text = missing(FileSecret(file="siam/key"), settings)
    assert f"file {settings.secrets_dir}/siam/key cannot be read (No such file or directory)" in text


@pytest.mark.parametrize(("content", "why"), [(b"", "is empty"), (b"\xff\xfe", "is no UTF-8 text")])
def test_useless_file(settings: Settings, content: bytes, why: str) -> None:
    (settings.secrets_dir / "siam" / "key").write_bytes(content)
    assert why in missing(FileSecret(file="siam/key"), settings)


def test_a_link_may_not_lead_to_another_tenant(settings: Settings) -> None:
    (settings.secrets_dir / "lanna").mkdir()
    (settings.secrets_dir / "lanna" / "key").write_text("of somebody else")
    (settings.secrets_dir / "siam" / "key").symlink_to("../lanna/key")
    text = missing(FileSecret(file="siam/key"), settings)
    assert "leads out of the tenant's folder" in text and "of somebody else" not in text


def test_a_link_inside_the_tenants_folder_is_fine(settings: Settings) -> None:
    (settings.secrets_dir / "siam" / "..data").mkdir()
    (settings.secrets_dir / "siam" / "..data" / "key").write_text("mounted key")
    (settings.secrets_dir / "siam" / "key").symlink_to("..data/key")
    assert read_secret(FileSecret(file="siam/key"), settings) == "mounted key"


def test_missing_at_google(settings: Settings, google: FakeSecretManager) -> None:
    text = missing(GoogleSecret(google="projects/p/secrets/siam-key"), settings)
    assert (
        "projects/p/secrets/siam-key/versions/latest in Google Secret Manager cannot be read (NotFound)"
        in text
    )


def test_not_listed_in_the_tenant_file(settings: Settings) -> None:
    tenant, connection = tenant_with()
    with pytest.raises(
        MissingSecret, match=r"secret 'app_secret' of siam/shopee/220011881.*does not list it"
    ):
        connection_secrets(tenant, connection, settings)("app_secret")


def test_a_secret_is_looked_up_once_and_never_shown(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIAM_KEY", "shown-to-nobody-17")
    tenant, connection = tenant_with(partner_key=EnvSecret(env="SIAM_KEY"))
    secrets = connection_secrets(tenant, connection, settings)
    assert ("partner_key" in secrets, "other" in secrets) == (True, False)
    assert secrets("partner_key") == "shown-to-nobody-17"
    monkeypatch.delenv("SIAM_KEY")
    assert secrets("partner_key") == "shown-to-nobody-17"
    assert repr(secrets) == "ConnectionSecrets(siam/shopee/220011881: partner_key)"
    assert redact("the key is shown-to-nobody-17") == "the key is ***"
