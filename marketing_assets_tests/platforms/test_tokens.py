"""Tokens: kept encrypted, refreshed by one process at a time, on disk before anybody uses them."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from marketing_assets.locks import LockTimeout
from marketing_assets.platforms.file_tokens import FileTokenStore, key_file
from marketing_assets.platforms.secret_manager_tokens import SecretManagerTokenStore
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import TokenKey, Tokens, TokenStore, TokenStoreError, refresh_tokens
from marketing_assets.redaction import redact
from marketing_assets.secret_manager import EMULATOR
from marketing_assets.settings import Settings
from marketing_assets_tests.platforms.scripted import Reply, Seen, Server
from marketing_assets_tests.secret_manager import FakeSecretManager

WHOSE = ("siam", "shopee", "220011881")
KEY = TokenKey(*WHOSE)
FIRST = Tokens("access-0", "refresh-0", expires_at=100.5)
FORK = multiprocessing.get_context("spawn")


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSecretManager]:
    with FakeSecretManager() as server:
        monkeypatch.setenv(EMULATOR, server.address)
        yield server


@pytest.fixture(params=["file", "google:p"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param != "file":
        request.getfixturevalue("google")
    return Settings(home=tmp_path, token_store=request.param)


class SingleUse:
    """A platform whose refresh token works once, as Shopee's."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.refusals = 0
        self._lock = threading.Lock()

    def __call__(self, seen: Seen) -> Reply:
        time.sleep(0.2)
        with self._lock:
            if json.loads(seen.body)["refresh_token"] != f"refresh-{self.exchanges}":
                self.refusals += 1
                return Reply({"error": "error_auth"}, 403)
            self.exchanges += 1
            return Reply({"access": f"access-{self.exchanges}", "refresh": f"refresh-{self.exchanges}"})


def exchange_at(url: str) -> Callable[[Tokens], Tokens]:
    def exchange(held: Tokens) -> Tokens:
        answer = httpx.post(url, json={"refresh_token": held.refresh_token}).raise_for_status().json()
        return Tokens(answer["access"], answer["refresh"])

    return exchange


def refresh_in_process(home: str, kind: str, url: str, results: Any) -> None:
    store = token_store(Settings(home=Path(home), token_store=kind))
    results.put(refresh_tokens(store, KEY, exchange_at(url), "access-0").access_token)


def die_in_process(home: str, url: str, moment: str) -> None:
    """Refresh, and be killed: after the answer is stored, or after it came and before it is."""
    store = token_store(Settings(home=Path(home)))
    exchange = exchange_at(url)

    def exchange_and_die(held: Tokens) -> Tokens:
        fresh = exchange(held)
        if moment == "before the store":
            os.kill(os.getpid(), signal.SIGKILL)
        return fresh

    refresh_tokens(store, KEY, exchange_and_die, "access-0")
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_is_written_is_read(settings: Settings) -> None:
    store = token_store(settings)
    assert store.read(*WHOSE) is None
    store.write(*WHOSE, FIRST)
    store.write("siam", "meta_ads", "act 1/ä", Tokens("other"))
    assert store.read(*WHOSE) == FIRST
    assert store.read("siam", "meta_ads", "act 1/ä") == Tokens("other")
    assert store.read("siam", "shopee", "2") is None


def test_tokens_are_never_shown() -> None:
    tokens = Tokens("access-never-shown", "refresh-never-shown")
    assert "never-shown" not in repr(tokens)
    assert redact("access-never-shown refresh-never-shown") == "*** ***"


def test_processes_that_refresh_at_once_exchange_once(settings: Settings) -> None:
    token_store(settings).write(*WHOSE, FIRST)
    platform = SingleUse()
    with Server(platform) as server:
        results = FORK.Queue()
        arguments = (str(settings.home), settings.token_store, server.url, results)
        processes = [FORK.Process(target=refresh_in_process, args=arguments) for _ in range(2)]
        for process in processes:
            process.start()
        got = [results.get(timeout=50) for _ in processes]
        for process in processes:
            process.join(20)
    assert (got, platform.exchanges, platform.refusals) == (["access-1"] * 2, 1, 0)
    assert token_store(settings).read(*WHOSE) == Tokens("access-1", "refresh-1")


