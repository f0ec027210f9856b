"""How an order is paid: authorisations, captures, sales, voids, and what the gateway keeps."""

import random

from marketing_assets.sandbox.storefront.orders import Transaction

HOUR = 3600
CARDS = "shopify_payments"
GIFT_CARD = "gift_card"
BANK = "Bank Deposit"

FEE_BASIS_POINTS, FEE_CENTS = 290, 30
FEE_DAYS = (2, 4)
"""The gateway tells its fee between these many days after it took the money."""

WAYS = ("sale", "captured", "in_parts", "gift_card", "bank", "second_try")
WEIGHTS = (56, 20, 7, 7, 6, 4)


class Ledger:
    """Numbers an order's transactions."""

    def __init__(self, order_id: int) -> None:
        self._order_id = order_id
        self.entries: list[Transaction] = []

    def add(
        self,
        kind: str,
        amount: int,
        at: int,
        *,
        gateway: str = CARDS,
        status: str = "SUCCESS",
        parent: Transaction | None = None,
        fee_at: int | None = None,
    ) -> Transaction:
        """``fee_at``: the gateway keeps a fee, and tells it then."""
        entry = Transaction(
            transaction_id=self._order_id * 100 + len(self.entries) + 1,
            kind=kind,
            status=status,
            gateway=gateway,
            amount=amount,
            at=at,
            parent_id=parent.transaction_id if parent else None,
            fee=(amount * FEE_BASIS_POINTS + 5000) // 10_000 + FEE_CENTS if fee_at else 0,
            fee_at=fee_at,
        )
        self.entries.append(entry)
        return entry


def _later(rng: random.Random, at: int, low: float, high: float) -> int:
    return at + int(rng.uniform(low, high) * HOUR)


def _fee_at(rng: random.Random, at: int) -> int:
    return _later(rng, at, FEE_DAYS[0] * 24, FEE_DAYS[1] * 24)


def pay(rng: random.Random, ledger: Ledger, total: int, created: int) -> int | None:
    """Write down how the order is paid; when it is fulfilled, or None where it is never paid."""
    way = rng.choices(WAYS, WEIGHTS)[0]
    at = _later(rng, created, 0.0, 0.05)
    shipped = _later(rng, created, 5, 60)
    if way == "captured":
        authorised = ledger.add("AUTHORIZATION", total, at)
        ledger.add("CAPTURE", total, shipped, parent=authorised, fee_at=_fee_at(rng, shipped))
    elif way == "in_parts":
        authorised = ledger.add("AUTHORIZATION", total, at)
        first, rest = total * 2 // 5, _later(rng, shipped, 20, 90)
        ledger.add("CAPTURE", first, shipped, parent=authorised, fee_at=_fee_at(rng, shipped))
        ledger.add("CAPTURE", total - first, rest, parent=authorised, fee_at=_fee_at(rng, rest))
        return rest
    elif way == "gift_card":
        card = min(total // 2, 2500)
        ledger.add("SALE", card, at, gateway=GIFT_CARD)
        ledger.add("SALE", total - card, at, fee_at=_fee_at(rng, at))
    elif way == "bank":
        return _by_bank(rng, ledger, total, at)
    else:
        if way == "second_try":
            ledger.add("SALE", total, at, status="FAILURE")
            at = _later(rng, at, 0.02, 0.3)
        ledger.add("SALE", total, at, fee_at=_fee_at(rng, at))
    return shipped


def _by_bank(rng: random.Random, ledger: Ledger, total: int, at: int) -> int | None:
    """A transfer arrives days later, or never."""
    waiting = ledger.add("SALE", total, at, gateway=BANK, status="PENDING")
    if rng.random() < 0.25:
        return None
    arrived = _later(rng, at, 20, 120)
    ledger.add("SALE", total, arrived, gateway=BANK, parent=waiting)
    return _later(rng, arrived, 3, 40)


def void(rng: random.Random, ledger: Ledger, total: int, created: int) -> tuple[int, int]:
    """An authorisation that is given up: when, and the voiding transaction's id."""
    at = _later(rng, created, 0.0, 0.05)
    authorised = ledger.add("AUTHORIZATION", total, at)
    given_up = _later(rng, at, 4, 70)
    return given_up, ledger.add("VOID", total, given_up, parent=authorised).transaction_id
