"""`filtering`: which objects and rows a request wants, and what is hidden from it by default."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketing_assets.sandbox.advertising.nodes import HIDDEN, LEVELS, Level, Node
from marketing_assets.sandbox.apis.meta.errors import parameter

STATUSES = frozenset(
    (
        "ACTIVE",
        "ADSET_PAUSED",
        "ARCHIVED",
        "CAMPAIGN_PAUSED",
        "DELETED",
        "DISAPPROVED",
        "IN_PROCESS",
        "PAUSED",
        "PENDING_BILLING_INFO",
        "PENDING_REVIEW",
        "PREAPPROVED",
        "WITH_ISSUES",
    )
)

# What can be asked of an object, on its day.
ASPECTS: dict[str, Callable[[Node, date], str]] = {
    "id": lambda node, day: node.node_id,
    "name": lambda node, day: node.name,
    "effective_status": lambda node, day: node.effective_status(day),
    "objective": lambda node, day: node.campaign.objective,
}

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL": lambda found, wanted: found == wanted,
    "NOT_EQUAL": lambda found, wanted: found != wanted,
    "IN": lambda found, wanted: found in wanted,
    "NOT_IN": lambda found, wanted: found not in wanted,
    "CONTAIN": lambda found, wanted: str(wanted).lower() in str(found).lower(),
    "NOT_CONTAIN": lambda found, wanted: str(wanted).lower() not in str(found).lower(),
    "GREATER_THAN": lambda found, wanted: float(found) > float(wanted),
    "LESS_THAN": lambda found, wanted: float(found) < float(wanted),
}

COMPARISONS = ("GREATER_THAN", "LESS_THAN")

# Row figures that can be filtered on, as named in `facts.COLUMNS`.
FIGURES = ("spend", "impressions", "reach")


@dataclass(frozen=True)
class Condition:
    """One filter: on an aspect of the object at `level`, or on a figure of the row (level None)."""

    level: Level | None
    aspect: str
    operator: str
    value: Any

    def holds(self, node: Node, day: date) -> bool:
        """Does the object, or the one above it which the filter names, pass? `day` is the account's today."""
        holder = node.line.get(self.level or "")
        if holder is None:
            return True
        return OPERATORS[self.operator](ASPECTS[self.aspect](holder, day), self.value)


def parse(declared: Any, own_level: Level | None = None) -> tuple[Condition, ...]:
    """Conditions from `[{"field": "ad.effective_status", "operator": "IN", "value": [...]}]`."""
    if not isinstance(declared, list) or not all(isinstance(item, Mapping) for item in declared):
        raise parameter("param filtering must be an array of objects with field, operator and value")
    return tuple(_condition(item, own_level) for item in declared)


def _condition(item: Mapping[str, Any], own_level: Level | None) -> Condition:
    field, operator = str(item.get("field", "")), str(item.get("operator", "")).upper()
    if operator not in OPERATORS:
        raise parameter(
            f"filtering: operator must be one of {', '.join(OPERATORS)}, got {operator or 'nothing'}"
        )
    if "value" not in item:
        raise parameter("filtering: value is missing")
    value = item["value"]
    if operator in COMPARISONS and (field not in FIGURES or not _is_number(value)):
        raise parameter(f"filtering: {operator} compares {', '.join(FIGURES)} with a number")
    if operator in ("IN", "NOT_IN") and not isinstance(value, list):
        raise parameter(f"filtering: {operator} wants a list")
    if field in FIGURES and own_level is None:
        return Condition(None, field, operator, value)
    level, _, aspect = field.replace("campaign_group.", "campaign.").rpartition(".")
    for known in LEVELS:
        if (level == known or (not level and known == own_level)) and aspect in ASPECTS:
            _check_statuses(aspect, value)
            return Condition(
                known, aspect, operator, [str(v) for v in value] if isinstance(value, list) else str(value)
            )
    raise parameter(f"Filtering field '{field}' with operation '{operator.lower()}' is not supported")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or str(value).replace(".", "", 1).isdigit()


def _check_statuses(aspect: str, value: Any) -> None:
    for status in value if isinstance(value, list) else [value]:
        if aspect == "effective_status" and status not in STATUSES:
            raise parameter(f"effective_status must be one of {', '.join(sorted(STATUSES))}, got {status}")


def visible(node: Node, conditions: tuple[Condition, ...], today: date) -> bool:
    """Is the object listed at its level? Deleted and archived ones only where a filter on status says so."""
    if not all(condition.holds(node, today) for condition in conditions if condition.level is not None):
        return False
    asked = any(c.level == node.level and c.aspect == "effective_status" for c in conditions)
    return asked or node.effective_status(today) not in HIDDEN
