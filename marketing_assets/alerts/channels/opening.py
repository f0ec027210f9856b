"""From a channel of the configuration to something that delivers, its secrets read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from marketing_assets.alerts.channels.channel import Deliver
from marketing_assets.alerts.channels.email import email_channel
from marketing_assets.alerts.channels.line import line_channel
from marketing_assets.alerts.channels.slack import bot_channel
from marketing_assets.alerts.channels.slack import webhook_channel as slack_webhook_channel
from marketing_assets.alerts.channels.teams import teams_channel
from marketing_assets.alerts.channels.webhook import webhook_channel
from marketing_assets.alerts.config import Channel, Email, Line, Slack, Teams, Webhook
from marketing_assets.redaction import register_secret
from marketing_assets.secrets import read_secret
from marketing_assets.settings import Settings
from marketing_assets.tenants import SecretRef, Tenant


def open_channel(  # noqa: PLR0911  (a return for each kind)
    settings: Settings, tenant: Tenant, name: str, channel: Channel
) -> Deliver:
    """What delivers to the channel. Raises `MissingSecret`, which names tenant, channel and field."""

    def secret(field: str, ref: SecretRef) -> str:
        value = read_secret(ref, settings, wanted=f"secret '{field}' of {tenant.id}/alerts/{name}")
        for part in _parts(value):
            register_secret(part)
        return value

    if isinstance(channel, Email):
        return email_channel(
            host=channel.host,
            port=channel.port,
            security=channel.security,
            username=channel.username,
            password=secret("password", channel.password) if channel.password else "",
            sender=channel.sender,
            to=channel.to,
        )
    if isinstance(channel, Slack):
        if channel.bot_token is not None:
            return bot_channel(secret("bot_token", channel.bot_token), channel.channel, str(channel.api_url))
        assert channel.webhook is not None
        return slack_webhook_channel(secret("webhook", channel.webhook))
    if isinstance(channel, Line):
        return line_channel(secret("access_token", channel.access_token), channel.to, str(channel.api_url))
    if isinstance(channel, Teams):
        return teams_channel(secret("webhook", channel.webhook))
    if isinstance(channel, Webhook):
        url = secret("url", channel.url) if isinstance(channel.url, SecretRef) else str(channel.url)
        return webhook_channel(url, secret("secret", channel.secret))
    # Apprise takes a third of a second to import, which few tenants need.
    from marketing_assets.alerts.channels.other import apprise_channel

    return apprise_channel(secret("url", channel.url))


_SHORTEST = 6
"""Shorter parts of an address are no secret, and to mask them would garble what people read."""


def _parts(value: str) -> Iterator[str]:
    """What is secret in an address: services repeat parts of it in their answers."""
    try:
        address = urlsplit(value)
        user, password = unquote(address.username or ""), unquote(address.password or "")
    except ValueError:
        return
    if not address.netloc:
        return
    basic = base64.b64encode(f"{user}:{password}".encode()).decode() if user or password else ""
    for part in (address.path.strip("/"), address.query, password, basic):
        if len(part) >= _SHORTEST:
            yield part
