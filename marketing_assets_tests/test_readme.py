"""The README's commands are run by a test or by CI, and its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketing_assets_tests.installation import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[A-Z]+=\S+ )*(?:make|marketing) [^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FILE = re.compile(r"`((?:tenants|docs)/[\w./-]+)`")

PARITY = "bigquery/test_parity.py"
SETUP_TEST = "bigquery/test_setup.py::test_the_command_plans_makes_and_then_has_nothing_to_do"
DEMO, CONNECTIONS = "commands/test_demo.py", "commands/test_connections.py"
ON_BIGQUERY = "test_a_day_from_the_platforms_by_one_setting"
RUN_BY = {
    "make run": f"{DEMO}::test_the_first_start_fills_and_prints_the_headline_numbers",
    "DAYS=30 make run": f"{DEMO}::test_the_makefile_hands_its_variables_on",
    "PORT=3001 make run": f"{DEMO}::test_the_makefile_hands_its_variables_on",
    "SERVE=0 make run": f"{DEMO}::test_the_makefile_hands_its_variables_on",
    "make test": ".ci/run",
    "make parity": ".github/workflows/ci.yml",
    "export MARKETING_WAREHOUSE=bigquery MARKETING_ENVIRONMENT=prod": f"{PARITY}::{ON_BIGQUERY}",
    "export MARKETING_BIGQUERY_PROJECT=acme-data MARKETING_BIGQUERY_LOCATION=EU": f"{PARITY}::{ON_BIGQUERY}",
    "export GOOGLE_APPLICATION_CREDENTIALS=/srv/secrets/marketing.json": (
        "bigquery/test_doctor.py::test_no_credentials_and_no_project"
    ),
    "marketing warehouse setup acme --dry-run": SETUP_TEST,
    "marketing warehouse setup acme": SETUP_TEST,
    "marketing doctor": "bigquery/test_doctor.py::test_the_command_examines_bigquery_instead_of_files",
    "marketing materialize acme --from 2026-11-01": f"{PARITY}::{ON_BIGQUERY}",
    "make help": f"{DEMO}::test_make_help_lists_every_command",
    "marketing tenants check": "commands/test_tenants.py::test_good_files_are_listed",
    "marketing connections authorize acme shopee": (
        f"{CONNECTIONS}::test_authorising_from_the_printed_address_to_the_kept_tokens"
    ),
    "marketing connections test acme": f"{CONNECTIONS}::test_connections_that_work",
}
"""What runs each command of the README: a test of this folder, or a line of CI."""

MADE_BY_THE_READER = {"tenants/acme.yaml"}


def commands() -> list[str]:
    blocks = [line.strip() for block in BLOCK.findall(README) for line in block.splitlines()]
    found = [line for line in blocks if line and not line.startswith("#")] + INLINE.findall(README)
    return sorted({command.replace(".venv/bin/", "") for command in found})


def test_every_command_is_run_by_something() -> None:
    assert commands() == sorted(RUN_BY)


@pytest.mark.parametrize(("command", "place"), RUN_BY.items())
def test_what_runs_a_command_exists(command: str, place: str) -> None:
    if "::" in place:
        file, name = place.split("::")
        assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8")
    else:
        lines = (REPOSITORY / place).read_text(encoding="utf-8").splitlines()
        assert command in {line.strip().removeprefix("- run: ") for line in lines}


@pytest.mark.parametrize("link", sorted({*LINK.findall(README), *FILE.findall(README)}))
def test_links_lead_somewhere(link: str) -> None:
    if link.startswith("https://") or link in MADE_BY_THE_READER:
        return
    file, _, heading = link.partition("#")
    target = REPOSITORY / file
    assert target.exists(), f"{link} is not there"
    if heading:
        headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
