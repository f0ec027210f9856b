"""Whatever happens to an incident: at most one alert and one recovery each, and no recovery unheard of."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from marketing_assets.alerts import lifecycle
from marketing_assets.alerts.codec import incident_from_json, incident_to_json
from marketing_assets.alerts.finding import Days, Finding, Key
from marketing_assets.alerts.lifecycle import Incident, Notice, Status
from marketing_assets_tests.alerts.house import NOON

KEY = Key("siam/raw/shopee_orders", "watch")
DAY = timedelta(days=1)
LIMIT = timedelta(hours=24)
days = st.sampled_from(["2026-11-10", "2026-11-11", "2026-11-12"])
events = st.one_of(
    st.tuples(st.just("fail"), st.sampled_from(["WARN", "ERROR"]), days),
    st.tuples(st.just("pass"), st.none(), days),
    st.tuples(st.just("ack"), st.none(), st.none()),
    st.tuples(st.just("mute"), st.sampled_from([0, 1, 30]), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 10, 25]), st.none()),
)


class Life:
    """All incidents of one key, and what was told of each."""

    def __init__(self) -> None:
        self.now = NOON
        self.muted_until = None
        self.incidents: list[Incident] = []
        self.told: list[list[Notice]] = []

    @property
    def open(self) -> Incident | None:
        last = self.incidents[-1] if self.incidents else None
        return last if last is not None and last.recovered_at is None else None

    def keep(self, step: lifecycle.Step) -> None:
        incident, notice = step
        assert incident_from_json(incident_to_json(incident)) == incident
        self.incidents[-1] = incident
        if notice is not None:
            assert not (incident.is_muted(self.now) and notice is not Notice.RECOVERED)
            self.told[-1].append(notice)

    def do(self, what: str, how: object, day: str | None) -> None:
        if what == "fail":
            finding = Finding(KEY, "check", str(how), "wrong", Days(day, day), frozenset({KEY.asset}))
            if self.open is None:
                step = lifecycle.opened(str(len(self.incidents)), finding, "run", self.now, self.muted_until)
                self.incidents.append(step[0])
                self.told.append([])
            else:
                step = lifecycle.failed_again(self.open, finding, "run", self.now)
            self.keep(step)
        elif what == "wait":
            self.now += timedelta(hours=int(str(how)))
            if self.open is not None:
                self.keep(lifecycle.time_passed(self.open, self.now, LIMIT))
        elif what == "mute":
            self.muted_until = self.now + timedelta(hours=int(str(how))) if how else None
            if self.open is not None:
                self.keep((lifecycle.muted(self.open, self.muted_until), None))
        elif self.open is not None:
            if what == "pass":
                before = self.open
                step = lifecycle.passed(before, Days(day, day), "run", self.now)
                assert (step[0].recovered_at is None) == (day < before.days.last)
                self.keep(step)
            else:
                self.keep((lifecycle.acknowledged(self.open, "me", self.now), None))


@given(st.lists(events, max_size=40))
def test_an_incident_is_told_once_worse_at_most_twice_and_over_once(sequence: list[tuple]) -> None:
    life = Life()
    for event in sequence:
        life.do(*event)
        assert sum(i.recovered_at is None for i in life.incidents) <= 1
    for incident, told in zip(life.incidents, life.told, strict=True):
        assert told.count(Notice.OPENED) <= 1
        assert told.count(Notice.ESCALATED) <= 2, "once for its severity, once for its age"
        assert (told.count(Notice.RECOVERED) == 1) == (
            incident.recovered_at is not None and Notice.OPENED in told
        )
        assert told[:1] in ([], [Notice.OPENED]), "nothing is told before it was opened"
        assert Notice.RECOVERED not in told[:-1], "and nothing after it is over"
        assert (incident.told_at is not None) == (Notice.OPENED in told)
        assert incident.status(life.now) in set(Status)


@given(st.lists(events, max_size=40))
def test_what_nobody_muted_is_told_at_once_and_its_end_too(sequence: list[tuple]) -> None:
    life = Life()
    for event in sequence:
        if event[0] != "mute":
            life.do(*event)
    for incident, told in zip(life.incidents, life.told, strict=True):
        assert told[0] is Notice.OPENED
        assert (told[-1] is Notice.RECOVERED) == (incident.recovered_at is not None)
