"""What the clients share in reading answers: shapes, batches and what a page says of its request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from marketing_assets.decoding import from_json
from marketing_assets.platforms.http import Answer, Call, Failure, PlatformError, Transport

T = TypeVar("T")


def read(transport: Transport, call: Call, shape: type[T]) -> T:
    """The answer to a call, decoded as far as `shape` asks."""
    return decode(transport, call, transport.send(call), shape)


def decode(transport: Transport, call: Call, answer: Answer, shape: type[T]) -> T:
    """An answer's body as `shape`; an answer of another form is an error that names what is wrong with it."""
    try:
        return from_json(answer.body, shape)
    except msgspec.DecodeError as error:
        raise PlatformError(
            Failure.CONFIG,
            connection=transport.connection,
            method=call.method,
            path=call.path,
            code="unexpected-answer",
            message=str(error),
            remedy="check base_url; if it is right, the platform changed and the client must follow.",
        ) from None


def request_of(call: Call) -> Mapping[str, Any]:
    """A call as a page names it: before signing, so without credentials."""
    named: dict[str, Any] = {"method": call.method, "path": call.path, "params": dict(call.params)}
    if call.json is not None:
        named["json"] = call.json
    return named


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one shorter."""
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
