"""What is given back: returned goods in one or several refunds, shipping, goodwill, and whole orders."""

import random
from collections.abc import Iterable, Sequence

from marketing_assets.sandbox.storefront.orders import Line, Refund, Returned, Transaction
from marketing_assets.sandbox.storefront.payments import CARDS, HOUR, Ledger

SHIPPING_TOO = 0.3
IN_TWO_PARTS = 0.5
GOODWILL = 0.015
LONGEST_DAYS = 60
"""No order changes later than this after its creation."""


class Refunds:
    """Writes the refunds of one order; amounts are taken from what each line was charged."""

    def __init__(
        self, rng: random.Random, ledger: Ledger, lines: Sequence[Line], taxes_included: bool
    ) -> None:
        self._rng, self._ledger, self._lines = rng, ledger, lines
        self._taxes_included = taxes_included
        self._back: dict[int, int] = {line.line_id: 0 for line in lines}
        self.done: list[Refund] = []

    def returns(self, units: dict[int, int], shipping: int, after: int) -> None:
        """Units by line come back some time after an instant, at once or in two parcels."""
        at = after + int(self._rng.uniform(48, 480) * HOUR)
        parts = [units]
        if sum(units.values()) > 1 and self._rng.random() < IN_TWO_PARTS:
            parts = _halves(units)
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            postage = shipping if last and self._rng.random() < SHIPPING_TOO else 0
            self._give_back(part, postage, at + place * int(self._rng.uniform(12, 200) * HOUR), "")

    def goodwill(self, amount: int, after: int) -> None:
        """Money without goods."""
        at = after + int(self._rng.uniform(24, 300) * HOUR)
        self._write((), 0, at, self._pay_back(amount, at), "late parcel")

    def everything(self, shipping: int, at: int) -> None:
        """The whole order, its shipping included."""
        self._give_back({line.line_id: line.quantity for line in self._lines}, shipping, at, "")

    def voided(self, transaction_id: int, at: int) -> None:
        """The goods go back on the shelf; no money moves, for none was taken."""
        lines = self._returned({line.line_id: line.quantity for line in self._lines})
        self._write(lines, 0, at, (transaction_id,), "")

    def _give_back(self, units: dict[int, int], shipping: int, at: int, note: str) -> None:
        lines = self._returned(units)
        tax = 0 if self._taxes_included else sum(line.tax for line in lines)
        amount = sum(line.subtotal for line in lines) + tax + shipping
        self._write(lines, shipping, at, self._pay_back(amount, at), note)

    def _returned(self, units: dict[int, int]) -> tuple[Returned, ...]:
        """Parts of a line's money that add up to the line's when all of it is back."""
        found = []
        for line in self._lines:
            wanted = units.get(line.line_id, 0)
            if not wanted:
                continue
            before, now = self._back[line.line_id], self._back[line.line_id] + wanted
            self._back[line.line_id] = now
            subtotal = line.charged * now // line.quantity - line.charged * before // line.quantity
            tax = line.tax * now // line.quantity - line.tax * before // line.quantity
            found.append(Returned(line.line_id, wanted, subtotal, tax))
        return tuple(found)

    def _pay_back(self, amount: int, at: int) -> tuple[int, ...]:
        """Refund transactions: to the card as far as it paid, then to the other ways of payment."""
        ids, left = [], amount
        for paid in _dearest(self._ledger.entries):
            part = min(left, self._left_of(paid))
            if part > 0:
                ids.append(
                    self._ledger.add("REFUND", part, at, gateway=paid.gateway, parent=paid).transaction_id
                )
                left -= part
        return tuple(ids)

    def _left_of(self, paid: Transaction) -> int:
        back = (one for one in self._ledger.entries if one.kind == "REFUND")
        return paid.amount - sum(one.amount for one in back if one.parent_id == paid.transaction_id)

    def _write(
        self, lines: tuple[Returned, ...], shipping: int, at: int, ids: tuple[int, ...], note: str
    ) -> None:
        number = len(self.done) + 1
        order_id = self._ledger.entries[0].transaction_id // 100
        self.done.append(Refund(order_id * 10 + number, at, lines, shipping, ids, note))


def _dearest(entries: Iterable[Transaction]) -> list[Transaction]:
    """Payments that went through, cards first."""
    paid = [one for one in entries if one.kind in {"SALE", "CAPTURE"} and one.status == "SUCCESS"]
    return sorted(paid, key=lambda one: (one.gateway != CARDS, one.transaction_id))


def _halves(units: dict[int, int]) -> list[dict[int, int]]:
    """The units in two parts, neither empty."""
    single = [line for line, count in units.items() for _ in range(count)]
    middle = len(single) // 2
    return [{line: part.count(line) for line in set(part)} for part in (single[:middle], single[middle:])]
