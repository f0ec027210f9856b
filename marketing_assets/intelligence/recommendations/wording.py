"""How recommendations are put into words: plain sentences, figures with their unit. Pure."""

from __future__ import annotations

from datetime import date

from marketing_assets.intelligence.recommendations.candidate import Names, Row

METRICS = {
    "aov": "average order value",
    "avg_order_value": "average order value",
    "ctr": "click rate",
    "cpc": "cost per click",
    "cpm": "cost per thousand impressions",
    "cpa": "cost per conversion",
    "roas": "ROAS",
    "spend": "ad spend",
}

MONEY = {"revenue", "profit", "spend", "aov", "avg_order_value", "cpc", "cpm", "cpa"}
"""Metrics that are amounts of money."""

_WHOLE_FROM = 100


def metric_name(metric: str) -> str:
    return METRICS.get(metric, metric.replace("_", " "))


def number(value: float) -> str:
    """A figure that people can say: 12,345 or 3.21."""
    if abs(value) >= _WHOLE_FROM or value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def amount(value: float, metric: str, currency: str | None) -> str:
    """A metric's value, with its currency where it is money."""
    return f"{number(value)} {currency}" if currency and metric in MONEY else number(value)


def share(value: float) -> str:
    """A share in per cent: 0.123 → 12 %."""
    return f"{100 * value:.0f} %"


def day_name(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def month_name(day: date) -> str:
    return f"{day:%B %Y}"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".!?" else f"{text}."


def sentences(*texts: str) -> str:
    """Those that say something, one after the other."""
    return " ".join(sentence(text) for text in texts if text.strip())


def entity(row: Row, names: Names) -> str:
    """What people call what the row is about, with its platform."""
    platform = names.get(row["platform"] or "", row["platform"] or "")
    name = row.get("entity_name") or row.get("name") or row["entity_id"]
    if not platform or name == row["platform"] or name == platform:
        return platform or str(name)
    return f"“{name}” on {platform}"
