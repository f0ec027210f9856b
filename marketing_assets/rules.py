"""What a tenant wants to be told of: section `rules` of `tenants/<tenant>/alerts.yaml`, with defaults.

The other sections of that file (channels, routes, quiet hours) are read by whoever sends alerts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import dagster as dg
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

Share = Annotated[Decimal, Field(ge=0, le=1)]
Positive = Annotated[Decimal, Field(gt=0)]


class Rule(BaseModel):
    """What every rule has."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    enabled: bool = True
    severity: Literal["warn", "error"] = "warn"

    @property
    def as_severity(self) -> dg.AssetCheckSeverity:
        return dg.AssetCheckSeverity.ERROR if self.severity == "error" else dg.AssetCheckSeverity.WARN


class WeekdayRule(Rule):
    """A day against the same weekday of the weeks before."""

    weeks: int = Field(8, ge=2, le=52, description="Weeks looked back.")
    fewest_weeks: int = Field(4, ge=2, description="With fewer, nothing is said.")
    usual_spreads: Decimal = Field(
        Decimal(3), ge=0, description="Distance from the norm, in usual spreads, up to which a day is usual."
    )


class Volume(WeekdayRule):
    """Rows of a raw table's day."""

    least_share: Share = Field(Decimal("0.3"), description="Share of the norm that may be missing anyway.")
    most_more: Decimal = Field(
        Decimal(2),
        gt=0,
        description="Share of the norm by which a day may exceed it anyway: a sale doubles a day.",
    )
    fewest_rows: int = Field(20, ge=1, description="Days whose norm is below are too small to judge.")


class RevenueDrop(WeekdayRule):
    """Revenue of a day against its weekday's norm."""

    usual_spreads: Decimal = Field(Decimal(2), ge=0)
    drop: Share = Field(Decimal("0.2"), description="Share of the norm that may be missing.")
    fewest_orders: int = Field(
        10, ge=1, description="Norm of orders below which a day is too small to judge."
    )


class UnusualSpend(WeekdayRule):
    """Spend of an ad account's day against its weekday's norm."""

    usual_spreads: Decimal = Field(Decimal("3.5"), ge=0)
    least_share: Share = Field(Decimal("0.3"), description="Share of the norm a day may differ by anyway.")
    least_in_cpas: Decimal = Field(Decimal(2), ge=0, description="Difference of interest, in target CPAs.")


class RoasUnderTarget(Rule):
    """Revenue ÷ ad spend over a window; the target is the tenant's."""

    days: int = Field(7, ge=1, le=92)
    target: Positive | None = Field(None, description="Instead of the tenant's targets.roas.")
    fewest_orders: int = Field(30, ge=1)


class CpaOverLimit(Rule):
    """Spend ÷ conversions of an ad account over a window; the limit is the tenant's target."""

    days: int = Field(7, ge=1, le=92)
    limit: Positive | None = Field(None, description="Instead of the tenant's targets.cpa.")
    fewest_conversions: int = Field(10, ge=1)


class NoConversions(Rule):
    """A campaign that costs and converts nobody."""

    days: int = Field(14, ge=1, le=92)
    cost_in_cpas: Positive = Field(Decimal(5), description="Spend from which silence means something.")
    cost: Positive | None = Field(None, description="The same as an amount in the reporting currency.")
    fewest_clicks: int = Field(50, ge=1)


class MarginDrop(Rule):
    """Net profit ÷ net revenue of seven days against the weeks before."""

    weeks: int = Field(8, ge=2, le=52)
    fewest_weeks: int = Field(4, ge=2)
    points: Share = Field(Decimal("0.05"), description="Points of margin (0.05 = 5) that may be missing.")
    usual_spreads: Decimal = Field(Decimal(2), ge=0)
    fewest_orders: int = Field(30, ge=1)


