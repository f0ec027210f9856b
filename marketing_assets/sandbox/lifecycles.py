"""What becomes of an order after it is placed. Times in Unix seconds, durations in hours."""

import random
from dataclasses import dataclass

from marketing_assets.sandbox.orders import Step

HOUR = 3600
LONGEST_DAYS = 75
"""No generated order changes later than this after its creation."""

NEVER_PAID = 0.020
CANCELLED_EARLY = 0.035
CANCELLED_LATE = 0.012
"""Shares of orders. Late: the parcel is lost or refused and the order is cancelled 7 to 40 days after."""

BUYER_REASONS = ("NEED_TO_CHANGE_DELIVERY_ADDRESS", "FOUND_CHEAPER_ELSEWHERE", "DONT_WANT_TO_BUY_ANYMORE")
SELLER_REASONS = ("OUT_OF_STOCK", "CUSTOMER_REQUEST")


@dataclass(frozen=True, slots=True)
class Life:
    steps: tuple[Step, ...]
    paid_at: int | None = None
    shipped_at: int | None = None
    completed_at: int | None = None
    returned_at: int | None = None
    cancel_by: str = ""
    cancel_reason: str = ""


def _later(rng: random.Random, at: int, low: float, high: float) -> int:
    return at + int(rng.uniform(low, high) * HOUR)


def life(rng: random.Random, created: int, cod: bool, comes_back: bool) -> Life:
    """Draw one life. Orders with returned units always arrive first."""
    fate = rng.random()
    if comes_back:
        return _delivered(rng, created, cod, comes_back=True)
    if fate < NEVER_PAID and not cod:
        return _never_paid(rng, created)
    if fate < NEVER_PAID + CANCELLED_EARLY:
        return _cancelled_early(rng, created, cod)
    if fate < NEVER_PAID + CANCELLED_EARLY + CANCELLED_LATE:
        return _cancelled_late(rng, created, cod)
    return _delivered(rng, created, cod, comes_back=False)


def _placed(rng: random.Random, created: int, cod: bool) -> tuple[list[Step], int]:
    """The first steps and the instant at which the seller may ship. Cash on delivery waits for no payment."""
    if cod:
        return [Step(created, "READY_TO_SHIP")], created
    slow = rng.random() < 0.08
    paid = _later(rng, created, 1, 20) if slow else _later(rng, created, 0.02, 0.5)
    return [Step(created, "UNPAID"), Step(paid, "READY_TO_SHIP")], paid


def _shipped(rng: random.Random, steps: list[Step], ready: int) -> int:
    processed = _later(rng, ready, 2, 20)
    shipped = _later(rng, processed, 3, 30)
    steps += [Step(processed, "PROCESSED"), Step(shipped, "SHIPPED")]
    return shipped


def _never_paid(rng: random.Random, created: int) -> Life:
    expires = _later(rng, created, 24, 48)
    steps = (Step(created, "UNPAID"), Step(expires, "CANCELLED"))
    return Life(steps, cancel_by="system", cancel_reason="BACKEND_LOGISTICS_NOT_STARTED")


def _cancelled_early(rng: random.Random, created: int, cod: bool) -> Life:
    steps, ready = _placed(rng, created, cod)
    paid_at = None if cod else ready
    by_buyer = rng.random() < 0.7
    asked = _later(rng, ready, 0.5, 30)
    if by_buyer:
        steps += [Step(asked, "IN_CANCEL"), Step(_later(rng, asked, 1, 40), "CANCELLED")]
        return Life(tuple(steps), paid_at, cancel_by="buyer", cancel_reason=rng.choice(BUYER_REASONS))
    steps.append(Step(asked, "CANCELLED"))
    return Life(tuple(steps), paid_at, cancel_by="seller", cancel_reason=rng.choice(SELLER_REASONS))


def _cancelled_late(rng: random.Random, created: int, cod: bool) -> Life:
    steps, ready = _placed(rng, created, cod)
    shipped = _shipped(rng, steps, ready)
    gone = max(created + int(rng.uniform(7, 40) * 24 * HOUR), shipped + HOUR)
    steps.append(Step(gone, "CANCELLED"))
    return Life(
        tuple(steps),
        None if cod else ready,
        shipped,
        cancel_by="system",
        cancel_reason="FAILED_DELIVERY" if cod else "LOST_PARCEL",
    )


def _delivered(rng: random.Random, created: int, cod: bool, comes_back: bool) -> Life:
    steps, ready = _placed(rng, created, cod)
    shipped = _shipped(rng, steps, ready)
    arrived = _later(rng, shipped, 20, 100)
    steps.append(Step(arrived, "TO_CONFIRM_RECEIVE"))
    paid_at = arrived if cod else ready
    returned_at = None
    last = arrived
    if comes_back and rng.random() < 0.7:
        asked = _later(rng, arrived, 4, 60)
        returned_at = last = _later(rng, asked, 48, 144)
        steps += [Step(asked, "TO_RETURN"), Step(returned_at, "TO_RETURN")]
    completed = _later(rng, last, 12, 168)
    steps.append(Step(completed, "COMPLETED"))
    if comes_back and returned_at is None:
        returned_at = _later(rng, completed, 48, 480)
        steps.append(Step(returned_at, "COMPLETED"))
    return Life(tuple(steps), paid_at, shipped, completed, returned_at)
