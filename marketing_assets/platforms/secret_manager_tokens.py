"""The token store of several machines: one secret a connection in Google Secret Manager.

What the design rests on (Secret Manager's documentation): version numbers count up by one; reading a version
by its number is consistent right after it was added, while the alias `latest` and lists may lag; an update of
a secret that carries an etag fails with FAILED_PRECONDITION unless the etag is the current one.

So the newest version is found by its number: from a hint upwards until there is none. And the lock is a
lease in the secret's annotations (`lease-holder`, `lease-until`), taken by an update with the etag that was
read: of two takers one fails. A lease whose holder died runs out; clocks may differ by `SKEW_SECONDS`. An
exchange that lasts longer than the lease may meet a second one; its tokens are stored nevertheless, the
newest version counts, and the loser of the two finds the winner's tokens (`refresh_tokens` reads again).
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from google.api_core.exceptions import AlreadyExists, FailedPrecondition, NotFound

from marketing_assets.locks import LockTimeout
from marketing_assets.platforms.tokens import Tokens
from marketing_assets.secret_manager import secret_manager_client

SKEW_SECONDS = 60
_HINT, _HOLDER, _UNTIL = "version-hint", "lease-holder", "lease-until"


class SecretManagerTokenStore:
    """Secrets `<tenant>-<platform>-<account>-tokens` of a Google Cloud project.

    The service account needs secretmanager.admin on them (it creates them, adds and destroys versions and
    keeps the lease). Older versions than the last two are destroyed.
    """

    def __init__(
        self,
        project: str,
        client: Callable[[], Any] = secret_manager_client,
        *,
        lease_seconds: float = 600,
        timeout_seconds: float = 900,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._project, self._make, self._made = project, client, None
        self._lease, self._timeout, self._wall, self._sleep = lease_seconds, timeout_seconds, wall, sleep

    def read(self, tenant: str, platform: str, account: str) -> Tokens | None:
        name = self._name(tenant, platform, account)
        number = self._newest(name)
        return None if number is None else self._version(name, number)

    def write(self, tenant: str, platform: str, account: str, tokens: Tokens) -> None:
        name = self._name(tenant, platform, account)
        self._ensure(name)
        payload = {"data": tokens.to_json().encode()}
        added = self._client.add_secret_version(parent=name, payload=payload)
        number = int(added.name.rsplit("/", 1)[1])
        if number > 2:
            # Gone already, or the next write destroys it.
            with suppress(NotFound, FailedPrecondition):
                self._client.destroy_secret_version(name=f"{name}/versions/{number - 2}")

    @contextmanager
    def lock(self, tenant: str, platform: str, account: str) -> Iterator[None]:
        name, holder = self._name(tenant, platform, account), uuid.uuid4().hex
        self._ensure(name)
        give_up = self._wall() + self._timeout
        while not self._take(name, holder):
            if self._wall() > give_up:
                whose = f"tokens of {tenant}/{platform}/{account}"
                raise LockTimeout(
                    f"{whose}: another machine held the lease for {self._timeout:g} s; try later"
                )
            self._sleep(1)
        try:
            yield
        finally:
            self._release(name, holder)

    def _take(self, name: str, holder: str) -> bool:
        secret = self._client.get_secret(name=name)
        notes = dict(secret.annotations)
        held_by = notes.get(_HOLDER, "")
        if held_by == holder:
            return True
        if held_by and self._wall() < float(notes.get(_UNTIL, 0)) + SKEW_SECONDS:
            return False
        notes |= {_HOLDER: holder, _UNTIL: f"{self._wall() + self._lease:.0f}"}
        return self._annotate(secret, notes)

    def _release(self, name: str, holder: str) -> None:
        secret = self._client.get_secret(name=name)
        notes = dict(secret.annotations)
        if notes.pop(_HOLDER, "") != holder:
            return
        notes.pop(_UNTIL, None)
        newest = self._newest(name)
        if newest is not None:
            notes[_HINT] = str(newest)
        self._annotate(secret, notes)

    def _annotate(self, secret: Any, notes: dict[str, str]) -> bool:
        """Write annotations if nobody else did since `secret` was read."""
        changed = {"name": secret.name, "etag": secret.etag, "annotations": notes}
        try:
            self._client.update_secret(secret=changed, update_mask={"paths": ["annotations"]})
        except FailedPrecondition:
            return False
        return True

    def _newest(self, name: str) -> int | None:
        try:
            hint = int(self._client.get_secret(name=name).annotations.get(_HINT, 0))
        except NotFound:
            return None
        with suppress(NotFound):
            latest = self._client.get_secret_version(name=f"{name}/versions/latest").name
            hint = max(hint, int(latest.rsplit("/", 1)[1]))
        while self._exists(name, hint + 1):
            hint += 1
        return hint or None

    def _exists(self, name: str, number: int) -> bool:
        try:
            self._client.get_secret_version(name=f"{name}/versions/{number}")
        except NotFound:
            return False
        return True

    def _version(self, name: str, number: int) -> Tokens:
        answer = self._client.access_secret_version(name=f"{name}/versions/{number}")
        return Tokens.from_json(answer.payload.data.decode())

    def _ensure(self, name: str) -> None:
        parent, _, secret_id = name.partition("/secrets/")
        try:
            self._client.get_secret(name=name)
        except NotFound:
            with suppress(AlreadyExists):
                secret: dict[str, Any] = {"replication": {"automatic": {}}}
                self._client.create_secret(parent=parent, secret_id=secret_id, secret=secret)

    def _name(self, *whose: str) -> str:
        # Secret ids know only letters, digits, `-` and `_`; anything else is written as its code.
        words = [re.sub(r"[^A-Za-z0-9_]", lambda m: f"-{ord(m[0]):x}-", word) for word in whose]
        return f"projects/{self._project}/secrets/{'-'.join(words)}-tokens"

    @property
    def _client(self) -> Any:
        if self._made is None:
            self._made = self._make()
        return self._made
