"""The receiver as the environment sets it up, for a server that makes it in each of its processes."""

from __future__ import annotations

import logging
from functools import partial

from starlette.applications import Starlette

from marketing_assets.alerts.serving import chart_routes
from marketing_assets.settings import load_settings
from marketing_assets.webhooks.asking import keep_request
from marketing_assets.webhooks.endpoints import read_endpoints
from marketing_assets.webhooks.inbox import Inbox
from marketing_assets.webhooks.receiver import Receiver


def receiver() -> Receiver:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = load_settings()
    charts = Starlette(routes=chart_routes(settings))
    return Receiver(
        Inbox(settings),
        partial(read_endpoints, settings),
        settings.webhooks_url,
        charts,
        partial(keep_request, settings),
    )
