"""One shop's GraphQL endpoint: requests are checked, charged and answered; points not used come back."""

from collections.abc import Mapping
from typing import Any

from marketing_assets.sandbox.apis.shopify import cost, inventory, reader
from marketing_assets.sandbox.apis.shopify.bulk import Operations
from marketing_assets.sandbox.apis.shopify.errors import GraphError
from marketing_assets.sandbox.apis.shopify.oauth import OAuth
from marketing_assets.sandbox.apis.shopify.orders import PLATFORM, Orders
from marketing_assets.sandbox.apis.shopify.reader import Nodes, Request
from marketing_assets.sandbox.faults import RUN_KINDS
from marketing_assets.sandbox.storefront import Storefront
from marketing_assets.sandbox.world import World


class Admin:
    def __init__(self, world: World, store: Storefront, oauth: OAuth) -> None:
        self.world, self.store, self.oauth = world, store, oauth
        self.orders = Orders(world, store)
        self.bulk = Operations(world.settings)
        self.buckets = cost.Buckets(world.settings)

    def answer(self, text: str, variables: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        """The body of an answer, with its cost."""
        tenant, wanted = self.store.tenant.key, 0
        try:
            request = reader.read(text, variables)
            wanted = cost.requested(request)
            self.buckets.spend(tenant, wanted)
            root = self._root(request, base_url)
            data = reader.pick(request, request.operation.selection_set, root)
        except GraphError as error:
            return error.body(self.buckets.told(tenant, wanted, None) if error.code == "THROTTLED" else None)
        spent = wanted if request.operation.operation.value == "mutation" else cost.actual(data) - 1
        self.buckets.refund(tenant, wanted - spent)
        return {"data": data, "extensions": {"cost": self.buckets.told(tenant, wanted, spent)}}

    def _root(self, request: Request, base_url: str) -> dict[str, Any]:
        if request.operation.operation.value == "mutation":
            return {
                "__typename": "Mutation",
                "bulkOperationRunQuery": lambda asked: self._run(asked, base_url),
            }
        return self._queries(base_url)

    def _queries(self, base_url: str) -> dict[str, Any]:
        now = self.world.clock.as_of_seconds

        def node(number: str) -> dict[str, Any] | None:
            return self._node(number, base_url)

        return {
            "__typename": "QueryRoot",
            "node": lambda asked: node(asked["id"]),
            "nodes": lambda asked: [node(one) for one in asked["ids"]],
            "order": lambda asked: node(asked["id"]),
            "orders": self.orders.connection,
            "ordersCount": self.orders.count,
            "products": lambda _: inventory.products(self.store, now),
            "productsCount": lambda _: _count(inventory.products(self.store, now)),
            "customers": lambda _: inventory.customers(self.store, now),
            "customersCount": lambda _: _count(inventory.customers(self.store, now)),
            "shop": lambda _: inventory.shop(self.store),
            "currentAppInstallation": lambda _: {
                "__typename": "AppInstallation",
                "accessScopes": [{"__typename": "AccessScope", "handle": one} for one in self.oauth.scopes()],
            },
        }

    def _node(self, text: str, base_url: str) -> dict[str, Any] | None:
        kind, _, number = text.removeprefix("gid://shopify/").partition("/")
        if not number.isdigit():
            raise GraphError("INVALID", f"Invalid global id '{text}'")
        if kind == "Order":
            return self.orders.by_id(int(number))
        if kind == "Refund":
            return self.orders.refund(int(number))
        if kind == "BulkOperation":
            operation = self.bulk.find(int(number))
            return self.bulk.told(operation, self._queries(base_url), base_url) if operation else None
        if kind == "Product":
            item = self.store.sold.by_id.get(int(number))
            now = self.world.clock.as_of_seconds
            return inventory.product(self.store, item, now) if item else None
        return None

    def _run(self, asked: Mapping[str, Any], base_url: str) -> dict[str, Any]:
        tenant, now = self.store.tenant.key, self.world.clock.as_of_seconds
        fault = self.world.faults.take(RUN_KINDS, PLATFORM, "bulk", tenant)
        payload: dict[str, Any] = {
            "__typename": "BulkOperationRunQueryPayload",
            "bulkOperation": None,
            "userErrors": [],
        }
        try:
            made = self.bulk.ask(tenant, asked["query"], now, fault.kind if fault else None)
        except GraphError as error:
            told = {"__typename": "BulkOperationUserError", "field": ["query"]}
            return {**payload, "userErrors": [{**told, "message": error.message, "code": error.code}]}
        return {**payload, "bulkOperation": self.bulk.view(made, base_url)}


def _count(nodes: Nodes) -> dict[str, Any]:
    return {"__typename": "Count", "count": len(nodes.items), "precision": "EXACT"}
