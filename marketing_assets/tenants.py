"""Tenants: one YAML file each, read into checked models.

A tenant is a seller with its own time zone, reporting currency, accounts and targets. What a platform
needs of a connection beyond an account id (its `settings` and `secrets`) is declared by the platform and
checked by `marketing_assets.platforms.catalog`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    ValidationError,
    field_validator,
    model_validator,
)

from marketing_assets.budget_settings import BudgetAdvice
from marketing_assets.markets import is_known_market

_STRICT = ConfigDict(extra="forbid", frozen=True)


class EnvSecret(BaseModel):
    """A secret in an environment variable whose name begins with the tenant's id."""

    model_config = _STRICT
    env: str


class FileSecret(BaseModel):
    """A secret in a file below `MARKETING_HOME/secrets/<tenant>/`."""

    model_config = _STRICT
    file: str


class GoogleSecret(BaseModel):
    """A secret in Google Secret Manager: `projects/P/secrets/<tenant>-NAME[/versions/V]`."""

    model_config = _STRICT
    google: str


SecretRef = EnvSecret | FileSecret | GoogleSecret


def _time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"'{value}' is no IANA time zone; write one such as Asia/Bangkok")
    return value


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(f"'{value}' is no ISO 4217 currency code; write one such as THB")
    return value


