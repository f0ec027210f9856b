"""The client of Google Secret Manager."""

from __future__ import annotations

import os
from typing import Any

EMULATOR = "SECRET_MANAGER_EMULATOR_HOST"
"""Environment variable: `host:port` of a server that speaks the gRPC API without encryption or sign-in."""


def secret_manager_client() -> Any:
    """A `SecretManagerServiceClient` with the machine's own credentials, or one of the emulator."""
    # Imported here: it takes a second, and installations without Google secrets never need it.
    from google.cloud.secretmanager_v1 import SecretManagerServiceClient

    host = os.environ.get(EMULATOR)
    if not host:
        return SecretManagerServiceClient()
    import grpc
    from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
        SecretManagerServiceGrpcTransport,
    )

    return SecretManagerServiceClient(
        transport=SecretManagerServiceGrpcTransport(channel=grpc.insecure_channel(host))
    )
