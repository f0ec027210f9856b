"""`marketing privacy`: erase a person, rotate the key of personal values, verify reports, read the log."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from marketing_assets.alerts.privacy import finding_of
from marketing_assets.commands.shared import clear_errors, fail, find_tenant
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.protection import acts
from marketing_assets.protection.erase import erase as erase_subject
from marketing_assets.protection.erase import matches
from marketing_assets.protection.reports import ReportError, public_key, verified
from marketing_assets.protection.requests import close, subject_of, waiting
from marketing_assets.protection.retention import expire, plan
from marketing_assets.protection.rotate import Interrupted, rotate
from marketing_assets.protection.state import expire_state
from marketing_assets.protection.subjects import Identifier, SubjectError, parsed
from marketing_assets.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Personal data: erase, rotate, expire; reports and the log.")
TenantId = Annotated[str, typer.Argument(help="Tenant id.")]
By = Annotated[str | None, typer.Option(help="Who acts, for the log; the user of this machine if left out.")]


@contextmanager
def _clear() -> Iterator[None]:
    with clear_errors():
        try:
            yield
        except (SubjectError, ReportError, Interrupted, acts.LogError) as error:
            fail(str(error))


def _subject(given: list[str]) -> Sequence[Identifier]:
    """The identifiers given, or those on standard input: a command line can be read by others."""
    return parsed([line for line in sys.stdin if line.strip()] if given == ["-"] else given)


@app.command()
def erase(
    tenant: TenantId,
    subject: Annotated[
        list[str] | None,
        typer.Option(
            help="KIND=VALUE with kind email, phone, id, username or hash; may stand several times. "
            "`-` reads one a line from standard input, out of sight of the shell's history."
        ),
    ] = None,
    request: Annotated[
        str | None, typer.Option(help="Id of a request that a platform sent, instead of a subject.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be found.")] = False,
    by: By = None,
) -> None:
    """Take a person out of all that is kept of a tenant, and keep them out. Orders keep their amounts."""
    if bool(subject) == bool(request):
        fail("say whom to erase: by --subject, or by --request with the id of a platform's request")
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with _clear():
        identifiers = subject_of(settings, tenant, request) if request else _subject(subject or [])
        if dry_run:
            for what, count in matches(settings, of_tenant, identifiers).items():
                typer.echo(f"{what}: {count}")
            return
        done = erase_subject(settings, of_tenant, identifiers, by or acts.who())
    for table, count in done.told["landing_records"].items():
        typer.echo(f"landing {table}: {count} records in {done.told['landing_files'][table]} files")
    for table, count in done.told["rows"].items():
        typer.echo(f"{table}: {count} rows")
    searched = done.told["searched"]
    typer.echo(f"searched {searched['files']} files and {searched['tables']} tables")
    typer.echo(f"report: {done.report}")
    if done.left:
        fail("something of the person still stands in:\n" + "\n".join(done.left))
    if request:
        close(settings, tenant, request, by or acts.who(), now_utc())
        typer.echo(f"request {request} is closed")


@app.command()
def requests(
    tenant: TenantId,
    done: Annotated[str | None, typer.Option(help="Id of a request that was done, which closes it.")] = None,
    by: By = None,
) -> None:
    """List what platforms ask in persons' names and nobody has done yet, or close one."""
    settings = load_settings()
    find_tenant(settings, tenant)
    with _clear():
        if done:
            close(settings, tenant, done, by or acts.who(), now_utc())
            typer.echo(f"request {done} is closed")
            return
        found = waiting(settings, tenant)
    for one in found:
        what = finding_of(tenant, one)
        typer.echo(f"{one.id} {one.received_at:%Y-%m-%d %H:%M}Z {what.text}. {what.next_step}")
    typer.echo(f"{len(found)} requests of {tenant} are open")


@app.command("rotate-key")
def rotate_key(tenant: TenantId, by: By = None) -> None:
    """Hash every stored digest once more, under a new key. Takes up a rotation that was interrupted."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with _clear():
        done = rotate(settings, of_tenant, by or acts.who())
    for table, count in done.told["landing_records"].items():
        typer.echo(f"landing {table}: {count} records in {done.told['landing_files'][table]} files")
    for table, count in done.told["rows"].items():
        typer.echo(f"{table}: {count} rows")
    typer.echo(f"values of {tenant} pass through {done.told['keys']} keys now; back up the folder of keys")
    typer.echo(f"report: {done.report}")


@app.command()
def retention(
    tenant: TenantId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    by: By = None,
) -> None:
    """Remove what the tenant keeps no longer, as its schedule does every night."""
    settings = load_settings()
    of_tenant = find_tenant(settings, tenant)
    with _clear():
        if dry_run:
            found = plan(settings, of_tenant, now_utc())
        else:
            found = expire(settings, of_tenant, now_utc(), by or acts.who())
            for what, count in expire_state(settings, of_tenant, now_utc()).items():
                typer.echo(f"state: {count} {what}")
    told = found.told()
    for table, what in told["rows"].items():
        typer.echo(f"{table}: rows {what}")
    for table, what in told["fetches"].items():
        typer.echo(f"landing {table}: fetches {what}")
    for table, days in told["no_longer_replayable"].items():
        typer.echo(f"{table}: {days} can no longer be replayed")
    if not found:
        typer.echo(f"nothing of {tenant} has outlived its time")
    elif dry_run:
        typer.echo("nothing was removed")


@app.command()
def verify(
    report: Annotated[Path, typer.Argument(help="Report of an act.")],
    key: Annotated[
        str | None, typer.Option("--public-key", help="Trusted key, hex; this installation's if left out.")
    ] = None,
) -> None:
    """Verify the signature of a report and say what it reports."""
    with _clear():
        told = verified(report, key or public_key(load_settings()))
    typer.echo(
        f"{told['act']} of {told['tenant']}, by {told['by']}, {told['finished_at']}: signature is good"
    )


@app.command()
def log(
    tenant: Annotated[str | None, typer.Argument(help="Only the acts of this tenant.")] = None,
) -> None:
    """Show the log of acts, after verifying that no line was changed or taken away."""
    with _clear():
        lines = acts.read(load_settings(), tenant)
    for line in lines:
        details = ", ".join(f"{k} {v}" for k, v in line.details.items())
        what = f"{line.tenant} {line.act} {line.state} by {line.by}"
        typer.echo(f"{line.number} {line.at:%Y-%m-%d %H:%M:%SZ} {what}: {details}")
    typer.echo(f"{len(lines)} lines, the chain is whole")