def _owner(value: str) -> str:
    if not re.fullmatch(r"team:[\w-]+|[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise ValueError(f"'{value}' is neither an e-mail address nor 'team:NAME'")
    return value


def _market(value: str) -> str:
    if not is_known_market(value):
        raise ValueError(f"'{value}' is no country whose holidays are known; write its ISO code such as TH")
    return value


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """The country of each time zone, by the zone database's own list."""
    lines = (files("tzdata.zoneinfo") / "zone.tab").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {zone: country for country, _, zone, *_ in rows}


TimeZone = Annotated[str, AfterValidator(_time_zone)]
Market = Annotated[str, AfterValidator(_market)]
Currency = Annotated[str, AfterValidator(_currency)]
Positive = Annotated[Decimal, Field(gt=0)]


class Vat(BaseModel):
    """Whether prices include value-added tax, and its rate (0.07 = 7 %)."""

    model_config = _STRICT
    prices_include_vat: bool = True
    rate: Decimal = Field(Decimal(0), ge=0, lt=1)


class Targets(BaseModel):
    """What the tenant aims at: return on ad spend (a ratio) and cost per acquisition (reporting currency)."""

    model_config = _STRICT
    roas: Decimal = Field(gt=0)
    cpa: Decimal = Field(gt=0)
    monthly: dict[Literal["revenue", "orders", "spend", "conversions", "profit"], Positive] = Field(
        default_factory=dict, description="What a calendar month is to come to; money in reporting currency."
    )


def _clock_time(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError(f"'{value}' is no time of day; write hours and minutes such as '06:00', in quotes")
    return value


ClockTime = Annotated[str, AfterValidator(_clock_time)]


class Schedules(BaseModel):
    """When a tenant's data is refreshed by itself; times are of the tenant's own clock."""

    model_config = _STRICT
    refresh: Literal["every_6_hours", "at_6_14_22"] = Field(
        "every_6_hours", description="Orders and ads: at 00, 06, 12 and 18 o'clock, or at 06, 14 and 22."
    )
    products: ClockTime = Field("06:00", description="Products, campaigns and all else told only as of now.")
    restatement: ClockTime = Field("03:30", description="All days whose numbers may still change.")
    intelligence: ClockTime = Field("07:00", description="Forecasts, anomalies and recommendations.")


class Backfill(BaseModel):
    """That a tenant's history is to be fetched by itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    first: date | None = Field(
        None, alias="from", description="The first day; the tenant's start where left out."
    )


class Connection(BaseModel):
    """A tenant's account on one platform."""

    model_config = _STRICT
    platform: str
    account_id: str = Field("", description="Shop, ad account or property id, as text.")
    name: str = Field("", description="What people call the account.")
    base_url: HttpUrl | None = Field(None, description="Another address than the platform's own.")
    settings: dict[str, Any] = Field(default_factory=dict)
    secrets: dict[str, SecretRef] = Field(default_factory=dict)

    @field_validator("account_id", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Days = Annotated[int, Field(ge=1)]


class PlatformRetention(BaseModel):
    """How long one platform's data is kept, in days; null is for ever, left out is as for the others."""

    model_config = _STRICT
    landing_days: Days | None = Field(None, description="Age of a fetch, from when it was made.")
    raw_days: Days | None = Field(None, description="Age of a row's day.")


class Retention(BaseModel):
    """How long data is kept, in days; null is for ever."""

    model_config = _STRICT
    landing_days: Days | None = Field(
        400,
        description="Age of a fetch; the newest of a day stays as long as the day's rows do.",
    )
    raw_days: Days | None = Field(None, description="Age of a raw row's day.")
    staging_days: Days | None = Field(None, description="Age of a staged row's day.")
    mart_days: Days | None = Field(None, description="Age of a day in marts.")
    platforms: dict[str, PlatformRetention] = Field(
        default_factory=dict, description="What differs for a platform, by its name."
    )

    def landing_of(self, platform: str) -> int | None:
        own = self.platforms.get(platform)
        return own.landing_days if own and "landing_days" in own.model_fields_set else self.landing_days

    def raw_of(self, platform: str) -> int | None:
        own = self.platforms.get(platform)
        return own.raw_days if own and "raw_days" in own.model_fields_set else self.raw_days


class Tenant(BaseModel):
    """One tenant. Money targets are in `reporting_currency`; days are days of `time_zone`."""

    model_config = _STRICT
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,29}$")
    display_name: str = Field(min_length=1)
    time_zone: TimeZone
    reporting_currency: Currency
    start_date: date
    owners: list[Annotated[str, AfterValidator(_owner)]] = Field(
        default_factory=list, description="E-mail addresses or `team:NAME`."
    )
    markets: list[Market] = Field(
        default_factory=list,
        description="ISO codes of the countries it sells to, for their holidays; by default its time zone's.",
    )
    vat: Vat = Vat()
    targets: Targets
    budgets: BudgetAdvice = Field(BudgetAdvice(), description="What budget recommendations may do.")
    cogs_share: Decimal = Field(ge=0, le=1, description="Share of revenue taken as cost where none is known.")
    schedules: Schedules = Schedules()
    backfill: bool | Backfill = Field(
        False, description="Confirms that the history may be fetched: `true`, or `{from: DAY}`."
    )
    pii_key: SecretRef | None = Field(None, description="Key that hashes personal values; a file by default.")
    retention: Retention = Retention()
    connections: list[Connection] = Field(min_length=1)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def markets_or_own(self) -> list[str]:
        """The countries it sells to; where none is told, that of its time zone."""
        return self.markets or [c for c in [_countries().get(self.time_zone)] if c and is_known_market(c)]

    def connections_to(self, platform: str) -> list[Connection]:
        return [c for c in self.connections if c.platform == platform]

    @property
    def backfill_from(self) -> date | None:
        """The first day of the history that may be fetched by itself; None where it was not confirmed."""
        if isinstance(self.backfill, Backfill):
            return self.backfill.first or self.start_date
        return self.start_date if self.backfill else None

    @model_validator(mode="after")
    def _history(self) -> Tenant:
        first = self.backfill_from
        if first is not None and first < self.start_date:
            remedy = f"write a day from {self.start_date} on, or an earlier start_date"
            raise ValueError(f"backfill.from: {first} lies before the tenant's start_date; {remedy}")
        return self

    @model_validator(mode="after")
    def _walls(self) -> Tenant:
        if self.pii_key is not None and (complaint := reaches_out(self.id, self.pii_key)):
            raise ValueError(f"pii_key: {complaint}")
        for i, connection in enumerate(self.connections):
            for name, ref in connection.secrets.items():
                complaint = reaches_out(self.id, ref)
                if complaint:
                    raise ValueError(f"connections.{i}.secrets.{name}: {complaint}")
        seen = [(c.platform, c.account_id) for c in self.connections]
        for twice in {s for s in seen if seen.count(s) > 1}:
            raise ValueError(f"connections: account {twice[1]!r} of {twice[0]} is listed twice; keep one")
        return self


def reaches_out(tenant_id: str, ref: SecretRef) -> str | None:
    """Why a reference could read another tenant's secret, or None where it cannot."""
    if isinstance(ref, EnvSecret):
        prefix = f"{tenant_id.upper()}_"
        if not ref.env.startswith(prefix):
            return f"environment variable '{ref.env}' must begin with '{prefix}'"
    elif isinstance(ref, FileSecret):
        parts = Path(ref.file).parts
        if Path(ref.file).is_absolute() or ".." in parts or parts[:1] != (tenant_id,):
            return f"file '{ref.file}' must be a path below '{tenant_id}/' (in MARKETING_HOME/secrets)"
    elif not re.fullmatch(rf"projects/[^/]+/secrets/{tenant_id}-[^/]+(/versions/[^/]+)?", ref.google):
        return f"'{ref.google}' must be projects/PROJECT/secrets/{tenant_id}-NAME"
    return None


@dataclass(frozen=True)
class Problem:
    """One mistake in a tenant file: where it is and how to mend it."""

    file: str
    field: str
    message: str
    kind: Literal["syntax", "value", "platform"] = "value"

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message}"


class TenantError(Exception):
    """Tenant files that cannot be used; lists every mistake."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


_REMEDIES = {
    "missing": "is missing; add it",
    "extra_forbidden": "is no known field; remove it or mend its spelling",
}


def parse_tenant(path: Path) -> tuple[Tenant | None, list[Problem]]:
    """A tenant file as a model, or every mistake in it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [Problem(path.name, "(file)", f"is no valid YAML: {error}", "syntax")]
    if not isinstance(content, dict):
        return None, [Problem(path.name, "(file)", "must be a mapping of fields to values", "syntax")]
    problems = []
    if isinstance(content.get("id"), str) and content["id"] != path.stem:
        problems.append(Problem(path.name, "id", f"is '{content['id']}'; name the file {content['id']}.yaml"))
    try:
        tenant = Tenant.model_validate(content)
    except ValidationError as error:
        return None, problems + [problem_of(path, e) for e in error.errors()]
    return (None if problems else tenant), problems


_MEMBERS = {"EnvSecret", "FileSecret", "GoogleSecret", "bool", "Backfill"}


def problem_of(path: Path, error: Any) -> Problem:
    """One of pydantic's errors, as people name it."""
    # Members of unions appear in the location by class name; people know only the field.
    location = [str(p) for p in error["loc"] if str(p) not in _MEMBERS]
    message = _REMEDIES.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    given = error.get("input")
    if error["type"] not in _REMEDIES and isinstance(given, str | int | float):
        message += f" (given: {given!r})"
    return Problem(path.name, ".".join(location) or "(file)", message)


def read_tenants(folder: Path) -> tuple[list[Tenant], list[Problem]]:
    """Every tenant of a folder that can be read, and every mistake in the rest."""
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]) if folder.is_dir() else []
    if not files:
        remedy = "holds no tenant file; add one, or set MARKETING_TENANTS_DIR"
        return [], [Problem(str(folder), "(folder)", remedy)]
    tenants, problems = [], []
    for path in files:
        if path.suffix == ".yml" and path.with_suffix(".yaml") in files:
            problems.append(
                Problem(path.name, "(file)", f"is a second file of tenant '{path.stem}'; keep one")
            )
            continue
        tenant, found = parse_tenant(path)
        problems += found
        if tenant:
            tenants.append(tenant)
    return tenants, problems
