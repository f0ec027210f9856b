"""The rows that rules judge, without the warehouse they come from. Money is in the reporting currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class BusinessDay:
    """A tenant's day: what is known, and the revenue it is expected to end with (None where nothing is)."""

    day: date
    revenue: Decimal
    orders: Decimal
    spend: Decimal
    is_final: bool = True
    expected_revenue: Decimal | None = None

    @property
    def final_revenue(self) -> Decimal:
        """Revenue as it will be. Orders are placed on their day, so what is known stands in where nothing
        can be expected yet; late payments and cancellations move it little."""
        if self.is_final or self.expected_revenue is None:
            return self.revenue
        return self.expected_revenue


@dataclass(frozen=True, order=True)
class Account:
    """An ad account or shop on its platform."""

    platform: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}/{self.id}"


@dataclass(frozen=True)
class AccountDay:
    """An ad account's day. `daily_budget` is None where it is unknown or was only recorded later."""

    day: date
    account: Account
    spend: Decimal
    conversions: Decimal = Decimal(0)
    is_final: bool = True
    expected_conversions: Decimal | None = None
    daily_budget: Decimal | None = None

    @property
    def final_conversions(self) -> Decimal | None:
        """Conversions as they will be; None where the day is too young to say: low numbers mean nothing."""
        return self.conversions if self.is_final else self.expected_conversions

    def is_mature(self, known_share: Decimal) -> bool:
        """Whether at least `known_share` of the conversions to come are known."""
        final = self.final_conversions
        return self.is_final or bool(final and self.conversions / final >= known_share)


@dataclass(frozen=True)
class CampaignDay:
    """A campaign's day. `is_active` None where no snapshot knows the campaign."""

    day: date
    account: Account
    campaign_id: str
    name: str
    spend: Decimal
    clicks: int
    conversions: Decimal
    is_active: bool | None = None

    @property
    def entity(self) -> str:
        return f"campaign {self.name} ({self.account}/{self.campaign_id})"


@dataclass(frozen=True)
class ProfitDay:
    """A day's profit. `margin` of several days is Σ net profit ÷ Σ net revenue."""

    day: date
    orders: int
    net_revenue: Decimal
    net_profit: Decimal
