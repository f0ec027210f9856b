"""The fields of an insights row: how each is said, from a row's parts. Numbers are strings on the wire."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from marketing_assets.sandbox.accounts import MetaAccount
from marketing_assets.sandbox.advertising.facts import COLUMN
from marketing_assets.sandbox.advertising.nodes import Node
from marketing_assets.sandbox.apis.meta.actions import action_list, money, roas_list, value_list


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a report: `parts` as in facts.COLUMNS; `node` is None at account level."""

    account: MetaAccount
    node: Node | None
    start: date
    stop: date
    cell: tuple[str, ...]
    parts: np.ndarray
    windows: Sequence[str]

    def part(self, name: str) -> int:
        """One of the parts."""
        return int(self.parts[COLUMN[name]])

    def clicks(self) -> int:
        """All clicks on the ad."""
        return self.part("link_clicks") + self.part("other_clicks")

    def above(self, level: str) -> Node | None:
        """The row's object at a level; None when the row stands higher."""
        return self.node.line.get(level) if self.node else None


def _ratio(upper: float, lower: float, digits: int = 6) -> str | None:
    return f"{upper / lower:.{digits}f}" if lower else None


def _count(name: str) -> Callable[[Row], str]:
    return lambda row: str(row.part(name))


def _identity(level: str, told: Callable[[Node], str]) -> Callable[[Row], str | None]:
    def of(row: Row) -> str | None:
        node = row.above(level)
        return told(node) if node else None

    return of


def _clicked_out(row: Row) -> list[dict[str, str]]:
    clicks = row.part("link_clicks")
    return [{"action_type": "outbound_click", "value": str(clicks)}] if clicks else []


def _cost_per_action(row: Row) -> list[dict[str, str]]:
    spend = row.part("spend") / 100
    return [
        {"action_type": action["action_type"], "value": f"{spend / int(action['value']):.6f}"}
        for action in action_list(row.parts, ())
    ]


# A field that gives None or an empty list is absent from the row.
FIELDS: dict[str, Callable[[Row], Any]] = {
    "account_id": lambda row: row.account.account_id,
    "account_name": lambda row: row.account.name,
    "account_currency": lambda row: row.account.currency,
    "campaign_id": _identity("campaign", lambda node: node.node_id),
    "campaign_name": _identity("campaign", lambda node: node.name),
    "adset_id": _identity("adset", lambda node: node.node_id),
    "adset_name": _identity("adset", lambda node: node.name),
    "ad_id": _identity("ad", lambda node: node.node_id),
    "ad_name": _identity("ad", lambda node: node.name),
    "objective": _identity("campaign", lambda node: node.campaign.objective),
    "optimization_goal": _identity("campaign", lambda node: node.campaign.goal),
    "buying_type": _identity("campaign", lambda node: "AUCTION"),
    "attribution_setting": lambda row: "7d_click_1d_view",
    "created_time": _identity("ad", lambda node: node.created.isoformat()),
    "updated_time": _identity("ad", lambda node: node.created.isoformat()),
    "impressions": _count("impressions"),
    "reach": _count("reach"),
    "frequency": lambda row: _ratio(row.part("impressions"), row.part("reach")),
    "clicks": lambda row: str(row.clicks()),
    "unique_clicks": lambda row: str(min(row.clicks(), row.part("reach"))),
    "inline_link_clicks": lambda row: str(row.part("link_clicks")) if row.part("link_clicks") else None,
    "inline_post_engagement": lambda row: str(row.part("link_clicks") + row.part("reactions")),
    "outbound_clicks": _clicked_out,
    "spend": lambda row: money(row.part("spend")),
    "social_spend": lambda row: "0.00",
    "cpc": lambda row: _ratio(row.part("spend") / 100, row.clicks()),
    "cpm": lambda row: _ratio(row.part("spend") * 10, row.part("impressions")),
    "cpp": lambda row: _ratio(row.part("spend") * 10, row.part("reach")),
    "ctr": lambda row: _ratio(row.clicks() * 100, row.part("impressions")),
    "inline_link_click_ctr": lambda row: _ratio(row.part("link_clicks") * 100, row.part("impressions")),
    "cost_per_inline_link_click": lambda row: _ratio(row.part("spend") / 100, row.part("link_clicks")),
    "actions": lambda row: action_list(row.parts, row.windows),
    "action_values": lambda row: value_list(row.parts, row.windows),
    "cost_per_action_type": _cost_per_action,
    "purchase_roas": lambda row: roas_list(row.parts),
    "date_start": lambda row: row.start.isoformat(),
    "date_stop": lambda row: row.stop.isoformat(),
}

DEFAULT_FIELDS = ("account_id", "impressions", "spend")


def told(row: Row, fields: Sequence[str], cell_names: Sequence[str]) -> dict[str, Any]:
    """The row as JSON: asked fields, dates and breakdown values."""
    said = {name: FIELDS[name](row) for name in (*fields, "date_start", "date_stop")}
    present = {name: value for name, value in said.items() if value is not None and value != []}
    return {**present, **dict(zip(cell_names, row.cell, strict=True))}
