"""Reads GraphQL: checks a request against the schema, then picks what it selects out of prepared objects.

An object is a dict that has `__typename`; a value that takes arguments is a function of them; a connection
is a `Nodes`. Values a request does not select are never worked out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    parse,
    validate,
)
from graphql.utilities import value_from_ast_untyped

from marketing_assets.sandbox.apis.shopify.errors import GraphError
from marketing_assets.sandbox.apis.shopify.schema import SCHEMA

LARGEST_PAGE = 250

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """One operation with its variables."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]

    @property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return {d.name.value: d for d in self.document.definitions if isinstance(d, FragmentDefinitionNode)}

    def arguments(self, node: FieldNode) -> dict[str, Any]:
        """A field's arguments; one whose variable was not given is left out."""
        values = {
            one.name.value: value_from_ast_untyped(one.value, dict(self.variables)) for one in node.arguments
        }
        return {name: value for name, value in values.items() if value is not Undefined}

    def fields(self, selections: SelectionSetNode | None, typename: str) -> Iterator[FieldNode]:
        """The fields selected of an object of a type, fragments opened."""
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                wanted = node.type_condition.name.value if node.type_condition else typename
                if wanted in (typename, "Node"):
                    yield from self.fields(node.selection_set, typename)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if fragment.type_condition.name.value in (typename, "Node"):
                    yield from self.fields(fragment.selection_set, typename)


@lru_cache(maxsize=200)
def _checked(text: str) -> DocumentNode:
    try:
        document = parse(text)
    except GraphQLError as error:
        raise GraphError("undefinedField", error.message) from None
    mistakes = validate(SCHEMA, document)
    if mistakes:
        raise GraphError("undefinedField", mistakes[0].message)
    return document


def read(text: str, variables: Mapping[str, Any] | None = None) -> Request:
    """The request of a text; GraphError where it does not fit the schema."""
    document = _checked(text)
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1:
        raise GraphError("argumentLiteralsIncompatible", "An operation name is required")
    defaults = {
        one.variable.name.value: value_from_ast_untyped(one.default_value)
        for one in operations[0].variable_definitions
        if one.default_value is not None
    }
    return Request(document, operations[0], {**defaults, **(variables or {})})


@dataclass(frozen=True)
class Nodes:
    """A connection: items in their order, how one looks on the wire, and the cursor that stands for it.

    `after(cursor)` is the place of the first item behind a cursor.
    """

    items: Sequence[Any]
    wire: Callable[[Any], dict[str, Any]] = field(default=lambda item: item)
    cursor: Callable[[Any], str] = field(default=lambda item: str(item["id"]))
    after: Callable[[str], int] | None = None

    def start(self, cursor: str | None) -> int:
        if cursor is None:
            return 0
        if self.after is not None:
            return self.after(cursor)
        known = [self.cursor(item) for item in self.items]
        if cursor not in known:
            raise GraphError("INVALID", "Invalid cursor for current pagination sort.")
        return known.index(cursor) + 1

    def page(self, arguments: Arguments) -> dict[str, Any]:
        first = arguments.get("first")
        if first is None:
            raise GraphError("INVALID", "you must provide one of first or last")
        if not 0 < first <= LARGEST_PAGE:
            raise GraphError("INVALID", f"first cannot exceed {LARGEST_PAGE}")
        start = self.start(arguments.get("after"))
        shown = self.items[start : start + first]
        nodes = [self.wire(item) for item in shown]
        return {
            "nodes": nodes,
            "edges": [
                {"cursor": self.cursor(i), "node": n, "__typename": ""}
                for i, n in zip(shown, nodes, strict=True)
            ],
            "pageInfo": {
                "__typename": "PageInfo",
                "hasNextPage": start + first < len(self.items),
                "hasPreviousPage": start > 0,
                "startCursor": self.cursor(shown[0]) if shown else None,
                "endCursor": self.cursor(shown[-1]) if shown else None,
            },
        }


def value_of(source: Mapping[str, Any], node: FieldNode, arguments: Arguments) -> Any:
    """A field's value before selection; connections come as `Nodes`."""
    name = node.name.value
    value = source.get("__typename") if name == "__typename" else source[name]
    return value(arguments) if callable(value) else value


def pick(request: Request, selections: SelectionSetNode | None, source: Any) -> Any:
    """What a selection takes of an object, a list of them, or nothing."""
    if source is None or selections is None:
        return source
    if isinstance(source, list):
        return [pick(request, selections, item) for item in source]
    picked: dict[str, Any] = {}
    for node in request.fields(selections, source.get("__typename", "")):
        arguments = request.arguments(node) if node.arguments else {}
        value = value_of(source, node, arguments)
        if isinstance(value, Nodes):
            value = value.page(arguments)
        key = node.alias.value if node.alias else node.name.value
        picked[key] = pick(request, node.selection_set, value)
    return picked
