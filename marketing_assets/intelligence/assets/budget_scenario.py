"""What another ad budget would bring a tenant, from what is known now."""

from __future__ import annotations

from datetime import datetime

from marketing_assets.intelligence.assets.budgets import calendar_of, daily_of
from marketing_assets.intelligence.assets.common import AsOf
from marketing_assets.intelligence.budgeting.advice import fit
from marketing_assets.intelligence.budgeting.scenarios import Scenario, what_if
from marketing_assets.partitions import local_day
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.warehouse import Warehouse


def scenario_of(
    settings: Settings, tenant: Tenant, warehouse: Warehouse, change: float, now: datetime
) -> Scenario | str:
    """The scenario of a total changed by the share `change`, or why there is not enough to say.

    Raises what the warehouse raises, and `ValueError` where no budget would be left.
    """
    day = local_day(now, tenant.zone)
    about = AsOf(tenant, settings, warehouse, [day], now, lambda _: None)
    found = fit(daily_of(about)(day), day, tenant.reporting_currency, calendar_of(settings, tenant))
    return found if isinstance(found, str) else what_if(found.draws, found.spent, change, tenant.budgets)
