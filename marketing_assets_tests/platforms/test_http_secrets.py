"""What the transport writes down, and that no secret is among it."""

from __future__ import annotations

import json
import logging
import pickle

import httpx
import pytest

from marketing_assets.platforms.http import Call, Failure, PlatformError
from marketing_assets.redaction import register_secret
from marketing_assets_tests.platforms.scripted import (
    CONNECTION,
    FINE,
    ORDERS,
    TOKEN,
    Reply,
    complaint_of,
    driven,
    fails,
    in_turn,
)


def test_no_secret_reaches_logs_errors_or_reprs(caplog: pytest.LogCaptureFixture) -> None:
    key = register_secret("partner key/with?odd&signs")
    call = Call("POST", "/auth/x", {"client_secret": key}, json={"refresh_token": key})
    echo = f"no such token {TOKEN}, {httpx.QueryParams({'k': key})}, {json.dumps(key)}, {key}"
    replies = [Reply(b"<html>", 502), Reply(hang_up=True), complaint_of(Failure.CONFIG, "c", echo)]
    with caplog.at_level(logging.DEBUG), driven(in_turn(*replies)) as (transport, _, _):
        error = fails(transport, call)
    for text in [caplog.text, str(error), repr(error), repr(error.__dict__), repr(call)]:
        assert TOKEN not in text
        assert key not in text and str(httpx.QueryParams({"k": key})) not in text
    assert "***" in str(error)
    assert error.__context__ is None and error.__cause__ is None
    assert all("?" not in record.getMessage() for record in caplog.records if record.name == "httpx")


def test_every_call_and_every_retry_leaves_a_record_with_its_facts(caplog: pytest.LogCaptureFixture) -> None:
    script = in_turn(complaint_of(Failure.THROTTLE_SHORT, headers={"Retry-After": "3"}), FINE)
    with caplog.at_level(logging.DEBUG, "marketing_assets.http"), driven(script) as (transport, _, _):
        transport.send(ORDERS)
    records = [r.__dict__ for r in caplog.records if r.name == "marketing_assets.http"]
    assert [r["levelname"] for r in records] == ["DEBUG", "WARNING", "DEBUG"]
    first, retry, _ = records
    assert (first["connection"], first["method"], first["path"]) == (CONNECTION, "GET", ORDERS.path)
    assert (first["status"], first["attempt"]) == (200, 1)
    assert first["bytes"] > 0 and first["elapsed_ms"] >= 0
    assert (retry["failure"], retry["wait_seconds"], retry["attempt"]) == ("throttle-short", 3.0, 1)


def test_the_error_survives_pickling() -> None:
    error = PlatformError(Failure.CONFIG, connection=CONNECTION, path="/x?access_token=1", code="c")
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.failure, copy.path) == (str(error), Failure.CONFIG, "/x")
