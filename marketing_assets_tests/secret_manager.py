"""A local server that speaks Google Secret Manager's gRPC API, as far as tokens and secrets need it.

It keeps the rules that matter: version numbers count up, `latest` may lag behind, an update with another etag
than the current one fails with FAILED_PRECONDITION.
"""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.secretmanager_v1 import types

SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"


class FakeSecretManager:
    """`address` is host:port. `lag` is how many versions the alias `latest` is behind."""

    def __init__(self) -> None:
        self.lag = 0
        self.calls: list[str] = []
        self._secrets: dict[str, types.Secret] = {}
        self._versions: dict[str, list[bytes | None]] = {}
        self._etags = itertools.count(1)
        self._lock = threading.Lock()
        self._server = grpc.server(ThreadPoolExecutor(8))
        methods: dict[str, tuple[Any, Any, Any]] = {
            "GetSecret": (self.get_secret, types.GetSecretRequest, types.Secret),
            "CreateSecret": (self.create_secret, types.CreateSecretRequest, types.Secret),
            "UpdateSecret": (self.update_secret, types.UpdateSecretRequest, types.Secret),
            "AddSecretVersion": (self.add_version, types.AddSecretVersionRequest, types.SecretVersion),
            "GetSecretVersion": (self.get_version, types.GetSecretVersionRequest, types.SecretVersion),
            "DestroySecretVersion": (self.destroy, types.DestroySecretVersionRequest, types.SecretVersion),
            "AccessSecretVersion": (
                self.access,
                types.AccessSecretVersionRequest,
                types.AccessSecretVersionResponse,
            ),
        }
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(
                self._locked(name, method),
                request_deserializer=request.deserialize,
                response_serializer=answer.serialize,
            )
            for name, (method, request, answer) in methods.items()
        }
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(SERVICE, handlers)])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> FakeSecretManager:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None)

    def put(self, name: str, *values: bytes) -> None:
        self._secrets.setdefault(name, types.Secret(name=name, etag=self._etag()))
        self._versions.setdefault(name, []).extend(values)

    def versions(self, name: str) -> list[bytes | None]:
        """Payloads, oldest first; None = destroyed."""
        return self._versions[name]

    def annotations(self, name: str) -> dict[str, str]:
        return dict(self._secrets[name].annotations)

    def get_secret(self, request: Any, context: Any) -> Any:
        return self._secrets.get(request.name) or context.abort(grpc.StatusCode.NOT_FOUND, "no such secret")

    def create_secret(self, request: Any, context: Any) -> Any:
        name = f"{request.parent}/secrets/{request.secret_id}"
        if name in self._secrets:
            context.abort(grpc.StatusCode.ALREADY_EXISTS, "exists")
        self.put(name)
        return self._secrets[name]

    def update_secret(self, request: Any, context: Any) -> Any:
        held = self.get_secret(request.secret, context)
        if request.secret.etag and request.secret.etag != held.etag:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "etag does not match")
        notes = dict(request.secret.annotations)
        self._secrets[held.name] = types.Secret(name=held.name, etag=self._etag(), annotations=notes)
        return self._secrets[held.name]

    def add_version(self, request: Any, context: Any) -> Any:
        self.get_secret(types.GetSecretRequest(name=request.parent), context)
        self._versions[request.parent].append(request.payload.data)
        return types.SecretVersion(name=f"{request.parent}/versions/{len(self._versions[request.parent])}")

    def get_version(self, request: Any, context: Any) -> Any:
        secret, number = self._number(request.name, context)
        return types.SecretVersion(name=f"{secret}/versions/{number}")

    def destroy(self, request: Any, context: Any) -> Any:
        secret, number = self._number(request.name, context)
        self._versions[secret][number - 1] = None
        return types.SecretVersion(name=request.name)

    def access(self, request: Any, context: Any) -> Any:
        secret, number = self._number(request.name, context)
        data = self._versions[secret][number - 1]
        if data is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "destroyed")
        return types.AccessSecretVersionResponse(name=request.name, payload={"data": data})

    def _number(self, name: str, context: Any) -> tuple[str, int]:
        secret, _, version = name.partition("/versions/")
        count = len(self._versions.get(secret, []))
        number = max(1, count - self.lag) if version == "latest" else int(version)
        if number > count:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such version")
        return secret, number

    def _etag(self) -> str:
        return f'"{next(self._etags)}"'

    def _locked(self, name: str, method: Any) -> Any:
        def answer(request: Any, context: Any) -> Any:
            with self._lock:
                self.calls.append(name)
                return method(request, context)

        return answer
