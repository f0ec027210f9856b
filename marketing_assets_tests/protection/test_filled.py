"""A buyer of the demo's shop is erased, and the next refresh meets them again."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import dagster as dg
import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketing_assets.alerts.watching import Graph, look
from marketing_assets.cli import app
from marketing_assets.ingest.key_ring import pseudonyms
from marketing_assets.partitions import DayRange
from marketing_assets.sandbox.orders import Buyer
from marketing_assets.tenants import Tenant, parse_tenant
from marketing_assets.webhooks.inbox import Inbox, Message
from marketing_assets_tests.crash.states import state
from marketing_assets_tests.installation import FILLED, Installation, range_tags, run_job
from marketing_assets_tests.protection.searching import kinds, places

LOOKS = {"mart.customer_value", "mart.restatement_curve"}
"""Marts that are to differ: one counts who is known, the other how often a day was looked at."""

STATE = {"state/alerts.sqlite", "state/webhooks.sqlite"}

pytestmark = pytest.mark.xdist_group("installation")


def _buyer(at: Installation) -> tuple[Buyer, list[tuple[str, date]]]:
    """A buyer whose user name is nobody else's, who bought on the last day; their orders with days."""
    rows = at.warehouse().read("raw", "shopee_orders", columns=["order_sn", "day"]).rows()
    orders = [(sn, day, at.sandbox.world.order("siam", sn)) for sn, day in rows]
    of_name: dict[str, set[int]] = {}
    for _, _, order in orders:
        of_name.setdefault(order.buyer.username, set()).add(order.buyer.user_id)
    count = Counter(order.buyer.user_id for _, _, order in orders)
    found = next(
        order.buyer
        for _, day, order in sorted(orders, key=lambda o: (-count[o[2].buyer.user_id], o[0]))
        if day == FILLED.last and len(of_name[order.buyer.username]) == 1
    )
    return found, [(sn, day) for sn, day, order in orders if order.buyer.user_id == found.user_id]


def _pushed_and_looked_at(at: Installation, tenant: Tenant) -> None:
    """The inbox of webhooks has a message, and alerts have read the runs."""
    inbox = Inbox(at.settings)
    inbox.put([Message(b"1", "siam", "shopee", "1", "code 3", "A1", None, None, time.time())])
    inbox.close()
    with at.entered(), dg.DagsterInstance.get() as instance:
        assert look(at.settings, tenant, instance, Graph({}, {}), datetime.now(UTC)) > 0


def _marketing(at: Installation, *arguments: str) -> Result:
    with at.entered():
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_an_erased_buyer_is_nowhere_also_after_the_next_refresh(
    filled: Installation, installation: Installation
) -> None:
    at, (buyer, orders) = installation, _buyer(installation)
    tenant, _ = parse_tenant(at.tenants / "siam.yaml")
    assert tenant is not None
    names = pseudonyms(tenant, at.settings, at.landing)
    needles = [buyer.username, names.digest(buyer.username), names.digest(str(buyer.user_id))]
    _pushed_and_looked_at(at, tenant)
    assert kinds(at.home) >= {"landing", "warehouse", "dagster", "dbt", *STATE}, (
        "all that is searched is there"
    )
    assert {"raw.shopee_orders", "raw.shopee_escrow", "staging.orders"} <= places(at.home, needles, "siam")
    result = _marketing(at, "privacy", "erase", "siam", "--subject", f"id={buyer.user_id}", "--by", "officer")
    assert result.exit_code == 0, result.stderr
    assert f"raw.shopee_orders: {len(orders)} rows" in result.stdout
    assert places(at.home, needles, "siam") == set()
    report = result.stdout.split("report: ")[1].strip()
    assert "signature is good" in _marketing(at, "privacy", "verify", report).stdout
    assert "the chain is whole" in _marketing(at, "privacy", "log").stdout

    day = DayRange(FILLED.last, FILLED.last)
    definitions = at.definitions()
    graph = definitions.resolve_asset_graph()
    wanted = 'key:"siam/raw/shopee_orders"+ or key:"siam/raw/shopee_escrow"+'
    chosen = sorted(dg.AssetSelection.from_string(wanted).resolve(graph))
    assert run_job(at, definitions, range_tags(day), chosen).success
    assert {sn for sn, d in orders if d == FILLED.last} <= set(
        at.warehouse().read("raw", "shopee_orders", day)["order_sn"]
    ), "the person's orders came again"
    assert places(at.home, needles, "siam") == set()

    ours, theirs = (
        {k: v for k, v in state(w, "mart").items() if k[0] not in LOOKS}
        for w in (at.warehouse(), filled.warehouse())
    )
    assert ours == theirs
    for row in at.warehouse().read("mart", "shop_performance").to_dicts():
        assert row["revenue"] == _revenue(at, row["day"])


def _revenue(at: Installation, day: date) -> Decimal:
    query = {"tenant": "siam", "from": f"{day}", "to": f"{day}"}
    told = httpx.get(f"{at.sandbox.control_url}/_world/truth", params=query, timeout=60).json()
    return Decimal(next(row["revenue"] for row in told if row["platform"] == "shopee"))
