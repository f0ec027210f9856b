"""What the receiver does with requests in a person's name: they are kept apart from the inbox, hashed."""

from __future__ import annotations

from datetime import UTC, datetime

from marketing_assets.protection.requests import keep
from marketing_assets.settings import Settings
from marketing_assets.tenants import parse_tenant
from marketing_assets.webhooks.inbox import Message


def keep_request(settings: Settings, message: Message) -> None:
    """Keep the request of a message; on disk when this returns.

    Raises `OSError` where the tenant cannot be read, and what `keep` does.
    """
    assert message.request is not None
    tenant, _ = parse_tenant(settings.tenants_dir / f"{message.tenant}.yaml")
    if tenant is None:
        raise OSError("the tenant file cannot be read")
    received = datetime.fromtimestamp(message.received_at, UTC)
    keep(settings, tenant, (message.platform, message.account), message.request, message.digest, received)
