"""Who is told, and when: routes, and quiet hours in the tenant's zone. All functions are pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from marketing_assets.alerts.config import AlertsConfig, QuietHours, Route


def channels_for(config: AlertsConfig, *, severity: str, kind: str, asset: str = "") -> tuple[str, ...]:
    """The channels that hear of it, in the file's order; every channel where there are no routes."""
    if not config.routes:
        return tuple(config.channels)
    wanted: set[str] = set()
    for route in config.routes:
        if _matches(route, severity, kind, asset):
            wanted |= set(route.channels)
            if route.stop:
                break
    return tuple(name for name in config.channels if name in wanted)


def _matches(route: Route, severity: str, kind: str, asset: str) -> bool:
    return (
        (not route.severity or severity in route.severity)
        and (not route.kind or kind in route.kind)
        and (not route.asset or any(_below(asset, prefix) for prefix in route.asset))
    )


def _below(asset: str, prefix: str) -> bool:
    parts, wanted = asset.split("/"), prefix.strip("/").split("/")
    return parts[: len(wanted)] == wanted


def not_before(quiet: QuietHours | None, zone: ZoneInfo, now: datetime, severity: str) -> datetime:
    """When a message of that severity may be sent: now, or at the end of the quiet hours."""
    if quiet is None or severity in quiet.let_through:
        return now
    today = now.astimezone(zone).date()
    spans = [_span(quiet, zone, today + timedelta(days=offset)) for offset in (-1, 0)]
    return next((end for start, end in spans if start <= now < end), now)


def _span(quiet: QuietHours, zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """The quiet hours that begin on a day, as instants.

    A time that the clocks pass twice begins with its first and ends with its second pass. One that they
    jump over begins and ends as far from the jump as it lies behind its edge, on the quiet side.
    """
    last = day + timedelta(days=1) if quiet.end <= quiet.start else day
    return min(_instants(day, quiet.start, zone)), max(_instants(last, quiet.end, zone))


def _instants(day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    local = datetime.combine(day, at, tzinfo=zone)
    return [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
