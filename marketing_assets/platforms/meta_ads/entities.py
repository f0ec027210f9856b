"""Campaigns, ad sets, ads and the ad account on Meta, as of now, deleted and archived ones included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec
import orjson

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.meta_ads.statuses import STATUSES
from marketing_assets.platforms.platform import Control, Page, Window, with_context
from marketing_assets.platforms.reading import request_of
from marketing_assets.schema import Table

PAGE = 500
PASSES = 2
"""A listing that holds fewer objects than Meta counts is read once more."""

LEVELS = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}


class _Head(msgspec.Struct):
    id: str


def fetch_edge(contract: Table, edge: str) -> Callable[[MetaClient, Window], Iterator[Page | Control]]:
    """The fetch of one entity table, with `_context.currency`; the control is Meta's `total_count`."""
    fields = ",".join(c.name for c in contract.columns if c.path[0] != "_context")
    params = {
        "fields": fields,
        "effective_status": orjson.dumps(STATUSES[LEVELS[edge]]).decode(),
        "summary": "total_count",
        "limit": str(PAGE),
    }

    def fetch(client: MetaClient, window: Window) -> Iterator[Page | Control]:
        context = {"currency": client.account.currency}
        seen: set[str] = set()
        total = 0
        for _ in range(PASSES):
            for call, listing in client.pages(client.path(client.node, edge), params):
                total = listing.summary.total_count if listing.summary else _uncounted(client, call)
                fresh = [r for r in listing.data if from_json(r, _Head).id not in seen]
                seen.update(from_json(record, _Head).id for record in fresh)
                yield Page(request_of(call), [with_context(bytes(record), context) for record in fresh])
            if len(seen) >= total:
                break
        yield Control(window.days.last, {"rows": Decimal(total)})

    return fetch


def _uncounted(client: MetaClient, call: Call) -> int:
    raise PlatformError(
        Failure.CONFIG,
        connection=client.transport.connection,
        path=call.path,
        code="unexpected-answer",
        message="the answer has no summary.total_count",
    )


def fetch_account(client: MetaClient, window: Window) -> Iterator[Page | Control]:
    """The ad account, one record."""
    answer = client.transport.send(client.account_call)
    yield Page(request_of(client.account_call), [answer.body])
    yield Control(window.days.last, {"rows": Decimal(1)})
