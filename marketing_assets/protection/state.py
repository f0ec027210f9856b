"""What the installation's own state keeps for a while only: alerts and pushed messages."""

from __future__ import annotations

from datetime import datetime

from marketing_assets.alerts.pruning import prune
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.webhooks.inbox import Inbox
from marketing_assets.webhooks.judge import MEMORY_SECONDS


def expire_state(settings: Settings, tenant: Tenant, now: datetime) -> dict[str, int]:
    """Remove what has outlived its time; returns what was removed, by kind.

    Messages of platforms go 30 days after they came, with the digests that tell repeats; also where no
    receiver runs that does it.
    """
    inbox = Inbox(settings)
    try:
        messages = inbox.forget(now.timestamp() - MEMORY_SECONDS)
    finally:
        inbox.close()
    return {name: count for name, count in prune(settings, tenant, now).items() if count} | (
        {"pushed messages": messages} if messages else {}
    )
