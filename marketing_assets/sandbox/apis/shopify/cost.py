"""What a query costs: an object 1, a connection 2 and its objects, a mutation 10; scalars are free.

The requested cost is worked out before anything is done, as if every page were full; the actual cost is that
of what was found. A leaky bucket a shop and app is filled by the wall clock.
"""

import threading
import time
from typing import Any

from graphql import FieldNode, GraphQLObjectType, SelectionSetNode, get_named_type, is_list_type
from graphql.type import GraphQLNonNull, GraphQLOutputType

from marketing_assets.sandbox.apis.shopify import errors
from marketing_assets.sandbox.apis.shopify.reader import Request
from marketing_assets.sandbox.apis.shopify.schema import SCHEMA
from marketing_assets.sandbox.settings import Settings

MOST_PER_QUERY = 1000
MUTATION = 10
FREE = frozenset({"pageInfo"})
WRAPPERS = frozenset({"nodes", "edges", "node"})


def requested(request: Request) -> int:
    """The cost of a request if every page is full."""
    if request.operation.operation.value == "mutation":
        return MUTATION
    return _asked(request, request.operation.selection_set, "QueryRoot")


def _type_of(typename: str, name: str) -> GraphQLOutputType | None:
    declared = SCHEMA.get_type(typename)
    fields = getattr(declared, "fields", {})
    return fields[name].type if name in fields else None


def _is_list(declared: GraphQLOutputType | None) -> bool:
    inner = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
    return is_list_type(inner)


def _asked(request: Request, selections: SelectionSetNode | None, typename: str) -> int:
    return sum(_asked_field(request, node, typename) for node in _fields(request, selections, typename))


def _asked_field(request: Request, node: FieldNode, typename: str) -> int:
    if node.selection_set is None or node.name.value in FREE:
        return 0
    declared = _type_of(typename, node.name.value)
    inner = str(get_named_type(declared))
    arguments = request.arguments(node)
    below = _asked(request, node.selection_set, inner)
    if typename.endswith(("Connection", "Edge")):
        return below + (1 if not inner.endswith("Edge") else 0)
    if inner.endswith("Connection"):
        return 2 + int(arguments.get("first") or 0) * below
    if node.name.value == "nodes":
        return len(arguments.get("ids") or ()) * (1 + below)
    size = int(arguments.get("first") or 1) if _is_list(declared) else 1
    return size * (1 + below)


def _fields(request: Request, selections: SelectionSetNode | None, typename: str) -> list[FieldNode]:
    """Fields of a type; of an interface those of every fragment, for the dearest counts."""
    if isinstance(SCHEMA.get_type(typename), GraphQLObjectType):
        return list(request.fields(selections, typename))
    found = list(request.fields(selections, typename))
    for node in selections.selections if selections else ():
        condition = getattr(node, "type_condition", None)
        if condition is not None:
            found += request.fields(getattr(node, "selection_set", None), condition.name.value)
    return found


def actual(answer: Any) -> int:
    """The cost of what was found: every object of an answer, and two more for each connection."""
    if isinstance(answer, list):
        return sum(actual(item) for item in answer)
    if not isinstance(answer, dict):
        return 0
    inner = sum(actual(value) for name, value in answer.items() if name not in FREE)
    if "nodes" in answer or "edges" in answer:
        return inner + 2
    return inner + (0 if set(answer) <= {"cursor", "node"} else 1)


class Buckets:
    """The points that each tenant's app has left at its shop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def spend(self, tenant: str, cost: int) -> None:
        """Take the requested cost out, or refuse as Shopify does."""
        if cost > MOST_PER_QUERY:
            raise errors.too_dear(cost, MOST_PER_QUERY)
        with self._lock:
            level = self._level(tenant)
            if level < cost:
                raise errors.throttled()
            self._levels[tenant] = (level - cost, time.monotonic())

    def refund(self, tenant: str, points: int) -> None:
        """Give back what a query did not use."""
        with self._lock:
            level = min(float(self._settings.shopify_bucket), self._level(tenant) + points)
            self._levels[tenant] = (level, time.monotonic())

    def told(self, tenant: str, cost: int, spent: int | None) -> dict[str, Any]:
        """The `cost` of an answer's extensions."""
        with self._lock:
            level = self._level(tenant)
        return {
            "requestedQueryCost": cost,
            "actualQueryCost": spent,
            "throttleStatus": {
                "maximumAvailable": float(self._settings.shopify_bucket),
                "currentlyAvailable": int(level),
                "restoreRate": float(self._settings.shopify_restore_per_second),
            },
        }

    def _level(self, tenant: str) -> float:
        size = float(self._settings.shopify_bucket)
        level, since = self._levels.get(tenant, (size, time.monotonic()))
        passed = time.monotonic() - since
        return min(size, level + passed * self._settings.shopify_restore_per_second)
