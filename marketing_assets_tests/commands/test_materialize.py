"""`marketing materialize` as a process: progress, and a failure in words."""

from __future__ import annotations

import json
import re

import pytest

from marketing_assets_tests.commands.conftest import Marketing
from marketing_assets_tests.installation import FILLED, Installation

pytestmark = pytest.mark.xdist_group("installation")

RANGE = ["--from", f"{FILLED.first}", "--to", f"{FILLED.last}"]


def test_progress_is_one_line_an_asset(installation: Installation) -> None:
    select = 'key:"siam/raw/ecb_fx_rates"+1'
    result = installation.marketing("materialize", "siam", *RANGE, "--select", select)
    assert (result.returncode, result.stderr) == (0, "")
    first, second = result.stdout.splitlines()
    assert re.fullmatch(r"1/2 siam/raw/ecb_fx_rates \(\d+ rows\)", first)
    assert re.fullmatch(r"2/2 siam/staging/stg_ecb__fx_rates \(\d+ rows\)", second)


def test_a_failing_run_says_why_in_words(installation: Installation) -> None:
    (installation.settings.secrets_dir / "siam" / "shopee_partner_key").write_text("wrong-key")
    select = 'key:"siam/raw/shopee_orders" or key:"siam/raw/ecb_fx_rates"'
    result = installation.marketing("materialize", "siam", *RANGE, "--select", select, "--events")
    assert result.returncode == 1
    [event] = [json.loads(line) for line in result.stdout.splitlines()]
    assert (event["asset"], event["done"], event["of"]) == ("siam/raw/ecb_fx_rates", 1, 2)
    assert f"siam/shopee/shopee_orders, days {FILLED}: siam/shopee/220011881" in result.stderr
    assert "partner_key" in result.stderr and "emedy" in result.stderr
    assert "Traceback" not in result.stderr and "wrong-key" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["simon", *RANGE], "there is no tenant 'simon'"),
        (["siam", "--from", "2025-09-30"], "siam has no day 2025-09-30; its days are 2025-10-01.."),
        (["siam", "--from", "2025-12-01", "--to", "2999-01-01"], "siam has no day 2999-01-01; its days are"),
        (["siam", *RANGE, "--select", "key:"], "--select 'key:' is no asset selection"),
        (["siam", *RANGE, "--select", "key:nothing"], "--select 'key:nothing' names no asset of siam"),
        (["siam", *RANGE, "--tags", "{"], "--tags is no JSON object"),
    ],
)
def test_what_cannot_run_is_said_in_words(
    filled: Installation, marketing: Marketing, arguments: list[str], said: str
) -> None:
    result = marketing(filled, "materialize", *arguments)
    assert result.exit_code == 1
    assert said in result.stderr
