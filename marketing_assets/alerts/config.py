"""How a tenant wants to be told: `<tenants>/<tenant>/alerts.yaml`, read into checked models.

Without the file incidents are kept and listed, and nobody is told. The section `rules` belongs to the
business checks, which define it.
"""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, field_validator, model_validator

from marketing_assets.settings import Settings
from marketing_assets.tenants import Problem, SecretRef, Tenant, problem_of, reaches_out

_STRICT = ConfigDict(extra="forbid", frozen=True)

Severity = Literal["WARN", "ERROR"]
Kind = Literal["check", "step", "run", "connection", "digest", "privacy"]


class _Channel(BaseModel):
    model_config = _STRICT

    def secrets(self) -> dict[str, SecretRef]:
        """The references to secrets, by field."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: v for name, v in values.items() if isinstance(v, SecretRef)}


class Email(_Channel):
    """Mail by SMTP; the chart stands in the message."""

    type: Literal["email"]
    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretRef | None = None
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    to: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(min_length=1)


class Slack(_Channel):
    """An incoming webhook (`webhook`); or a bot (`bot_token`, `channel` id), which attaches the chart."""

    type: Literal["slack"]
    webhook: SecretRef | None = None
    bot_token: SecretRef | None = None
    channel: str = ""
    api_url: HttpUrl = HttpUrl("https://slack.com/api")

    @model_validator(mode="after")
    def _one_way(self) -> Slack:
        if (self.webhook is None) == (self.bot_token is None):
            raise ValueError("give either 'webhook', or 'bot_token' and 'channel'")
        if self.bot_token is not None and not self.channel:
            raise ValueError("'bot_token' needs 'channel', the id of the channel (C…)")
        return self


class Line(_Channel):
    """Push messages of the LINE Messaging API to a user, group or room; a chart needs `public_url`."""

    type: Literal["line"]
    access_token: SecretRef
    to: str = Field(min_length=1)
    api_url: HttpUrl = HttpUrl("https://api.line.me")


class Teams(_Channel):
    """A Workflows webhook of Microsoft Teams; a chart needs `public_url`."""

    type: Literal["teams"]
    webhook: SecretRef


class Webhook(_Channel):
    """JSON to a URL, signed as Standard Webhooks asks; `secret` is `whsec_` and base64, or any text."""

    type: Literal["webhook"]
    url: SecretRef | HttpUrl
    secret: SecretRef


class Other(_Channel):
    """Any service that Apprise knows, by its URL, which holds the credentials."""

    type: Literal["apprise"]
    url: SecretRef


Channel = Annotated[Email | Slack | Line | Teams | Webhook | Other, Field(discriminator="type")]


class Route(BaseModel):
    """Alerts that match every given condition go to `channels`. An asset prefix is such as `siam/raw`."""

    model_config = _STRICT
    channels: list[str] = Field(min_length=1)
    severity: list[Severity] = Field(default_factory=list)
    kind: list[Kind] = Field(default_factory=list)
    asset: list[str] = Field(default_factory=list)
    stop: bool = Field(False, description="Whether later routes are left out where this one matches.")


class QuietHours(BaseModel):
    """Local times between which messages wait; those of the severities in `let_through` do not."""

    model_config = _STRICT
    start: time
    end: time
    let_through: list[Severity] = Field(default=["ERROR"])

    @field_validator("start", "end", mode="before")
    @classmethod
    def _clock(cls, value: Any) -> Any:
        # YAML 1.1 reads 22:00 without quotes as the number 1320.
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
            return time(value // 60, value % 60)
        if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise ValueError("write a time of day as HH:MM, such as 22:00")
        return value

    @model_validator(mode="after")
    def _not_always(self) -> QuietHours:
        if self.start == self.end:
            raise ValueError("'start' and 'end' are the same; leave quiet_hours out, or change one")
        return self


class AlertsConfig(BaseModel):
    """A tenant's `alerts.yaml`."""

    model_config = _STRICT
    channels: dict[str, Channel] = Field(default_factory=dict)
    routes: list[Route] = Field(
        default_factory=list, description="By default everything goes to every channel."
    )
    quiet_hours: QuietHours | None = None
    escalate_after_hours: float | None = Field(24, gt=0, description="Null: never for its age alone.")
    ui_url: HttpUrl | None = Field(None, description="Address of the Dagster UI, for links.")
    public_url: HttpUrl | None = Field(
        None, description="Where `marketing alerts serve` is seen, for charts."
    )
    rules: dict[str, Any] = Field(default_factory=dict)

    @field_validator("public_url")
    @classmethod
    def _https(cls, value: HttpUrl | None) -> HttpUrl | None:
        if value is not None and value.scheme != "https":
            raise ValueError("must begin with https://, else LINE does not show the charts")
        return value

    @model_validator(mode="after")
    def _known_channels(self) -> AlertsConfig:
        for i, route in enumerate(self.routes):
            for name in route.channels:
                if name not in self.channels:
                    known = ", ".join(self.channels) or "none"
                    raise ValueError(f"routes.{i}.channels: there is no channel '{name}'; known: {known}")
        return self


class AlertsFileError(Exception):
    """An `alerts.yaml` that cannot be used; lists every mistake."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def alerts_file(settings: Settings, tenant: Tenant) -> Path:
    return settings.tenants_dir / tenant.id / "alerts.yaml"


def problems_of(settings: Settings, tenant: Tenant) -> list[Problem]:
    """Every mistake in the tenant's file; none where there is no file."""
    return _parse(alerts_file(settings, tenant), tenant)[1]


def read_config(settings: Settings, tenant: Tenant) -> AlertsConfig:
    """The tenant's wishes; the defaults without a file. Raises `AlertsFileError`."""
    config, problems = _parse(alerts_file(settings, tenant), tenant)
    if config is None:
        raise AlertsFileError(problems)
    return config


def _parse(path: Path, tenant: Tenant) -> tuple[AlertsConfig | None, list[Problem]]:
    name = f"{tenant.id}/{path.name}"
    if not path.exists():
        return AlertsConfig(), []
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [Problem(name, "(file)", f"is no valid YAML: {error}", "syntax")]
    if content is None:
        return AlertsConfig(), []
    if not isinstance(content, dict):
        return None, [Problem(name, "(file)", "must be a mapping of fields to values", "syntax")]
    try:
        config = AlertsConfig.model_validate(content)
    except ValidationError as error:
        return None, [_problem(path, name, e) for e in error.errors()]
    walls = [
        Problem(name, f"channels.{channel}.{field}", complaint)
        for channel, its in config.channels.items()
        for field, ref in its.secrets().items()
        if (complaint := reaches_out(tenant.id, ref))
    ]
    return (None if walls else config), walls


_TYPES = {"email", "slack", "line", "teams", "webhook", "apprise"}


def _problem(path: Path, name: str, error: Any) -> Problem:
    # Behind a channel's name pydantic puts its type, which people did not write there.
    place = list(error["loc"])
    if place[:1] == ["channels"] and len(place) > 2 and place[2] in _TYPES:
        del place[2]
    # What was given may be a secret that was written where a reference belongs.
    found = problem_of(path, {**error, "loc": place, "input": None})
    return Problem(name, found.field, found.message)
