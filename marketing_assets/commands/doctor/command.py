"""The command: which checks run, and how their findings are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from marketing_assets.commands.doctor.clocks import clocks
from marketing_assets.commands.doctor.connections import connections
from marketing_assets.commands.doctor.disk import disk, landing
from marketing_assets.commands.doctor.duckdb_files import duckdb_files
from marketing_assets.commands.doctor.finding import Check, Finding, Patient, Verdict, broken
from marketing_assets.commands.doctor.keys import pii_keys, token_key, tokens
from marketing_assets.commands.doctor.secret_values import secrets
from marketing_assets.commands.shared import all_tenants
from marketing_assets.redaction import redact
from marketing_assets.settings import Settings, load_settings

_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.BROKEN: "red"}


def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out what calls a platform: connections and clocks.")
    ] = False,
) -> None:
    """Check what runs need: keys, secrets, disk, warehouse, connections, clocks. It changes nothing."""
    settings = load_settings()
    findings = list(examined(settings, offline))
    Console().print(_table(findings))
    counts = Counter(f.verdict for f in findings)
    typer.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
    if counts[Verdict.BROKEN]:
        raise typer.Exit(1)


def examined(settings: Settings, offline: bool) -> Iterator[Finding]:
    """The findings of every check that fits the installation."""
    tenants, problems = all_tenants(settings)
    for problem in problems:
        yield broken(f"tenant file {problem.file}", f"{problem.field}: {problem.message}", "mend the file")
    patient = Patient(settings, tenants)
    for check in _checks(settings, offline):
        yield from check(patient)


def _checks(settings: Settings, offline: bool) -> list[Check]:
    checks: list[Check] = [disk, landing, pii_keys, token_key, tokens, secrets]
    if settings.warehouse == "bigquery":
        # Google's libraries take half a second to import, which nobody on DuckDB should wait for.
        from marketing_assets.commands.doctor.bigquery import bigquery

        checks.append(bigquery)
    else:
        checks.append(duckdb_files)
    return checks if offline else [*checks, connections, clocks]


def _table(findings: list[Finding]) -> Table:
    table = Table("verdict", "check", "found, and what to do", show_lines=True)
    for column in table.columns:
        column.overflow = "fold"  # a path cut short helps nobody
    for found in findings:
        name, text, remedy = (escape(redact(t)) for t in (found.name, found.text, found.remedy))
        said = f"{text}\n[bold]Remedy:[/] {remedy}" if remedy else text
        table.add_row(f"[{_COLOURS[found.verdict]}]{found.verdict}[/]", name, said)
    return table