def test_threads_that_refresh_at_once_exchange_once(settings: Settings) -> None:
    store = token_store(settings)
    store.write(*WHOSE, FIRST)
    exchanged: list[Tokens] = []

    def exchange(held: Tokens) -> Tokens:
        time.sleep(0.05)
        exchanged.append(held)
        return Tokens("access-1", "refresh-1")

    threads = [
        threading.Thread(target=refresh_tokens, args=(store, KEY, exchange, "access-0")) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert exchanged == [FIRST]


def test_the_new_tokens_are_stored_before_they_are_handed_out(settings: Settings) -> None:
    inner = token_store(settings)
    inner.write(*WHOSE, FIRST)
    fresh = refresh_tokens(inner, KEY, lambda _: Tokens("access-1", "refresh-1"), "access-0")
    assert inner.read(*WHOSE) == fresh


def test_a_process_killed_once_the_tokens_are_stored_loses_nothing(tmp_path: Path) -> None:
    survivor, platform = killed(tmp_path, "after the store")
    with Server(platform) as server:
        fresh = refresh_tokens(survivor, KEY, exchange_at(server.url), "access-1")
    assert fresh == Tokens("access-2", "refresh-2")


def test_a_process_killed_before_the_store_keeps_the_old_tokens_and_frees_the_lock(tmp_path: Path) -> None:
    """The window that cannot be closed: the platform spent the refresh token, nobody has the new one."""
    survivor, _ = killed(tmp_path, "before the store")
    assert survivor.read(*WHOSE) == FIRST
    begin = time.monotonic()
    with survivor.lock(*WHOSE):
        assert time.monotonic() - begin < 5


def killed(home: Path, moment: str) -> tuple[TokenStore, SingleUse]:
    store = token_store(Settings(home=home))
    store.write(*WHOSE, FIRST)
    platform = SingleUse()
    with Server(platform) as server:
        process = FORK.Process(target=die_in_process, args=(str(home), server.url, moment))
        process.start()
        process.join(50)
    assert (process.exitcode, platform.exchanges) == (-signal.SIGKILL, 1)
    return store, platform


def test_a_failed_exchange_changes_nothing(settings: Settings) -> None:
    store = token_store(settings)
    store.write(*WHOSE, FIRST)

    def exchange(_: Tokens) -> Tokens:
        raise ConnectionError("no network")

    with pytest.raises(ConnectionError):
        refresh_tokens(store, KEY, exchange, "access-0")
    assert store.read(*WHOSE) == FIRST


def test_tokens_authorised_meanwhile_count_more_than_a_failed_exchange(settings: Settings) -> None:
    store = token_store(settings)
    store.write(*WHOSE, FIRST)
    anew = Tokens("authorised", "anew")

    def exchange(_: Tokens) -> Tokens:
        store.write(*WHOSE, anew)
        raise PermissionError("refresh token is spent")

    assert refresh_tokens(store, KEY, exchange, "access-0") == anew


def test_a_connection_never_authorised_is_named(settings: Settings) -> None:
    with pytest.raises(TokenStoreError, match=r"siam/shopee/220011881.*marketing connections authorize siam"):
        refresh_tokens(token_store(settings), KEY, lambda held: held, "x")


# --- files -------------------------------------------------------------------------------------------------


def test_files_are_encrypted_and_private(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    token_store(settings).write(*WHOSE, FIRST)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert sorted(path.name for path in files) == ["shopee-220011881.token", "tokens.key"]
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert b"access-0" not in path.read_bytes()


def test_a_key_from_the_environment_can_be_changed(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    with_old = Settings(home=tmp_path, token_key=SecretStr(old))
    token_store(with_old).write(*WHOSE, FIRST)
    both = Settings(home=tmp_path, token_key=SecretStr(f"{new},{old}"))
    assert token_store(both).read(*WHOSE) == FIRST
    token_store(both).write(*WHOSE, FIRST)
    assert token_store(Settings(home=tmp_path, token_key=SecretStr(new))).read(*WHOSE) == FIRST
    with pytest.raises(TokenStoreError, match=r"cannot be decrypted.*MARKETING_TOKEN_KEY"):
        token_store(with_old).read(*WHOSE)
    assert not (tmp_path / "keys").exists()
    assert new not in repr(both)


def test_a_key_that_is_none_is_told_without_showing_it(tmp_path: Path) -> None:
    store = token_store(Settings(home=tmp_path, token_key=SecretStr("far too short")))
    with pytest.raises(TokenStoreError, match="no Fernet key") as caught:
        store.write(*WHOSE, FIRST)
    assert "far too short" not in str(caught.value)


def test_a_file_copied_to_another_connection_is_refused(tmp_path: Path) -> None:
    store = token_store(Settings(home=tmp_path))
    store.write(*WHOSE, FIRST)
    folder = tmp_path / "tokens" / "siam"
    (folder / "shopee-220011882.token").write_bytes((folder / "shopee-220011881.token").read_bytes())
    with pytest.raises(TokenStoreError, match="another connection"):
        store.read("siam", "shopee", "220011882")


def test_the_key_file_is_made_once(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(key_file(tmp_path / "keys" / "k.key"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1


def test_a_lock_held_too_long_is_told(tmp_path: Path) -> None:
    store = FileTokenStore(tmp_path, list, lock_timeout_seconds=0.1)
    with (
        store.lock(*WHOSE),
        pytest.raises(LockTimeout, match="tokens of siam/shopee/220011881"),
        store.lock(*WHOSE),
    ):
        pass


# --- Google Secret Manager ---------------------------------------------------------------------------------

SECRET = "projects/p/secrets/siam-shopee-220011881-tokens"


def test_each_write_is_a_version_and_old_ones_are_destroyed(google: FakeSecretManager) -> None:
    store = SecretManagerTokenStore("p")
    for number in range(4):
        store.write(*WHOSE, Tokens(f"access-{number}"))
    kept = [version is not None for version in google.versions(SECRET)]
    assert kept == [False, False, True, True]


def test_an_alias_that_lags_behind_does_not_hide_the_newest_tokens(google: FakeSecretManager) -> None:
    store = SecretManagerTokenStore("p")
    for number in range(5):
        store.write(*WHOSE, Tokens(f"access-{number}"))
    google.lag = 3
    assert SecretManagerTokenStore("p").read(*WHOSE) == Tokens("access-4")


def test_a_lease_whose_holder_died_runs_out(google: FakeSecretManager) -> None:
    now = [1_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def store() -> SecretManagerTokenStore:
        return SecretManagerTokenStore(
            "p", lease_seconds=30, timeout_seconds=300, wall=lambda: now[0], sleep=sleep
        )

    dead = store().lock(*WHOSE)
    dead.__enter__()
    with store().lock(*WHOSE):
        assert 1_000 + 30 + 60 <= now[0] <= 1_000 + 30 + 60 + 2
    assert "lease-holder" not in google.annotations(SECRET)


def test_a_lease_held_too_long_is_told(google: FakeSecretManager) -> None:
    now = [1_000.0]
    store = SecretManagerTokenStore(
        "p", timeout_seconds=5, wall=lambda: now[0], sleep=lambda s: now.__setitem__(0, now[0] + s)
    )
    with store.lock(*WHOSE), pytest.raises(LockTimeout, match="siam/shopee/220011881"), store.lock(*WHOSE):
        pass


def test_an_unknown_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(TokenStoreError, match="MARKETING_TOKEN_STORE"):
        token_store(Settings(home=tmp_path, token_store="vault"))
