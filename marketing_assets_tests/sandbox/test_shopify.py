"""Shopify's wire, by the bare protocol: tokens, points, pages, searches and bulk operations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest

from marketing_assets.sandbox.server import Sandbox
from marketing_assets.sandbox.storefront.orders import (
    counted,
    financial_status,
    refunded_goods,
    taken,
    updated,
)

DAY = "created_at:>='2026-11-10T05:00:00Z' AND created_at:<'2026-11-11T05:00:00Z'"
HEADS = (
    "orders(first:$first,after:$after,query:$search,sortKey:%s)"
    "{nodes{id createdAt updatedAt} pageInfo{hasNextPage endCursor}}"
)
LINES = "{orders(query:%s){edges{node{id lineItems{edges{node{id sku}}}}}}}"


class Merchant:
    """Asks as an app does, knows nothing of the sandbox's own code."""

    def __init__(self, running: Sandbox) -> None:
        self.known = httpx.get(f"{running.control_url}/_world/credentials").json()["northwind"]["shopify"]
        self.http = httpx.Client(timeout=60)

    def post(self, query: str, token: str | None = None, version: str = "2026-10", **variables: Any) -> Any:
        return self.http.post(
            f"{self.known['base_url']}/admin/api/{version}/graphql.json",
            headers={"X-Shopify-Access-Token": self.known["access_token"] if token is None else token},
            json={"query": query, "variables": variables},
        )

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.post(query, **variables).json()
        return answer

    def listed(self, search: str, first: int, sort: str = "CREATED_AT") -> list[dict[str, Any]]:
        query = f"query($first:Int,$after:String,$search:String){{{HEADS % sort}}}"
        rows: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.ask(query, first=first, after=after, search=search)["data"]["orders"]
            rows += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return rows
            after = page["pageInfo"]["endCursor"]

    def run(self, query: str) -> dict[str, Any]:
        text = (
            "mutation($q:String!){bulkOperationRunQuery(query:$q)"
            "{bulkOperation{id status} userErrors{message}}}"
        )
        told: dict[str, Any] = self.ask(text, q=query)["data"]["bulkOperationRunQuery"]
        return told

    def poll(self, number: str) -> dict[str, Any]:
        text = (
            "query($id:ID!){node(id:$id){... on BulkOperation"
            "{status errorCode objectCount url partialDataUrl}}}"
        )
        told: dict[str, Any] = self.ask(text, id=number)["data"]["node"]
        return told

    def over(self, number: str) -> dict[str, Any]:
        while (told := self.poll(number))["status"] in {"CREATED", "RUNNING"}:
            pass
        return told


@pytest.fixture
def merchant(own_sandbox: Sandbox) -> Iterator[Merchant]:
    made = Merchant(own_sandbox)
    yield made
    made.http.close()


@pytest.mark.parametrize("token", ["", "shpat_wrong"])
def test_a_wrong_token_is_refused_with_401(merchant: Merchant, token: str) -> None:
    answer = merchant.post("{shop{name}}", token=token)
    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


def test_an_old_version_falls_forward_and_says_so(merchant: Merchant) -> None:
    served = [
        merchant.post("{shop{name}}", version=v).headers["x-shopify-api-version"]
        for v in ("2026-10", "2024-01")
    ]
    assert served == ["2026-10", "2026-01"]


def test_unknown_fields_are_refused_by_the_schema(merchant: Merchant) -> None:
    assert "nickname" in merchant.ask("{shop{nickname}}")["errors"][0]["message"]


def test_a_variable_that_is_not_given_is_no_argument(merchant: Merchant) -> None:
    query = "query($after:String,$q:String){orders(first:2,after:$after,query:$q){nodes{id}}}"
    assert len(merchant.ask(query, q=DAY)["data"]["orders"]["nodes"]) == 2


def test_points_are_asked_for_in_full_and_the_unused_ones_come_back(merchant: Merchant) -> None:
    """Objects cost 1 and connections 2: ten orders with a customer each, of a day on which none was made."""
    query = "query($q:String){orders(first:10,query:$q){nodes{id customer{id}}}}"
    full = merchant.ask(query, q=DAY)["extensions"]["cost"]
    assert (full["requestedQueryCost"], full["actualQueryCost"]) == (22, 22)
    none = merchant.ask(query, q="created_at:>='2027-06-01T00:00:00Z'")["extensions"]["cost"]
    assert (none["requestedQueryCost"], none["actualQueryCost"]) == (22, 2)
    assert none["throttleStatus"]["maximumAvailable"] == 2000
    assert none["throttleStatus"]["currentlyAvailable"] >= 2000 - 24


