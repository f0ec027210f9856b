"""The rules of a tenant: defaults, its own, and mistakes that are named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from marketing_assets.rules import Rules, read_rules


def wrote(folder: Path, text: str) -> Path:
    (folder / "siam").mkdir(exist_ok=True)
    (folder / "siam" / "alerts.yaml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_or_section_the_defaults_hold(tmp_path: Path) -> None:
    assert read_rules(tmp_path, "siam").rules == Rules()
    assert read_rules(wrote(tmp_path, "channels: {mail: {kind: email}}\n"), "siam").rules == Rules()
    assert read_rules(wrote(tmp_path, ""), "siam").mistakes == ()


def test_a_tenant_changes_what_it_names_and_other_sections_are_left_alone(tmp_path: Path) -> None:
    text = (
        "channels: []\nrules: {revenue_drop: {drop: 0.3, severity: error}, no_conversions: {enabled: false}}"
    )
    read = read_rules(wrote(tmp_path, text), "siam")
    assert read.mistakes == ()
    assert read.rules.revenue_drop.drop == Decimal("0.3")
    assert read.rules.revenue_drop.weeks == Rules().revenue_drop.weeks
    assert not read.rules.no_conversions.enabled
    assert read.rules.volume == Rules().volume


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rules: {revenue_drop: {dorp: 0.3}}", "rules.revenue_drop.dorp: is no known field"),
        ("rules: {revenue_drop: {drop: 3}}", "rules.revenue_drop.drop"),
        ("rules: {budget_pacing: {monthly: {all: -1}}}", "rules.budget_pacing.monthly.all"),
        ("rules: 5", "rules"),
        ("rules: [", "cannot be read"),
    ],
)
def test_a_mistake_is_named_and_the_defaults_hold(tmp_path: Path, text: str, named: str) -> None:
    read = read_rules(wrote(tmp_path, text), "siam")
    assert read.rules == Rules()
    assert len(read.mistakes) == 1 and named in read.mistakes[0] and "siam/alerts.yaml" in read.mistakes[0]
