"""Reads Google's query language: SELECT … FROM … WHERE … ORDER BY … LIMIT … PARAMETERS …"""

import re
from dataclasses import dataclass, field

from marketing_assets.sandbox.apis.google_ads import errors

_TOKEN = re.compile(
    r"""\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([A-Za-z_][\w.]*)|(\d+)|(>=|<=|!=|[=<>,()]))"""
)
_CLAUSES = ("FROM", "WHERE", "ORDER", "LIMIT", "PARAMETERS")
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")


@dataclass(frozen=True)
class Condition:
    """`values` has two for BETWEEN, any number for IN and NOT IN, else one."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """`order`: fields with whether they descend."""

    select: tuple[str, ...]
    resource: str
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None


@dataclass
class _Words:
    """The words of a query; texts keep their quotes."""

    words: list[str]
    place: int = field(default=0)

    @property
    def next(self) -> str:
        return self.words[self.place] if self.place < len(self.words) else ""

    def is_next(self, *words: str) -> bool:
        return self.next.upper() in words

    def take(self) -> str:
        self.place += 1
        return self.words[self.place - 1] if self.place <= len(self.words) else ""

    def skip(self, word: str, error: str) -> None:
        if not self.is_next(word):
            raise errors.query(error, f"Error in query: expected {word} before '{self.next}'.")
        self.take()


def parse(text: str) -> Query:
    """The query; GoogleError with the reason where it is none."""
    words = _Words(_split(text))
    words.skip("SELECT", "EXPECTED_SELECT")
    select = _list(words)
    words.skip("FROM", "EXPECTED_FROM")
    resource = words.take()
    where: list[Condition] = []
    if words.is_next("WHERE"):
        words.take()
        where.append(_condition(words))
        while words.is_next("AND"):
            words.take()
            where.append(_condition(words))
    order = _order(words) if words.is_next("ORDER") else ()
    limit = _limit(words) if words.is_next("LIMIT") else None
    if words.is_next("PARAMETERS"):
        return Query(tuple(select), resource, tuple(where), order, limit)
    if words.next:
        raise errors.query("UNEXPECTED_INPUT", f"Error in query: unexpected input {words.next}.")
    return Query(tuple(select), resource, tuple(where), order, limit)


def _split(text: str) -> list[str]:
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise errors.query("BAD_SYMBOL", f"Error in query: bad symbol at '{text[place : place + 20]}'.")
        found.append(next(group for group in match.groups() if group is not None))
        place = match.end()
    return found


def _list(words: _Words) -> list[str]:
    found = [words.take()]
    while words.next == ",":
        words.take()
        found.append(words.take())
    if any(not name or not name[0].isalpha() for name in found):
        raise errors.query("BAD_FIELD_NAME", "Error in query: a field name was expected.")
    return found


def _condition(words: _Words) -> Condition:
    name = words.take()
    operator = words.take().upper()
    if operator == "NOT":
        operator = f"NOT {words.take().upper()}"
    if operator == "BETWEEN":
        low = _value(words)
        words.skip("AND", "EXPECTED_AND")
        return Condition(name, operator, (low, _value(words)))
    if operator in ("IN", "NOT IN"):
        words.skip("(", "EXPECTED_LIST")
        values = [_value(words)]
        while words.next == ",":
            words.take()
            values.append(_value(words))
        words.skip(")", "EXPECTED_LIST")
        return Condition(name, operator, tuple(values))
    if operator not in _COMPARISONS:
        raise errors.query("BAD_OPERATOR", f"Error in query: operator '{operator}' is not known here.")
    return Condition(name, operator, (_value(words),))


def _value(words: _Words) -> str:
    word = words.take()
    if not word or word in ("(", ")", ",", *_COMPARISONS):
        raise errors.query("BAD_VALUE", "Error in query: a value was expected.")
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word[0] in "'\"" else word


def _order(words: _Words) -> tuple[tuple[str, bool], ...]:
    words.take()
    words.skip("BY", "EXPECTED_BY")
    found: list[tuple[str, bool]] = []
    while True:
        name = words.take()
        falls = words.is_next("DESC")
        if words.is_next("ASC", "DESC"):
            words.take()
        found.append((name, falls))
        if words.next != ",":
            return tuple(found)
        words.take()


def _limit(words: _Words) -> int:
    words.take()
    word = words.take()
    if not word.isdigit() or int(word) == 0:
        raise errors.query(
            "BAD_LIMIT_VALUE", f"Error in query: limit must be a positive number, not '{word}'."
        )
    return int(word)
