"""Reads secrets where their references point: environment, file, Google Secret Manager.

Every value read is registered with `marketing_assets.redaction`, so it cannot show up in logs and errors.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from marketing_assets.redaction import register_secret
from marketing_assets.secret_manager import secret_manager_client
from marketing_assets.settings import Settings
from marketing_assets.tenants import Connection, EnvSecret, FileSecret, GoogleSecret, SecretRef, Tenant


class MissingSecret(Exception):
    """A secret that cannot be read. Names whose it is, where it was looked for and what to do."""

    def __init__(self, wanted: str, where: str, remedy: str):
        self.wanted, self.where, self.remedy = wanted, where, remedy
        super().__init__(wanted, where, remedy)

    def __str__(self) -> str:
        return f"{self.wanted} is missing: {self.where}. Remedy: {self.remedy}."


def read_secret(
    ref: SecretRef,
    settings: Settings,
    *,
    wanted: str = "a secret",
    client: Callable[[], Any] = secret_manager_client,
) -> str:
    """The value a reference points to, without a final line break; `wanted` names it in `MissingSecret`."""
    if isinstance(ref, EnvSecret):
        value = _from_environment(ref, wanted)
    elif isinstance(ref, FileSecret):
        value = _from_file(ref, settings, wanted)
    else:
        value = _from_google(ref, client, wanted)
    return register_secret(value)


class ConnectionSecrets:
    """The secrets of one connection by name; each is looked up once."""

    def __init__(
        self,
        tenant: Tenant,
        connection: Connection,
        settings: Settings,
        client: Callable[[], Any] = secret_manager_client,
    ):
        self.connection = f"{tenant.id}/{connection.platform}/{connection.account_id}"
        self._refs, self._settings, self._client = connection.secrets, settings, client
        self._read: dict[str, str] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> str:
        wanted = f"secret '{name}' of {self.connection}"
        with self._lock:
            if name not in self._read:
                if name not in self._refs:
                    remedy = f"add '{name}' with env, file or google to the connection's `secrets`"
                    raise MissingSecret(wanted, "the tenant file does not list it", remedy)
                ref = self._refs[name]
                self._read[name] = read_secret(ref, self._settings, wanted=wanted, client=self._client)
            return self._read[name]

    def __contains__(self, name: str) -> bool:
        """Whether the tenant file lists it (not: whether it can be read)."""
        return name in self._refs

    def __repr__(self) -> str:
        return f"ConnectionSecrets({self.connection}: {', '.join(sorted(self._refs)) or 'none'})"


def connection_secrets(tenant: Tenant, connection: Connection, settings: Settings) -> ConnectionSecrets:
    """Reads the secrets of a connection by name."""
    return ConnectionSecrets(tenant, connection, settings)


def _from_environment(ref: EnvSecret, wanted: str) -> str:
    value = os.environ.get(ref.env, "").rstrip("\r\n")
    if not value:
        where = f"environment variable {ref.env} is not set or empty"
        raise MissingSecret(wanted, where, f"set {ref.env} for the process that runs this")
    return value


def _from_file(ref: FileSecret, settings: Settings, wanted: str) -> str:
    path = settings.secrets_dir.absolute() / ref.file
    remedy = f"put the value, alone, into {path} and let only the service's user read it"
    # Links may lead around inside a tenant's folder (mounted secrets do) but not out of it.
    if not path.resolve().is_relative_to(settings.secrets_dir.joinpath(ref.file.split("/")[0]).resolve()):
        raise MissingSecret(wanted, f"file {path} leads out of the tenant's folder", remedy)
    why = "is empty"
    value = ""
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        why = "is no UTF-8 text"
    if not value:
        raise MissingSecret(wanted, f"file {path} {why}", remedy)
    return value


def _from_google(ref: GoogleSecret, client: Callable[[], Any], wanted: str) -> str:
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError

    name = ref.google if "/versions/" in ref.google else f"{ref.google}/versions/latest"
    remedy = "create the secret with an enabled version and grant the service account secretAccessor on it"
    value = ""
    why = "is empty"
    try:
        value = client().access_secret_version(name=name).payload.data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        why = "is no UTF-8 text"
    except GoogleAuthError as error:
        why = f"cannot be asked for ({type(error).__name__})"
        remedy = "give this process Google credentials, e.g. `gcloud auth application-default login`"
    except (GoogleAPICallError, RetryError) as error:
        why = f"cannot be read ({type(error).__name__})"
    if not value:
        raise MissingSecret(wanted, f"{name} in Google Secret Manager {why}", remedy)
    return value
