"""Answers of the platforms, captured once from the sandbox and multiplied under keys of their own."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson

from benchmarks.sandbox import AS_OF, Sandbox, meta_client, shopee_client
from benchmarks.tables import ADS, ORDER_DAYS, ORDERS, YEAR, Measured, tenant
from marketing_assets.partitions import DayRange, start_of_day
from marketing_assets.platforms.platform import Window
from marketing_assets.platforms.shopee.orders import DETAIL_PATH
from marketing_assets.platforms.wire import Answer, Call

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Captured:
    """Bodies of the pages of one table, in the order they came, and how many records they hold."""

    bodies: list[bytes]
    records: int

    def save(self, file: Path) -> None:
        file.write_bytes(pickle.dumps((self.bodies, self.records)))

    @classmethod
    def load(cls, file: Path) -> Captured:
        return cls(*pickle.loads(file.read_bytes()))


def capture(sandbox: Sandbox, measured: Measured) -> Captured:
    """What the platform answers to the client's own calls: 73 days of orders, a year of ad rows."""
    seller = tenant()
    client: Any = shopee_client(sandbox, seller) if measured is ORDERS else meta_client(sandbox, seller)
    days = ORDER_DAYS if measured is ORDERS else YEAR
    bodies: list[bytes] = []
    send = client.transport.send

    def recording(call: Call) -> Answer:
        answer: Answer = send(call)
        if _is_page(measured, call, answer):
            bodies.append(answer.body)
        return answer

    client.transport.send = recording
    now = start_of_day(AS_OF, seller.zone)
    try:
        for _ in measured.table.fetch(client, Window(days, seller.zone, now)):
            pass
    finally:
        client.close()
    return Captured(bodies, sum(len(measured.records(orjson.loads(b))) for b in bodies))


def _is_page(measured: Measured, call: Call, answer: Answer) -> bool:
    if measured is ORDERS:
        return call.path == DETAIL_PATH
    # The account's totals come from the same edge, asked for directly.
    return call.method == "GET" and call.path.endswith("/insights") and b'"ad_id"' in answer.body[:2000]


def multiplied(measured: Measured, captured: Captured, rows: int) -> Iterator[bytes]:
    """Page bodies of at least `rows` records, every copy with keys of its own, over a whole year."""
    made = copy = 0
    while made < rows:
        for body in captured.bodies:
            if made >= rows:
                return
            answer = orjson.loads(body)
            records = measured.records(answer)
            for record in records:
                _rekey(measured, record, copy)
            # A page stands alone here: nothing comes after it.
            answer.get("paging", {}).pop("next", None)
            made += len(records)
            yield orjson.dumps(answer)
        copy += 1


def _rekey(measured: Measured, record: dict[str, Any], copy: int) -> None:
    if measured is ADS:
        record["ad_id"] += f"{copy:04}"
        return
    back = (copy % 5) * len(ORDER_DAYS) * _DAY_SECONDS
    record["order_sn"] = f"{record['order_sn']}{copy:04}"
    for name in ("create_time", "update_time", "pay_time", "ship_by_date"):
        if record.get(name):
            record[name] -= back


def days_of_copies(measured: Measured, copies: int) -> DayRange:
    """The days that so many copies of what was captured cover."""
    if measured is ADS or copies >= 5:
        return YEAR
    return DayRange(YEAR.last - timedelta(days=copies * len(ORDER_DAYS) - 1), YEAR.last)