def test_an_empty_bucket_throttles_until_the_points_are_back(
    own_sandbox: Sandbox, merchant: Merchant
) -> None:
    own_sandbox.world.settings.update({"shopify_bucket": 300, "shopify_restore_per_second": 10})
    query = "query($q:String){orders(first:100,query:$q){nodes{id customer{id}}}}"  # 202 points
    first, second = merchant.ask(query, q=DAY), merchant.ask(query, q=DAY)
    assert "data" in first
    assert second["errors"][0]["extensions"]["code"] == "THROTTLED"
    cost = second["extensions"]["cost"]
    missing = cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]
    assert missing > 0 and cost["actualQueryCost"] is None
    own_sandbox.world.settings.update({"shopify_restore_per_second": 10_000})
    time.sleep(missing / 10_000 + 0.05)
    assert "data" in merchant.ask(query, q=DAY)


def test_a_query_over_a_thousand_points_is_refused(merchant: Merchant) -> None:
    error = merchant.ask("{orders(first:250){nodes{id lineItems(first:10){nodes{id}}}}}")["errors"][0]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert error["extensions"]["cost"] == 2 + 250 * (1 + 2 + 10)


@pytest.mark.parametrize("sort", ["CREATED_AT", "UPDATED_AT"])
def test_paging_loses_and_repeats_nothing(merchant: Merchant, sort: str) -> None:
    by_many, by_few = merchant.listed(DAY, 250, sort), merchant.listed(DAY, 7, sort)
    assert by_few == by_many and len({row["id"] for row in by_many}) == len(by_many) > 40
    name = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt"}[sort]
    times = [row[name] for row in by_many]
    assert times == sorted(times)


def test_searches_are_half_open_and_counts_agree(merchant: Merchant) -> None:
    rows = merchant.listed(DAY, 100)
    assert all("2026-11-10T05:00:00Z" <= row["createdAt"] < "2026-11-11T05:00:00Z" for row in rows)
    count = "query($q:String,$l:Int){ordersCount(query:$q,limit:$l){count precision}}"
    assert merchant.ask(count, q=DAY, l=None)["data"]["ordersCount"] == {
        "count": len(rows),
        "precision": "EXACT",
    }
    assert merchant.ask(count, q=DAY, l=10)["data"]["ordersCount"] == {"count": 10, "precision": "AT_LEAST"}


def test_orders_older_than_sixty_days_need_the_scope(own_sandbox: Sandbox, merchant: Merchant) -> None:
    old = "created_at:>='2026-08-01T00:00:00Z' AND created_at:<'2026-08-02T00:00:00Z'"
    assert merchant.listed(old, 100)
    own_sandbox.world.settings.update({"shopify_all_orders": 0})
    assert merchant.listed(old, 100) == []
    scopes = merchant.ask("{currentAppInstallation{accessScopes{handle}}}")["data"]["currentAppInstallation"]
    assert "read_all_orders" not in {scope["handle"] for scope in scopes["accessScopes"]}


def test_a_bulk_result_is_lines_with_parents(merchant: Merchant) -> None:
    number = merchant.run(LINES % orjson.dumps(DAY).decode())["bulkOperation"]["id"]
    stages = [merchant.poll(number)["status"] for _ in range(3)]
    assert stages[0] == "RUNNING" and stages[-1] == "COMPLETED"
    told = merchant.over(number)
    lines = [orjson.loads(line) for line in merchant.http.get(told["url"]).content.splitlines()]
    assert len(lines) == int(told["objectCount"])
    roots = {line["id"] for line in lines if "__parentId" not in line}
    assert roots == {row["id"] for row in merchant.listed(DAY, 100)}
    assert {line["__parentId"] for line in lines if "__parentId" in line} == roots
    assert merchant.http.get(told["url"].partition("?")[0]).status_code == 403


