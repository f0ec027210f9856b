"""Shopee's answers: ``error`` empty and a ``response``, or an error with a message; always a request id."""

import uuid
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

TOO_MANY = "error_rate_limit", "You have reached the maximum number of requests, please try again later."


class Refusal(Exception):
    """An error answer. Without ``status`` it is a business error, which Shopee tells with HTTP 200."""

    def __init__(self, error: str, message: str, status: int = 200) -> None:
        super().__init__(f"{error}: {message}")
        self.error, self.message, self.status = error, message, status

    def answer(self) -> Response:
        return reply({"error": self.error, "message": self.message}, self.status)


def bad_parameter(detail: str) -> Refusal:
    return Refusal("error_param", f"Wrong parameters, detail: {detail}.")


def reply(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    content = orjson.dumps({**body, "request_id": uuid.uuid4().hex})
    return Response(content, status, headers, media_type="application/json")


def success(response: dict[str, Any] | list[Any]) -> Response:
    return reply({"error": "", "message": "", "response": response})


def whole_number(request: Request, name: str, default: int | None = None) -> int:
    """A query parameter as an integer; refused when missing without a default, or not a number."""
    text = request.query_params.get(name)
    if text is None or text == "":
        if default is None:
            raise bad_parameter(f"the field {name} is required")
        return default
    try:
        return int(text)
    except ValueError:
        raise bad_parameter(f"the field {name} is not a number") from None
