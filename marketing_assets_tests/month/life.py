"""One tenant's month: moves the clock from moment to moment, acts as the world, ticks as the daemon."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from marketing_assets.alerts import acting
from marketing_assets.collector import leave_definitions_alone
from marketing_assets.partitions import DayRange
from marketing_assets.sandbox.server import Sandbox
from marketing_assets_tests.alerts.mailbox import Mailbox, mail_server
from marketing_assets_tests.alerts.receivers import Server, serving, signed_webhook
from marketing_assets_tests.e2e.house import House
from marketing_assets_tests.installation import (
    SEED,
    UNTHROTTLED,
    Installation,
    build,
    range_tags,
    shipped,
    write_tenant,
)
from marketing_assets_tests.month.acts import ACTS
from marketing_assets_tests.month.clock import MonthClock, month_clock
from marketing_assets_tests.month.comparing import Compared
from marketing_assets_tests.month.daemon import Daemon, sensors_of
from marketing_assets_tests.month.moments import ACT, Moment, local, looks, span, ticks, together
from marketing_assets_tests.month.plan import (
    ALERTS,
    LOOKS,
    SCHEDULES,
    STANDING,
    Native,
    Planted,
    day_of,
    is_evaluated,
    native,
    planted,
)
from marketing_assets_tests.month.records import records
from marketing_assets_tests.month.told import Due, Judgement, Seen, judge
from marketing_assets_tests.month.truth import compare_marts

LAST_TICK = timedelta(hours=3, minutes=31)
"""How long the month goes on into the day after it: until the nightly refresh, which settles its last day."""

ONE_DAY = timedelta(days=1)


@dataclass
class Lived:
    """What became of a tenant's month."""

    tenant: str
    days: DayRange
    daemon: Daemon
    acts: list[str] = field(default_factory=list)
    judgement: Judgement = field(default_factory=lambda: Judgement((), ()))
    marts: list[Compared] = field(default_factory=list)
    requests: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """Deviations besides those of incidents and marts."""

    @property
    def deviations(self) -> list[str]:
        marts = [f"{m.mart}: {text}" for m in self.marts for text in m.differences]
        return [*self.wrong, *self.judgement.deviations, *marts]


@dataclass
class Channels:
    mail: Mailbox
    hook: Server


