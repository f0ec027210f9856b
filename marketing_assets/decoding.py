"""Typed decoding of JSON that is safe beside other threads.

msgspec describes a type the first time it decodes to it, and another thread that decodes to the same type
meanwhile takes the unfinished description and ends the process (a segmentation fault, in msgspec 0.22). So
each type is described once, under a lock.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_lock = threading.Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    """The decoder to a type, made once in this process."""
    found = _decoders.get(shape)
    if found is None:
        with _lock:
            found = _decoders.setdefault(shape, msgspec.json.Decoder(shape))
    return found


@overload
def from_json(content: bytes | str | msgspec.Raw, shape: type[T]) -> T: ...


@overload
def from_json(content: bytes | str | msgspec.Raw, shape: Any) -> Any: ...


def from_json(content: bytes | str | msgspec.Raw, shape: Any) -> Any:
    """The value that a text of JSON is. Raises what msgspec raises: `DecodeError`, `ValidationError`."""
    return _decoder(shape).decode(content)
