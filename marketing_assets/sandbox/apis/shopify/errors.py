"""Shopify's errors: most are told in the body of an answer with HTTP 200."""

from typing import Any

import orjson
from starlette.responses import Response

UNKNOWN_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
RATE_LIMITS = "https://shopify.dev/api/usage/rate-limits"


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json; charset=utf-8")


def plain(message: str, status: int) -> Response:
    """An error outside GraphQL: a wrong token, a shop that is not there, a locked shop."""
    return reply({"errors": message}, status)


class GraphError(Exception):
    """An error inside GraphQL. `more` joins `extensions` of the error, `cost` that of the answer."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.more = code, message, more

    def body(self, cost: dict[str, Any] | None = None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "errors": [{"message": self.message, "extensions": {"code": self.code, **self.more}}]
        }
        return body | ({"extensions": {"cost": cost}} if cost else {})


def throttled() -> GraphError:
    return GraphError("THROTTLED", "Throttled", documentation=RATE_LIMITS)


def too_dear(cost: int, most: int) -> GraphError:
    message = (
        f"Query cost is {cost}, which exceeds the single query max cost limit ({most}).\n\n"
        f"See {RATE_LIMITS} for more information on how the cost of a query is calculated."
    )
    return GraphError("MAX_COST_EXCEEDED", message, cost=cost, maxCost=most, documentation=RATE_LIMITS)


def internal() -> GraphError:
    message = "Internal error. Looks like something went wrong on our end."
    return GraphError("INTERNAL_SERVER_ERROR", message, requestId="5f0e1a0c-sandbox")
