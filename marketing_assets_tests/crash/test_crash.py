"""A run that is killed leaves every partition old or new, and the next run heals what it left."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from marketing_assets.commands.dagster_home import dagster_environment
from marketing_assets.partitions import ONE_DAY
from marketing_assets_tests.crash.states import State, damage, state
from marketing_assets_tests.installation import FILLED, WORLD_DAY, Installation, range_tags

pytestmark = [pytest.mark.xdist_group("installation"), pytest.mark.timeout(600)]

LATER = WORLD_DAY + 6 * ONE_DAY
KILLS_WHILE_FETCHING, KILLS_AFTER = 4, 2

TABLES = ("shopee_orders", "shopee_escrow", "meta_ads_insights")
_FOLLOWING = " or ".join(f'key:"siam/raw/{table}"+' for table in TABLES)
SELECT = f'({_FOLLOWING}) and +key:"siam/mart/daily_performance"'
"""Orders, settlements and ads, and what leads from them to the day's numbers."""


@dataclass
class Runner:
    """Forks runs; see `runner.py`."""

    process: subprocess.Popen[str]

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, at: Installation) -> int:
        env = at.env
        with at.entered():
            env |= dagster_environment(at.settings)
        order = {"env": env, "tenant": "siam", "tags": range_tags(FILLED), "select": SELECT}
        self.say(json.dumps(order))
        return int(self.hear())

    def ended(self) -> int:
        return int(self.hear())

    def run(self, at: Installation) -> None:
        self.start(at)
        assert self.ended() == 0


@pytest.fixture(scope="module")
def runner(filled: Installation) -> Iterator[Runner]:
    command = [sys.executable, "-m", "marketing_assets_tests.crash.runner"]
    with subprocess.Popen(
        command, env=filled.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        made = Runner(process)
        assert made.hear() == "ready"
        yield made
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


def _visits(at: Installation) -> int:
    return int(at.sandbox.world.visits.report(0)["total"])


def _await_visits(at: Installation, wanted: int, child: int) -> None:
    while _visits(at) < wanted and Path(f"/proc/{child}").exists():
        time.sleep(0.002)


@dataclass(frozen=True)
class Reference:
    """The days before and after the world went on, and how a whole run between them goes."""

    old: State
    new: State
    visits: int
    seconds_after: float


@pytest.fixture
def reference(filled: Installation, runner: Runner, tmp_path: Path) -> Iterator[Reference]:
    """A whole run of the changed world, in an installation of its own."""
    world = filled.sandbox.world
    world.clock.set_as_of(LATER)
    world.visits.clear()
    whole = filled.copy_to(tmp_path / "whole")
    child = runner.start(whole)
    seen, changed_at = 0, time.monotonic()
    while Path(f"/proc/{child}/fd").exists() and _alive(child):
        if _visits(whole) != seen:
            seen, changed_at = _visits(whole), time.monotonic()
        time.sleep(0.05)
    after = time.monotonic() - changed_at
    assert runner.ended() == 0
    yield Reference(state(filled.warehouse()), state(whole.warehouse()), seen, after)
    world.clock.set_as_of(WORLD_DAY)


def _alive(child: int) -> bool:
    try:
        return Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_at_any_point_each_partition_is_old_or_new_and_a_rerun_heals(
    filled: Installation, runner: Runner, reference: Reference, tmp_path: Path
) -> None:
    raw_old = {k: v for k, v in reference.old.items() if k[0].startswith("raw.")}
    raw_new = {k: v for k, v in reference.new.items() if k[0].startswith("raw.")}
    changed = {k for k in raw_old.keys() | raw_new.keys() if raw_old.get(k) != raw_new.get(k)}
    assert {table for table, _ in changed} == {f"raw.{table}" for table in TABLES}
    assert len(changed) == len(TABLES) * len(FILLED)

    at = filled.copy_to(tmp_path / "killed")
    draws = random.Random(20261)
    step = reference.visits / KILLS_WHILE_FETCHING
    points = [
        (round(draws.uniform(nth * step + 1, (nth + 1) * step)), draws.uniform(0, 0.4))
        for nth in range(KILLS_WHILE_FETCHING)
    ]
    points += [
        (reference.visits, draws.uniform(0, 0.7) * reference.seconds_after) for _ in range(KILLS_AFTER)
    ]
    mixed = set()
    for visits, seconds in points:
        shutil.copyfile(filled.warehouse().path, at.warehouse().path)
        filled.sandbox.world.visits.clear()
        child = runner.start(at)
        _await_visits(at, visits, child)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        assert runner.ended() == -signal.SIGKILL, "the run had ended before it was killed"

        found = state(at.warehouse(), "raw")
        for key in raw_old.keys() | raw_new.keys() | found.keys():
            assert found.get(key) in {raw_old.get(key), raw_new.get(key)}, (key, visits, seconds)
        mixed.add(frozenset(k for k in changed if found.get(k) == raw_new.get(k)))
        assert damage(at.landing, "siam") == []
    assert any(part and part != changed for part in mixed), "some were killed between two tables"

    runner.run(at)
    healed = state(at.warehouse())
    assert {k: v for k, v in healed.items() if reference.new.get(k) != v} == {}
    assert healed.keys() == reference.new.keys()
    with at.entered(), dg.DagsterInstance.get() as instance:
        statuses = [run.status for run in instance.get_runs()]
    killed = KILLS_WHILE_FETCHING + KILLS_AFTER
    assert statuses == [dg.DagsterRunStatus.SUCCESS, *[dg.DagsterRunStatus.FAILURE] * killed, *statuses[-1:]]


def test_two_overlapping_runs_end_with_one_copy_of_everything(
    filled: Installation, installation: Installation
) -> None:
    first, last = FILLED.first, FILLED.last
    started = [
        installation.start("materialize", "siam", "--from", f"{a}", "--to", f"{b}", "--select", SELECT)
        for a, b in ((first, last - ONE_DAY), (first + ONE_DAY, last))
    ]
    ended = [(*p.communicate(timeout=500), p.returncode) for p in started]
    assert [code for _, _, code in ended] == [0, 0], ended
    assert state(installation.warehouse()) == state(filled.warehouse())
    assert damage(installation.landing, "siam") == []
