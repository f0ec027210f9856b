"""The message by which a person tries a channel."""

from __future__ import annotations

from datetime import datetime

from marketing_assets.alerts.message import ChartSpec, Message, Section
from marketing_assets.partitions import ONE_DAY, local_day
from marketing_assets.tenants import Tenant


def trial_message(tenant: Tenant, now: datetime) -> Message:
    yesterday = local_day(now, tenant.zone) - ONE_DAY
    fact = ("What", "This is a test: alerts of this tenant arrive here.")
    return Message(
        title=f"{tenant.display_name}: test message",
        sections=(Section("Nothing is wrong", (fact,)),),
        chart=ChartSpec(yesterday.isoformat()),
    )
