"""From the days of the ads world to the rows of one report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from marketing_assets.sandbox.advertising.facts import COLUMN, COLUMNS
from marketing_assets.sandbox.advertising.nodes import Node, ads_running
from marketing_assets.sandbox.advertising.reported import Advertising, Seen, split
from marketing_assets.sandbox.apis.meta import breakdowns
from marketing_assets.sandbox.apis.meta.fields import FIELDS, Row
from marketing_assets.sandbox.apis.meta.filters import OPERATORS, visible
from marketing_assets.sandbox.apis.meta.query import Query

REACH = COLUMN["reach"]

# People are reached by several ads and on several days: the reach of n of them is their sum over n to this.
OVERLAP = 0.2


@dataclass
class Group:
    """Sums for one object and bucket: cells x COLUMNS, and what is needed for the people reached."""

    node: Node | None
    start: date
    stop: date
    parts: np.ndarray
    most_reached: np.ndarray
    times: np.ndarray

    def add(self, parts: np.ndarray) -> None:
        """Take in ads x cells x COLUMNS."""
        self.parts += parts.sum(axis=0)
        reached = parts[:, :, REACH]
        self.most_reached = np.maximum(self.most_reached, reached.max(axis=0))
        self.times += (reached > 0).sum(axis=0)

    def settled(self) -> np.ndarray:
        """The sums, with people counted once as far as they can be."""
        if self.times.max() <= 1:
            return self.parts
        times = np.maximum(self.times, 1)
        merged = np.floor(self.parts[:, REACH] / times**OVERLAP).astype(np.int64)
        parts = self.parts.copy()
        parts[:, REACH] = np.where(times > 1, np.maximum(merged, self.most_reached), parts[:, REACH])
        return parts


def _object(query: Query, ad: Node) -> Node | None:
    return None if query.level == "account" else ad.line[query.level]


def _key(node: Node | None) -> str:
    return node.node_id if node else ""


def _wanted(query: Query, ads: tuple[Node, ...], today: date) -> list[int]:
    """Places of the ads that count: in scope, passing the filters, under an object that is shown."""
    return [place for place, ad in enumerate(ads) if _counts(query, ad, today)]


def _counts(query: Query, ad: Node, today: date) -> bool:
    scope = query.scope
    if scope is not None and ad.line[scope.level].node_id != scope.node_id:
        return False
    if not all(condition.holds(ad, today) for condition in query.conditions if condition.level):
        return False
    shown = _object(query, ad)
    return shown is None or _key(shown) == _key(scope) or visible(shown, query.conditions, today)


def _days(query: Query, today: date) -> Iterator[date]:
    for number in range((min(query.until, today) - query.since).days + 1):
        yield query.since + timedelta(days=number)


def size(ads_world: Advertising, query: Query) -> int:
    """How many rows the report may have, told without making it."""
    today = ads_world.today(query.tenant)
    keys: set[tuple[date, str]] = set()
    for day in _days(query, today):
        ads = ads_running(query.tenant, day)
        start, _ = query.bucket(day)
        keys |= {(start, _key(_object(query, ads[place]))) for place in _wanted(query, ads, today)}
    return len(keys) * (len(query.breakdown.cells) if query.breakdown else 1)


def rows(ads_world: Advertising, query: Query) -> list[Row]:
    """The report's rows, by bucket, then in the account's order; objects without delivery have none."""
    today = ads_world.today(query.tenant)
    groups: dict[tuple[date, str], Group] = {}
    for day in _days(query, today):
        seen = ads_world.seen(query.tenant, day)
        if seen is not None:
            _collect(ads_world, query, seen, today, groups)
    return [row for group in groups.values() for row in _rows_of(ads_world, query, group)]


def _collect(
    ads_world: Advertising, query: Query, seen: Seen, today: date, groups: dict[tuple[date, str], Group]
) -> None:
    start, stop = query.bucket(seen.day)
    by_object: dict[str, list[int]] = {}
    objects: dict[str, Node | None] = {}
    for place in _wanted(query, seen.ads, today):
        node = _object(query, seen.ads[place])
        key = _key(node)
        objects[key] = node
        by_object.setdefault(key, []).append(place)
    if not by_object:
        return
    parts = _parts(ads_world, query, seen)
    cells = parts.shape[1]
    for key, places in by_object.items():
        group = groups.get((start, key))
        if group is None:
            empty = np.zeros((cells, len(COLUMNS)), dtype=np.int64)
            zeros = np.zeros(cells, dtype=np.int64)
            group = groups[start, key] = Group(objects[key], start, stop, empty, zeros, zeros.copy())
        group.add(parts[places])


def _parts(ads_world: Advertising, query: Query, seen: Seen) -> np.ndarray:
    if query.breakdown is None:
        return seen.parts[:, None, :]
    return split(seen, breakdowns.shares(ads_world.world.seed, query.breakdown, seen.ads))


def _rows_of(ads_world: Advertising, query: Query, group: Group) -> Iterator[Row]:
    account = ads_world.account(query.tenant)
    cells = [cell for cell, _ in query.breakdown.cells] if query.breakdown else [()]
    for cell, parts in zip(cells, group.settled(), strict=True):
        if parts.any():
            row = Row(account, group.node, group.start, group.stop, cell, parts, query.windows)
            if _passes(query, row):
                yield row


def _passes(query: Query, row: Row) -> bool:
    return all(
        OPERATORS[condition.operator](float(FIELDS[condition.aspect](row)), float(condition.value))
        for condition in query.conditions
        if condition.level is None
    )