def test_an_empty_bulk_result_has_no_address(merchant: Merchant) -> None:
    number = merchant.run(LINES % "\"created_at:>='2027-06-01T00:00:00Z'\"")["bulkOperation"]["id"]
    told = merchant.over(number)
    assert (told["status"], told["url"], told["objectCount"]) == ("COMPLETED", None, "0")


def test_a_failed_bulk_operation_offers_a_part(own_sandbox: Sandbox, merchant: Merchant) -> None:
    own_sandbox.world.faults.add(kind="job_failed", platform="shopify", times=1)
    query = LINES % orjson.dumps(DAY).decode()
    failed = merchant.over(merchant.run(query)["bulkOperation"]["id"])
    whole = merchant.over(merchant.run(query)["bulkOperation"]["id"])
    assert (failed["status"], failed["url"], failed["errorCode"]) == ("FAILED", None, "INTERNAL_SERVER_ERROR")
    part = merchant.http.get(failed["partialDataUrl"]).content
    assert part and merchant.http.get(whole["url"]).content.startswith(part)


def test_bulk_operations_refuse_what_shopify_refuses(own_sandbox: Sandbox, merchant: Merchant) -> None:
    own_sandbox.world.settings.update({"shopify_bulk_at_once": 1})
    inside = "{orders{edges{node{id refunds{id refundLineItems{edges{node{id}}}}}}}}"
    assert "connection field within a list field" in merchant.run(inside)["userErrors"][0]["message"]
    assert "at least one connection" in merchant.run("{shop{id}}")["userErrors"][0]["message"]
    merchant.run(LINES % orjson.dumps(DAY).decode())
    busy = merchant.run(LINES % orjson.dumps(DAY).decode())["userErrors"][0]["message"]
    assert "already in progress: gid://shopify/BulkOperation/" in busy


def test_the_world_lives_all_lives_and_its_money_adds_up(own_sandbox: Sandbox) -> None:
    store, now = own_sandbox.world.storefronts["northwind"], own_sandbox.world.clock.as_of_seconds
    orders = [o for day in range(1, 31) for o in store.on_local_day(date(2026, 10, day))]
    assert 30 * 40 < len(orders) < 30 * 90
    for order in orders:
        assert 0 <= refunded_goods(order, now) <= order.net
        assert taken(order, now, "REFUND") <= taken(order, now, "SALE", "CAPTURE") <= order.total
        assert order.created <= updated(order, now) <= now
        assert order.total == sum(line.charged for line in order.lines) + order.shipping + (
            0 if order.taxes_included else order.tax
        )
    statuses = {financial_status(order, now) for order in orders}
    assert {"PAID", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "PENDING"} <= statuses
    fresh = list(store.created(now - 2 * 86_400, now))
    assert {"AUTHORIZED", "PARTIALLY_PAID"} & {financial_status(order, now) for order in fresh}
    assert {order.presentment for order in orders} == {"USD", "EUR", "GBP"}
    assert any(order.test for order in orders) and any(len(order.refunds) > 1 for order in orders)
    share = sum(bool(o.visit and o.visit.campaign) for o in orders) / len(orders)
    assert 0.5 < share < 0.6


def test_the_truth_is_what_the_world_counts_and_moves_on(own_sandbox: Sandbox) -> None:
    def asked() -> list[dict[str, Any]]:
        query = {"tenant": "northwind", "platform": "shopify", "from": "2026-11-01", "to": "2026-11-20"}
        rows: list[dict[str, Any]] = httpx.get(
            f"{own_sandbox.control_url}/_world/truth", params=query, timeout=60
        ).json()
        return rows

    store, now = own_sandbox.world.storefronts["northwind"], own_sandbox.world.clock.as_of_seconds
    before = asked()
    for row in before:
        orders = [o for o in store.on_local_day(date.fromisoformat(row["date"])) if counted(o, now)]
        assert row["orders"] == len(orders) and row["currency"] == "USD"
        assert Decimal(row["revenue"]) == Decimal(sum(o.net for o in orders)) / 100
    own_sandbox.world.clock.set_as_of(date(2026, 12, 20))
    after = asked()
    assert sum(Decimal(row["refunds"]) for row in after) > sum(Decimal(row["refunds"]) for row in before)
    assert sum(row["orders"] != other["orders"] for row, other in zip(before, after, strict=True)) > 3