class BudgetPacing(Rule):
    """Spend of the month so far against the month's budget."""

    monthly: dict[str, Positive] = Field(
        default_factory=dict,
        description="Budget of a month in the reporting currency by platform, `platform/account`, or `all`.",
    )
    over: Share = Field(Decimal("0.1"), description="Share by which the month may exceed it.")
    under: Share = Field(Decimal("0.2"), description="Share that may be left of a monthly budget.")
    from_day: int = Field(5, ge=1, le=28, description="Day of the month from which it is judged.")


class DeadLetters(Rule):
    """Records of a table's day that broke its contract."""

    warn_above: Share = Field(Decimal("0.005"))
    error_above: Share = Field(Decimal("0.05"))
    fewest: int = Field(5, ge=1, description="Dead letters below which it is no error, whatever the share.")


class Restatement(Rule):
    """A day that should have settled and changed after all."""

    mature_days: int = Field(7, ge=1, description="Age from which a day should hold still.")
    usual_spreads: Decimal = Field(Decimal(5), ge=0)
    least_share: Share = Field(Decimal("0.02"), description="Relative change that is always usual.")
    fewest: int = Field(10, ge=2, description="Earlier looks below which nothing is said.")


class Quota(Rule):
    """The platforms' allowances of calls."""

    used_above: Share = Field(Decimal("0.9"))
    google_operations_a_day: int = Field(15_000, ge=1, description="By the developer token's access level.")


class WarehouseCost(Rule):
    """BigQuery's bill of the month."""

    monthly_budget: Positive | None = Field(None, description="In `currency`; without one nothing is judged.")
    price_per_tib: Positive = Field(Decimal("6.25"), description="On-demand price of a TiB billed.")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")


class Freshness(Rule):
    """How old the data of a table may be."""

    severity: Literal["warn", "error"] = "error"
    hours: dict[str, Positive] = Field(
        default_factory=dict, description="Hours by table (`raw/shopee_orders`), instead of its kind's."
    )


class Rules(BaseModel):
    """Every rule of a tenant. A day is judged once `ended_hours` have passed since its midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ended_hours: Decimal = Field(Decimal(5), ge=0, le=24, description="By then a refresh has seen its end.")
    oldest_days: int = Field(45, ge=7, description="Days older than this are never judged by business rules.")
    roas_under_target: RoasUnderTarget = RoasUnderTarget()
    revenue_drop: RevenueDrop = RevenueDrop()
    cpa_over_limit: CpaOverLimit = CpaOverLimit()
    margin_drop: MarginDrop = MarginDrop()
    no_conversions: NoConversions = NoConversions()
    unusual_spend: UnusualSpend = UnusualSpend()
    budget_pacing: BudgetPacing = BudgetPacing()
    volume: Volume = Volume()
    dead_letters: DeadLetters = DeadLetters()
    restatement: Restatement = Restatement()
    quota: Quota = Quota()
    warehouse_cost: WarehouseCost = WarehouseCost()
    freshness: Freshness = Freshness()

    @property
    def ended(self) -> timedelta:
        return timedelta(hours=float(self.ended_hours))


@dataclass(frozen=True)
class RulesRead:
    """A tenant's rules, and every mistake in the file; with mistakes the rules are the defaults."""

    rules: Rules
    mistakes: tuple[str, ...] = ()


def read_rules(tenants_dir: Path, tenant_id: str) -> RulesRead:
    """The rules of a tenant; defaults where it has no file or no section."""
    path = tenants_dir / tenant_id / "alerts.yaml"
    where = f"{tenant_id}/{path.name}"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return RulesRead(Rules())
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        return RulesRead(Rules(), (f"{where} cannot be read: {error}",))
    section = content.get("rules") if isinstance(content, dict) else content
    if section is None:
        return RulesRead(Rules())
    try:
        return RulesRead(Rules.model_validate(section))
    except ValidationError as error:
        return RulesRead(Rules(), tuple(_mistake(where, e) for e in error.errors()))


def _mistake(where: str, error: Any) -> str:
    field = ".".join(map(str, ("rules", *error["loc"])))
    if error["type"] == "extra_forbidden":
        return f"{where}: {field}: is no known field; remove it or mend its spelling"
    return f"{where}: {field}: {error['msg']} (given: {error['input']!r})"
