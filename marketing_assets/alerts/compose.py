"""From the notices of one moment to one message: what, since when, how much money, why, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from marketing_assets.alerts.config import AlertsConfig
from marketing_assets.alerts.finding import Finding
from marketing_assets.alerts.lifecycle import Incident, Notice
from marketing_assets.alerts.message import ChartSpec, Message, Section
from marketing_assets.partitions import ONE_DAY, local_day
from marketing_assets.tenants import Tenant

Told = tuple[Notice, Incident]

_AFFECTED_SHOWN = 5
_ORDER = {Notice.ESCALATED: 0, Notice.OPENED: 1, Notice.RECOVERED: 2}
_WORDS = {Notice.OPENED: "", Notice.ESCALATED: "escalated", Notice.RECOVERED: "recovered"}


def severity_of(notice: Notice, incident: Incident) -> str:
    """How loud a notice is; a recovery is as loud as what it ends."""
    return incident.told_severity if notice is Notice.RECOVERED else incident.finding.severity


def loudest(told: Sequence[Told]) -> str:
    return "ERROR" if any(severity_of(*one) == "ERROR" for one in told) else "WARN"


def compose(tenant: Tenant, config: AlertsConfig, told: Sequence[Told], now: datetime) -> Message:
    """One message of everything that is told at once, the worst first."""
    ordered = sorted(told, key=lambda one: (_ORDER[one[0]], severity_of(*one) != "ERROR"))
    wrong = [one for one in ordered if one[0] is not Notice.RECOVERED]
    shown = [incident.finding for _, incident in ordered if incident.finding.kind != "privacy"]
    return Message(
        title=f"{tenant.display_name}: {_title(ordered)}",
        sections=tuple(_section(tenant, config, notice, incident, now) for notice, incident in ordered),
        severity=loudest(wrong) if wrong else "",
        # A request in a person's name has nothing to do with figures.
        chart=_chart(tenant, shown[0], now) if shown else None,
    )


def _title(told: Sequence[Told]) -> str:
    if len(told) == 1:
        notice, incident = told[0]
        word = _WORDS[notice] or severity_of(notice, incident)
        return f"{word} – {_what(incident.finding)}"
    wrong = [one for one in told if one[0] is not Notice.RECOVERED]
    parts = [f"{len(wrong)} alerts"] if len(wrong) > 1 else ["1 alert"] if wrong else []
    if len(told) > len(wrong):
        parts.append(f"{len(told) - len(wrong)} recovered")
    return f"{', '.join(parts)} – {_what(told[0][1].finding)} and more"


def _what(finding: Finding) -> str:
    asset = finding.key.asset.split("/")[-1]
    what = "cannot be fetched" if finding.kind == "connection" else finding.key.check
    if finding.kind == "step":
        what = "failed"
    return f"{asset}: {what}{_entity(finding)}"


def _entity(finding: Finding) -> str:
    return f" ({finding.key.entity})" if finding.key.entity else ""


def _section(
    tenant: Tenant, config: AlertsConfig, notice: Notice, incident: Incident, now: datetime
) -> Section:
    finding, zone = incident.finding, tenant.zone
    label = "RECOVERED" if notice is Notice.RECOVERED else finding.severity
    since = finding.since or _local(incident.opened_at, zone)
    facts = [("What", finding.text), ("Since", since)]
    if notice is Notice.RECOVERED:
        facts = [
            ("What it was", finding.text),
            ("Open", f"{_local(incident.opened_at, zone)} to {_local(now, zone)}"),
        ]
    if notice is Notice.ESCALATED:
        facts.append(("Escalated", _why_escalated(incident, now)))
    facts += [("Days of the run", days)] if (days := _days(incident)) else []
    if finding.money is not None:
        facts.append(("Money at stake", f"{finding.money:,.2f} {finding.currency}".strip()))
    if notice is not Notice.RECOVERED:
        facts += [("Likely cause", finding.likely_cause)] if finding.likely_cause else []
        facts += [("Also affected", _affected(finding))] if finding.explains else []
        facts.append(("Next step", finding.next_step or _default_step(finding)))
    facts.append(("Incident", incident.id))
    title = f"{label}: {finding.key.asset} · {finding.key.check}{_entity(finding)}"
    return Section(title, tuple(facts), _links(config, incident))


def _why_escalated(incident: Incident, now: datetime) -> str:
    if incident.aged_at == now:
        hours = (now - incident.opened_at).total_seconds() / 3600
        return f"still open after {hours:.0f} hours, and nobody has acknowledged it"
    return "it was a warning and is an error now"


def _affected(finding: Finding) -> str:
    names = [f"{f.key.asset.split('/', 1)[-1]} · {f.key.check}{_entity(f)}" for f in finding.explains]
    more = len(names) - _AFFECTED_SHOWN
    return "; ".join(names[:_AFFECTED_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _default_step(finding: Finding) -> str:
    if finding.kind == "check":
        return "Open the check in the UI and look at what it found; materialise the days again once mended."
    return "Open the run, mend what its failed step says, and run the days again."


def _days(incident: Incident) -> str:
    first, last = incident.days.first, incident.days.last
    if first is None or last is None:
        return ""
    return first if first == last else f"{first} to {last}"


def _local(instant: datetime, zone: ZoneInfo) -> str:
    local = instant.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname() if (local.tzname() or '')[:1].isalpha() else zone.key}"


def _links(config: AlertsConfig, incident: Incident) -> tuple[tuple[str, str], ...]:
    if config.ui_url is None:
        return ()
    base = str(config.ui_url).rstrip("/")
    finding = incident.finding
    asset = finding.key.asset if finding.kind == "check" else next(iter(sorted(finding.covers)), "")
    view = f"?view=checks&checkDetail={quote(finding.key.check)}" if finding.kind == "check" else ""
    links = [("Run", f"{base}/runs/{quote(incident.last_run)}")] if incident.last_run else []
    return ((("Asset", f"{base}/assets/{quote(asset)}{view}"), *links)) if asset else tuple(links)


def _chart(tenant: Tenant, finding: Finding, now: datetime) -> ChartSpec:
    # Today is not over, so its figures would look like a fall.
    yesterday = local_day(now, tenant.zone) - ONE_DAY
    return ChartSpec(yesterday.isoformat(), finding.metric, dict(finding.metric_filter))
