"""An act that is killed anywhere is finished by the next one, and nothing is lost or doubled in between."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from marketing_assets.protection import acts
from marketing_assets.protection.offboard import export_tenant
from marketing_assets.secrets import MissingSecret
from marketing_assets_tests.protection.people import ANNA, Small
from marketing_assets_tests.protection.searching import places

TABLES = ("raw.shopify_orders", "raw.shopee_orders", "raw.shopee_escrow", "staging.orders")
KILLS = 3


@dataclass
class Runner:
    """Forks acts; see `runner.py`."""

    process: subprocess.Popen[str]

    def __call__(self, act: str, house: Small, at: int) -> int:
        assert self.process.stdin is not None and self.process.stdout is not None
        order = {"act": act, "folder": str(house.folder), "at": at}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def runner(filled_small: Small) -> Iterator[Runner]:
    command = [sys.executable, "-m", "marketing_assets_tests.protection.runner"]
    with subprocess.Popen(
        command, env=filled_small.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield Runner(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


def contents(house: Small) -> dict[str, Any]:
    return {table: house.rows(table) for table in TABLES}


def interrupted(runner: Runner, act: str, house: Small, seed: int) -> int:
    """Kill the act again and again, each time somewhere else, until it comes to its end; how often."""
    places, kills = random.Random(seed), 0
    while kills < KILLS:
        code = runner(act, house, places.choice([7, 15, 30, 60, 90, 120]))
        if code == 0:
            return kills
        assert code == -signal.SIGKILL
        kills += 1
    assert runner(act, house, 0) == 0
    return kills


def test_an_erasure_that_is_killed_is_finished_by_the_next(
    house: Small, filled_small: Small, tmp_path: Path, runner: Runner
) -> None:
    whole = filled_small.copy_to(tmp_path / "whole")
    gone = sorted(house.digests_of(ANNA) - {house.names.digest(ANNA.phone)})
    assert runner("erase", whole, 0) == 0
    assert interrupted(runner, "erase", house, 1) >= 2
    assert contents(house) == contents(whole)
    assert places(house.settings.home, [*gone, ANNA.email], "northwind") == set()
    assert acts.unfinished(house.settings, "northwind") == []
    assert {line.act for line in acts.read(house.settings)} == {acts.read(house.settings)[0].act}


def test_a_rotation_that_is_killed_is_finished_by_the_next(house: Small, runner: Runner) -> None:
    before = contents(house)
    assert interrupted(runner, "rotate", house, 2) >= 2
    names = house.names
    assert len(names.keys) == 2, "however often it was begun, one key was added"
    for table, rows in contents(house).items():
        wrapped = [
            {
                k: names.wrapped(v) if k in {"customer_id", "email", "phone"} and v else v
                for k, v in row.items()
            }
            for row in before[table]
        ]
        if table == "staging.orders":
            assert sorted(map(str, rows)) == sorted(map(str, wrapped))
        assert len(rows) == len(before[table])


def test_nothing_is_fetched_in_the_middle_of_a_rotation(house: Small, runner: Runner) -> None:
    assert runner("rotate", house, 40) == -signal.SIGKILL
    with pytest.raises(MissingSecret, match="rotate-key northwind"):
        _ = house.names
    assert runner("rotate", house, 0) == 0
    assert len(house.names.keys) == 2


def test_a_removal_that_is_killed_is_finished_by_the_next(
    house: Small, tmp_path: Path, runner: Runner
) -> None:
    export_tenant(house.settings, house.tenant, tmp_path / "export", "the officer")
    assert interrupted(runner, "leave", house, 3) >= 1
    assert [li.state for li in acts.read(house.settings, "northwind") if li.kind == "offboard"] == [
        "started",
        "finished",
    ]
    left = {str(p.relative_to(house.folder)) for p in house.folder.rglob("*") if p.is_file()}
    assert {name for name in left if "northwind" in name} == set()
