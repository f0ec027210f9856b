"""The list of platforms, and what each asks of a tenant file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from marketing_assets.platforms import costs, ecb, google_ads, meta_ads, shopee, shopify
from marketing_assets.platforms.platform import Platform
from marketing_assets.tenants import Connection, Problem, Tenant

PLATFORMS: dict[str, Platform] = {
    p.name: p
    for p in (
        shopee.PLATFORM,
        shopify.PLATFORM,
        meta_ads.PLATFORM,
        google_ads.PLATFORM,
        ecb.PLATFORM,
        costs.PLATFORM,
    )
}


class UnknownPlatform(KeyError):
    """A name that no platform has."""

    def __init__(self, name: str):
        self.name = name
        super().__init__(name)

    def __str__(self) -> str:
        return f"there is no platform '{self.name}'; known: {', '.join(sorted(PLATFORMS))}"


def platform(name: str) -> Platform:
    """The platform of a name; raises `UnknownPlatform`."""
    try:
        return PLATFORMS[name]
    except KeyError:
        raise UnknownPlatform(name) from None


def connections(tenant: Tenant, of: Platform) -> list[Connection]:
    """A tenant's connections to a platform; one without settings where every tenant has the platform."""
    listed = tenant.connections_to(of.name)
    return listed or ([Connection.model_validate({"platform": of.name})] if of.implicit else [])


def check(tenant: Tenant, file: str) -> list[Problem]:
    """Every mistake in a tenant file that only the platforms can see."""
    strangers = sorted(tenant.retention.platforms.keys() - PLATFORMS.keys())
    return [
        Problem(file, f"retention.platforms.{name}", f"{UnknownPlatform(name)}", "platform")
        for name in strangers
    ] + [
        Problem(file, f"connections.{place}.{field}", message, "platform")
        for place, connection in enumerate(tenant.connections)
        for field, message in _mistakes(connection)
    ]


def _mistakes(connection: Connection) -> Iterator[tuple[str, str]]:
    """Field and message of each mistake of a connection."""
    of = PLATFORMS.get(connection.platform)
    if of is None:
        yield "platform", f"{UnknownPlatform(connection.platform)}"
        return
    if not of.base_url:
        yield "platform", f"{of.title} take no connection, every tenant has them; remove it"
        return
    if not connection.account_id and not of.implicit:
        yield "account_id", f"is missing; write the id of the {of.title} account"
    yield from _url_mistakes(connection)
    yield from _settings_mistakes(of, connection)
    yield from _secret_mistakes(of, connection)


def _url_mistakes(connection: Connection) -> Iterator[tuple[str, str]]:
    url = connection.base_url
    if url is None:
        return
    if url.username or url.password:
        yield "base_url", "holds a user name or password; remove it, credentials go under secrets"
    if url.query or url.fragment:
        yield "base_url", "has a query or fragment; write scheme, host and port only"


def _settings_mistakes(of: Platform, connection: Connection) -> Iterator[tuple[str, str]]:
    try:
        of.settings.model_validate(connection.settings)
    except ValidationError as error:
        for mistake in error.errors():
            yield ".".join(map(str, ("settings", *mistake["loc"]))), _setting_message(of, mistake)


def _setting_message(of: Platform, mistake: Any) -> str:
    if mistake["type"] == "missing":
        return f"is missing; {of.title} needs it"
    if mistake["type"] == "extra_forbidden":
        known = ", ".join(of.settings.model_fields) or "none"
        return f"is no setting of {of.title}; known: {known}"
    return f"{mistake['msg']} (given: {mistake['input']!r})"


def _secret_mistakes(of: Platform, connection: Connection) -> Iterator[tuple[str, str]]:
    known = {**of.secrets, **of.optional_secrets}
    for name in of.secrets.keys() - connection.secrets.keys():
        yield f"secrets.{name}", f"is missing; add it with env, file or google ({of.secrets[name]})"
    for name in sorted(connection.secrets.keys() - known.keys()):
        yield f"secrets.{name}", f"is no secret of {of.title}; known: {', '.join(known) or 'none'}"


def tenant_json_schema() -> dict[str, Any]:
    """The JSON Schema of a tenant file, with what each platform asks of its connections."""
    schema = Tenant.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    connection = schema["$defs"]["Connection"]
    connected = [of for of in PLATFORMS.values() if of.base_url]
    connection["properties"]["platform"]["enum"] = sorted(of.name for of in connected)
    secret = connection["properties"]["secrets"]["additionalProperties"]
    connection["allOf"] = [_platform_schema(of, secret) for of in connected]
    return schema


def _platform_schema(of: Platform, secret: dict[str, Any]) -> dict[str, Any]:
    """What holds of a connection where its platform is this one; `secret` is the schema of one secret."""
    described = {**of.secrets, **of.optional_secrets}
    secrets = {
        "properties": {name: {**secret, "description": text} for name, text in described.items()},
        "required": list(of.secrets),
        "additionalProperties": False,
    }
    needed = [] if of.implicit else ["account_id"]
    settings = of.settings.model_json_schema()
    needed += ["settings"] if settings.get("required") else []
    needed += ["secrets"] if of.secrets else []
    return {
        "if": {"properties": {"platform": {"const": of.name}}, "required": ["platform"]},
        "then": {"properties": {"settings": settings, "secrets": secrets}, "required": needed},
    }