@contextmanager
def channels(installation: Installation, tenant: str) -> Iterator[Channels]:
    """A mail server and a webhook that the tenant's alerts go to."""
    key = installation.settings.secrets_dir / tenant / "alert_hook"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_text("month-key", encoding="utf-8")
    with mail_server() as (box, mail), serving(signed_webhook(b"month-key")) as hook:
        config = {
            "channels": {
                "mail": mail,
                "hook": {
                    "type": "webhook",
                    "url": f"{hook.url}/",
                    "secret": {"file": f"{tenant}/alert_hook"},
                },
            },
            **ALERTS,
        }
        folder = installation.tenants / tenant
        folder.mkdir(exist_ok=True)
        (folder / "alerts.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        yield Channels(box, hook)


def live(tenant: str, days: DayRange, history: int, folder: Path, tell: Any) -> Lived:
    """Live through the days, after `history` days that are filled at once; `tell` takes a line."""
    first = days.first - timedelta(days=history)
    parsed = folder / "parsed"
    parsed.mkdir(parents=True)
    zone = _zone(tenant)
    start, end = span(days, zone)
    with month_clock(start - timedelta(hours=1)) as clock:
        sandbox = Sandbox(SEED, clock.now(), port=0)
        sandbox.world.settings.update(UNTHROTTLED)
        with sandbox:
            made = build(folder / tenant, sandbox, parsed)
            changes = {"start_date": f"{first}", "schedules": dict(SCHEDULES[tenant])}
            write_tenant(made.tenants, tenant, shipped(tenant, sandbox, **changes))
            made = replace(made, more={"MARKETING_TENANTS": tenant})
            with channels(made, tenant) as heard, made.entered(), records() as instance:
                house = House(made, instance)
                leave_definitions_alone()
                life = _Life(house, tenant, clock, Daemon(house.definitions, instance), tell)
                life.fill(DayRange(first, days.first - ONE_DAY))
                life.pass_through(days, start, end, native(tenant, days, history))
                return life.account(DayRange(first, days.last + ONE_DAY), days, heard)


def _zone(tenant: str) -> Any:
    from marketing_assets.tenants import Tenant

    return Tenant.model_validate(shipped(tenant)).zone


class _Life:
    def __init__(self, house: House, tenant: str, clock: MonthClock, daemon: Daemon, tell: Any):
        self.house, self.tenant, self.clock, self.daemon, self.tell = house, tenant, clock, daemon, tell
        self.acts: list[str] = []
        self.due: list[Due] = []
        self.seconds: dict[str, float] = defaultdict(float)
        self.zone = house.zone(tenant)

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[what] += time.process_time() - began

    def fill(self, days: DayRange) -> None:
        """The history and the first snapshots, as `marketing materialize` of a new tenant does."""
        with self.timed("history"):
            request = dg.RunRequest(tags={**range_tags(days), "marketing/with_models": "true"})
            self.daemon.start([request], "history", f"{self.tenant}_refresh")
            self.daemon.follow(self.tenant)
        self.tell(f"{self.tenant}: {days} filled, {self.seconds['history']:.0f} s of a processor")

    def pass_through(self, days: DayRange, start: datetime, end: datetime, natives: Sequence[Native]) -> None:
        found = self.daemon.repository.schedule_defs
        own = [s for s in found if s.name.startswith(f"{self.tenant}_")]
        moments = [*ticks(own, start, end + LAST_TICK)]
        moments += looks({f"{self.tenant}_{name}": hours for name, hours in LOOKS.items()}, days, self.zone)
        for event in natives:
            begun, ended = span(DayRange(event.first, event.last), self.zone)
            self.due.append(Due(event.what, event.alert, begun, ended, ends_by=True))
        acts = {}
        for one in planted(self.tenant, days):
            begin, ended = ACTS[one.act]
            self.due += _due(one, self.zone)
            acts[_at(one.begins, self.zone), one.what] = begin, one
            if ended is not None and one.ends is not None:
                acts[_at(one.ends, self.zone), one.what] = ended, one
        moments += [Moment(at, ACT, "act", what) for at, what in acts]
        day, began = days.first, time.process_time()
        for same in together(m for m in moments if m.kind == "act" or self._is_evaluated(m.at)):
            now = same[0].at.astimezone(self.zone).date()
            if now != day:
                runs = sum(1 for run in self.daemon.runs if run.at.astimezone(self.zone).date() == day)
                self.tell(f"{self.tenant}: {day}, {runs} runs, {time.process_time() - began:.0f} s")
                day, began = now, time.process_time()
            self.clock.move_to(same[0].at)
            self.house.sandbox.world.clock.set_as_of(self.clock.now())
            with self.timed(", ".join(m.name if m.kind == "tick" else m.kind for m in same)):
                self._pass(same, acts)

    def _is_evaluated(self, at: datetime) -> bool:
        return is_evaluated(self.tenant, at.astimezone(self.zone))

    def _pass(self, same: list[Moment], acts: Mapping[tuple[datetime, str], tuple[Any, Planted]]) -> None:
        first = same[0]
        if first.kind == "tick":
            self._after(self.daemon.due([m.name for m in same], first.at))
        elif first.kind == "look":
            self._after(self.daemon.look(first.name))
        else:
            act, one = acts[first.at, first.name]
            said = act(self.house, self.tenant, one.settings, first.at)
            self.acts.append(f"{first.at.astimezone(self.zone):%d %b %H:%M} {one.what}: {said}")
            if one.act == "flood":
                self._drain()

    def _drain(self) -> None:
        """The sensor of the inbox, every half a minute until it asks for nothing more."""
        for _ in range(12):
            started = self.daemon.look(f"{self.tenant}_webhooks")
            self._after(started)
            if not started and not self._waiting():
                return
            self.clock.move_to(self.clock.now() + timedelta(seconds=30))

    def _waiting(self) -> int:
        from marketing_assets.webhooks.inbox import Inbox

        inbox = Inbox(self.house.installation.settings)
        try:
            return 0 if inbox.oldest(self.tenant) is None else 1
        finally:
            inbox.close()

    def _after(self, started: int) -> None:
        """What looks after runs: the conditions of models, and alerts."""
        for _ in range(3):
            if not started:
                return
            started = self.daemon.follow(self.tenant)
            for name in sensors_of(self.daemon.definitions, self.tenant):
                if "_alert" in name:
                    started += self.daemon.look(name)

    def account(self, all_days: DayRange, days: DayRange, heard: Channels) -> Lived:
        with self.timed("alerts"):
            self.daemon.look(f"{self.tenant}_alert_delivery")
        seen = self._seen(heard)
        standing = [s for s in STANDING if s.tenant == self.tenant]
        with self.timed("comparing"):
            marts = compare_marts(self.house, self.tenant, all_days)
        wrong = [f"the inbox is not empty: {self.daemon.skips}"] if self._waiting() else []
        refused = [f"the webhook refused: {text}" for text in heard.hook.refused]
        return Lived(
            tenant=self.tenant,
            days=days,
            daemon=self.daemon,
            acts=self.acts,
            judgement=judge(self.due, standing, seen, ("mail", "hook")),
            marts=marts,
            requests=self.house.sandbox.world.visits.report(0).get("total", 0),
            seconds=dict(self.seconds),
            wrong=[*wrong, *refused],
        )

    def _seen(self, heard: Channels) -> list[Seen]:
        told = {
            "mail": _counts(_sections_of_mail(heard.mail.mails)),
            "hook": _counts(s for r in heard.hook.taken for s in r.json["sections"]),
        }
        kept = acting.incidents(
            self.house.installation.settings, self.house.tenant(self.tenant), only_open=False
        )
        return [
            Seen(
                id=one.id,
                asset=one.key.asset,
                check=one.key.check,
                entity=one.key.entity,
                severity=one.finding.severity,
                opened=one.opened_at,
                recovered=one.recovered_at,
                alerts={channel: counts[one.id, False] for channel, counts in told.items()},
                recoveries={channel: counts[one.id, True] for channel, counts in told.items()},
                text=one.finding.text,
            )
            for one in kept
        ]


def _counts(sections: Any) -> Mapping[tuple[str, bool], int]:
    """How often each incident was told, and how often its end."""
    found: dict[tuple[str, bool], int] = defaultdict(int)
    for section in sections:
        if incident := dict(section["facts"]).get("Incident"):
            found[incident, section["title"].startswith("RECOVERED")] += 1
    return found


def _sections_of_mail(mails: list[EmailMessage]) -> Iterator[dict[str, Any]]:
    """Title and incident of each section of the mails' text."""
    for mail in mails:
        body = mail.get_body(("plain",))
        text = body.get_content().replace("\r\n", "\n") if body else ""
        for block in text.split("\n\n"):
            lines = block.strip().splitlines()
            for line in lines:
                if line.startswith("Incident: "):
                    yield {
                        "title": lines[0],
                        "facts": [("Incident", line.removeprefix("Incident: ").strip())],
                    }


def _at(when: tuple[int, str], zone: Any) -> datetime:
    return local(day_of(when[0]), when[1], zone)


def _due(one: Planted, zone: Any) -> list[Due]:
    if one.alert is None:
        return []
    return [Due(one.what, one.alert, _at(one.begins, zone), _at(one.ends or one.begins, zone))]
