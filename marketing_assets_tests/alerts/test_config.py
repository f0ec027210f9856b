"""`alerts.yaml`: every mistake named by file and field, no secret of another tenant in reach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from marketing_assets.alerts.config import AlertsConfig, problems_of, read_config
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets_tests.installation import shipped

TENANT = Tenant.model_validate(shipped("siam"))


def written(folder: Path, content: Any) -> Settings:
    path = folder / "siam" / "alerts.yaml"
    path.parent.mkdir(parents=True)
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    path.write_text(text, encoding="utf-8")
    return Settings(home=folder, tenants_dir=folder)


def test_without_a_file_or_with_an_empty_one_incidents_are_kept_and_nobody_is_told(tmp_path: Path) -> None:
    assert read_config(Settings(home=tmp_path, tenants_dir=tmp_path), TENANT) == AlertsConfig()
    assert read_config(written(tmp_path, "# nothing yet\n"), TENANT) == AlertsConfig()


def test_a_whole_file_is_read_and_rules_are_left_to_others(tmp_path: Path) -> None:
    text = """
channels:
  mail: {type: email, host: smtp.example, sender: a@b.example, to: [c@d.example], password: {env: SIAM_SMTP}}
  slack: {type: slack, bot_token: {file: siam/slack}, channel: C1}
routes:
  - {channels: [mail], severity: [ERROR]}
quiet_hours: {start: 22:00, end: 07:00}
escalate_after_hours: 4
ui_url: https://dagster.example
rules: {roas: {minimum: 3}}
"""
    config = read_config(written(tmp_path, text), TENANT)
    assert config.quiet_hours is not None
    assert (config.quiet_hours.start.hour, config.quiet_hours.end.hour) == (22, 7)
    assert config.rules == {"roas": {"minimum": 3}}
    assert config.escalate_after_hours == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("channels: [", "(file): is no valid YAML"),
        ("- a", "(file): must be a mapping"),
        ({"chanels": {}}, "chanels: is no known field; remove it or mend its spelling"),
        (
            {"channels": {"m": {"type": "email", "host": "h", "sender": "a@b", "to": ["nobody"]}}},
            "channels.m.to.0: String should match pattern",
        ),
        (
            {"channels": {"s": {"type": "slack"}}},
            "channels.s: give either 'webhook', or 'bot_token' and 'channel'",
        ),
        ({"channels": {"s": {"type": "pigeon"}}}, "channels.s: Input tag 'pigeon' found using 'type'"),
        (
            {"channels": {"t": {"type": "teams", "webhook": {"file": "northwind/teams"}}}},
            "channels.t.webhook: file 'northwind/teams' must be a path below 'siam/'",
        ),
        ({"routes": [{"channels": ["ops"]}]}, "routes.0.channels: there is no channel 'ops'; known: none"),
        ({"quiet_hours": {"start": "7", "end": "08:00"}}, "quiet_hours.start: write a time of day as HH:MM"),
        ({"quiet_hours": {"start": "07:00", "end": "07:00"}}, "quiet_hours: 'start' and 'end' are the same"),
        ({"public_url": "http://alerts.example"}, "public_url: must begin with https://"),
        ({"escalate_after_hours": 0}, "escalate_after_hours: Input should be greater than 0"),
    ],
)
def test_a_mistake_is_named_by_file_and_field(tmp_path: Path, content: Any, said: str) -> None:
    [problem] = problems_of(written(tmp_path, content), TENANT)
    assert str(problem).startswith("siam/alerts.yaml: ")
    assert said in str(problem)


def test_a_secret_that_stands_in_the_file_itself_is_not_repeated(tmp_path: Path) -> None:
    channel = {"type": "teams", "webhook": "https://hooks.example/s3cr3t"}
    problems = problems_of(written(tmp_path, {"channels": {"t": channel}}), TENANT)
    assert problems
    assert "s3cr3t" not in str(problems)
