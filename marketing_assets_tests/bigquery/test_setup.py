"""`marketing warehouse setup`: what is planned and made, what is left alone, and the walls it puts up."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import Result
from google.cloud import bigquery as google
from google.cloud.bigquery import AccessEntry
from typer.testing import CliRunner

from marketing_assets.cli import app
from marketing_assets.commands.warehouse_setup import tables_of
from marketing_assets.partitions import ONE_DAY, DayRange
from marketing_assets.schema import Column, Pii, Type, polars_schema
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.tenants import read_tenants
from marketing_assets.warehouse.bigquery import BigQueryWarehouse
from marketing_assets.warehouse.bigquery_access import Accounts, standing_policies
from marketing_assets.warehouse.bigquery_client import client as client_of
from marketing_assets.warehouse.bigquery_setup import Setup, plan
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets.warehouse.warehouse import LAYERS
from marketing_assets_tests.bigquery.identities import ANONYMOUS, signed_in
from marketing_assets_tests.bigquery.local import LocalBigQuery

pytestmark = pytest.mark.xdist_group("bigquery")

Run = Callable[..., Result]

READER = "marketing-siam-reader@project.iam.gserviceaccount.com"
OTHER = "marketing-northwind-reader@project.iam.gserviceaccount.com"
ACCOUNTS = Accounts(ANONYMOUS, READER)
FIRST = date(2026, 1, 1)
SALES = TableSpec(
    "sales",
    "Sales.",
    (
        Column("id", Type.STRING, "The sale's id.", required=True),
        Column("amount", Type.NUMERIC, "What was paid."),
        Column("tenant_id", Type.STRING, "The tenant.", required=True),
        Column("day", Type.DATE, "Local day.", required=True),
    ),
    ("id",),
)


@pytest.fixture
def at(settings: Settings) -> google.Client:
    return client_of(settings)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["warehouse", "setup", *arguments], catch_exceptions=False)


def wanted(settings: Settings, *tables: tuple[str, TableSpec]) -> Setup:
    return Setup(settings, "siam", tables or [("raw", SALES)], ACCOUNTS)


def applied(at: google.Client, setup: Setup) -> list[str]:
    """What was left to do, and is done now."""
    steps = plan(at, setup)
    for step in steps:
        step.apply()
    return [step.what for step in steps]


def access(at: google.Client, dataset: str) -> set[tuple[str | None, str]]:
    return {(e.role, str(e.entity_id)) for e in at.get_dataset(dataset).access_entries}


def sale(n: int, tenant: str = "siam") -> dict[str, object]:
    return {"id": f"{tenant}-{n}", "amount": Decimal(n), "tenant_id": tenant, "day": FIRST + n * ONE_DAY}


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=polars_schema(SALES.columns))


def test_the_command_plans_makes_and_then_has_nothing_to_do(
    settings: Settings, at: google.Client, bigquery: LocalBigQuery
) -> None:
    planned = run("siam", "--dry-run")
    assert planned.exit_code == 0, planned.output
    assert list(at.list_datasets()) == []
    made = run("siam")
    assert made.exit_code == 0, made.output
    left = [line.split(maxsplit=1)[1] for line in made.stdout.splitlines() if line.startswith("done")]
    assert left == [line.split(maxsplit=2)[2] for line in planned.stdout.splitlines()[:-1]]
    assert len(left) == int(made.stdout.splitlines()[-1].split()[0]) > 40

    sent = len(bigquery.jobs(settings.bigquery_project))
    assert run("siam").stdout == "nothing to do\n"
    assert len(bigquery.jobs(settings.bigquery_project)) == sent

    assert {d.dataset_id for d in at.list_datasets()} == {f"dev_marketing_siam_{layer}" for layer in LAYERS}
    siam = next(t for t in read_tenants(settings.tenants_dir)[0] if t.id == "siam")
    assert {table.name for layer, table in tables_of(siam) if layer == "ops"} >= {
        "dead_letters", "run_history", "connection_status", "alerts",
    }  # fmt: skip
    for layer, table in tables_of(siam):
        stands = at.get_table(f"dev_marketing_siam_{layer}.{table.name}")
        assert [f.name for f in stands.schema] == [c.name for c in table.columns]
        partitioned = stands.time_partitioning.field if stands.time_partitioning else None
        assert partitioned == table.day_column
        assert stands.labels["tenant"] == "siam" and stands.description == table.description
        place = wanted(settings).place(layer, table.name)
        assert {p.name: p.condition.lower() for p in standing_policies(at, place).values()} == {
            "siam_writer": "true",
            "siam_reader": "tenant_id = 'siam'",
        }


def test_datasets_are_labelled_placed_and_granted_to_the_tenants_accounts_alone(
    settings: Settings, at: google.Client
) -> None:
    applied(at, wanted(settings))
    for layer in LAYERS:
        dataset = at.get_dataset(f"dev_marketing_siam_{layer}")
        assert dataset.location == "EU"
        assert dataset.labels == {
            "product": "marketing-assets",
            "environment": "dev",
            "tenant": "siam",
            "layer": layer,
        }
        given = access(at, f"dev_marketing_siam_{layer}")
        assert given - {("OWNER", "projectOwners")} == {("WRITER", ANONYMOUS)} | (
            {("READER", READER)} if layer in {"staging", "mart"} else set()
        )


def test_accounts_come_from_templates_by_tenant(settings: Settings, at: google.Client) -> None:
    result = run("--writer", "w-{tenant}@{project}.example", "--reader", "r-{tenant}@x.example", "--dry-run")
    assert result.exit_code == 0, result.output
    for tenant in ("siam", "northwind"):
        assert f"w-{tenant}@{settings.bigquery_project}.example" in result.stdout
        assert f"user:r-{tenant}@x.example where tenant_id = '{tenant}'" in result.stdout
    wrong = run("siam", "--reader", "r-{client}@x.example")
    assert wrong.exit_code == 1
    assert "{tenant} and {project}" in wrong.stderr
    assert list(at.list_datasets()) == []


def test_a_reader_sees_the_rows_of_its_tenant_and_nobody_elses(
    settings: Settings, at: google.Client, bigquery: LocalBigQuery
) -> None:
    """A row of another tenant in the table stands for whatever let it in."""
    applied(at, wanted(settings))
    BigQueryWarehouse(settings, "siam").replace_days(
        "raw", SALES, DayRange(FIRST, FIRST + ONE_DAY), [frame(sale(0), sale(1), sale(1, "northwind"))]
    )
    rows = "select * from dev_marketing_siam_raw.sales where day > '2025-01-01'"
    at.query_and_wait(f"create table dev_marketing_siam_mart.daily as {rows}")
    assert applied(at, wanted(settings)) == [
        f"policy siam_{who} on dev_marketing_siam_mart.daily" for who in ("writer", "reader")
    ]
    for table in ("raw.sales", "mart.daily"):
        query = f"select id from dev_marketing_siam_{table} where day > '2025-01-01' order by id"
        seen = {
            email: [
                r["id"] for r in signed_in(bigquery, settings.bigquery_project, email).query_and_wait(query)
            ]
            for email in (ANONYMOUS, READER, OTHER, "anybody@example.com")
        }
        assert seen == {
            ANONYMOUS: ["northwind-1", "siam-0", "siam-1"],
            READER: ["siam-0", "siam-1"],
            OTHER: [],
            "anybody@example.com": [],
        }


def test_the_writer_replaces_days_behind_the_walls_and_they_stay(
    settings: Settings, at: google.Client
) -> None:
    applied(at, wanted(settings))
    warehouse = BigQueryWarehouse(settings, "siam")
    two = DayRange(FIRST, FIRST + ONE_DAY)
    warehouse.replace_days("raw", SALES, two, [frame(sale(0), sale(1))])
    replaced = warehouse.replace_days("raw", SALES, two, [frame(sale(1))])
    assert (replaced.rows_before, replaced.rows) == (2, 1)
    warehouse.replace_days("raw", SALES, DayRange(FIRST, FIRST), [frame(sale(0))])
    assert warehouse.read("raw", "sales", two)["id"].sort().to_list() == ["siam-0", "siam-1"]
    assert plan(at, wanted(settings)) == []


def test_what_was_changed_by_hand_is_put_right_and_what_was_added_stays(
    settings: Settings, at: google.Client
) -> None:
    setup = wanted(settings)
    applied(at, setup)
    dataset = at.get_dataset("dev_marketing_siam_mart")
    dataset.labels = {"team": "bi", "tenant": "other"}
    dataset.access_entries = [
        AccessEntry("OWNER", "specialGroup", "projectOwners"),
        AccessEntry("READER", "specialGroup", "projectReaders"),
        AccessEntry("READER", "userByEmail", "colleague@example.com"),
    ]
    at.update_dataset(dataset, ["labels", "access_entries"])
    at.query_and_wait(
        "create or replace row access policy siam_reader on dev_marketing_siam_raw.sales "
        f"grant to ('serviceAccount:{READER}') filter using (true)"
    )
    new = Column("channel", Type.STRING, "Where it was sold.")
    grown = wanted(settings, ("raw", dataclasses.replace(SALES, columns=(*SALES.columns, new))))

    steps = {step.what: step for step in plan(at, grown)}
    assert list(steps) == [
        "labels of dataset dev_marketing_siam_mart",
        "access to dataset dev_marketing_siam_mart",
        "table dev_marketing_siam_raw.sales",
        "policy siam_reader on dev_marketing_siam_raw.sales",
    ]
    assert steps["access to dataset dev_marketing_siam_mart"].wanted == (
        f"+WRITER {ANONYMOUS}, +READER {READER}, -READER projectReaders"
    )
    assert steps["table dev_marketing_siam_raw.sales"].wanted == "new columns channel"
    applied(at, grown)
    assert plan(at, grown) == []
    assert at.get_dataset("dev_marketing_siam_mart").labels["team"] == "bi"
    assert ("READER", "colleague@example.com") in access(at, "dev_marketing_siam_mart")


def test_a_table_that_is_replaced_whole_keeps_its_policies(settings: Settings, at: google.Client) -> None:
    whole = dataclasses.replace(SALES, day_column=None)
    applied(at, wanted(settings, ("raw", whole)))
    BigQueryWarehouse(settings, "siam").replace_table("raw", whole, [frame(sale(0))])
    assert plan(at, wanted(settings, ("raw", whole))) == []


def test_tables_of_persons_are_labelled(settings: Settings, at: google.Client) -> None:
    applied(at, wanted(settings))
    buyer = Column("buyer", Type.STRING, "Who bought.", pii=Pii.HASH)
    grown = wanted(settings, ("raw", dataclasses.replace(SALES, columns=(*SALES.columns, buyer))))
    assert applied(at, grown) == ["table dev_marketing_siam_raw.sales"]
    assert at.get_table("dev_marketing_siam_raw.sales").labels["pii"] == "hashed"
    assert plan(at, grown) == []


def test_a_column_that_left_the_declaration_leaves_nothing_to_do(
    settings: Settings, at: google.Client
) -> None:
    applied(at, wanted(settings))
    shrunk = wanted(
        settings,
        ("raw", dataclasses.replace(SALES, columns=tuple(c for c in SALES.columns if c.name != "amount"))),
    )
    assert plan(at, shrunk) == []


def test_a_changed_type_and_a_dataset_elsewhere_are_refused_with_the_remedy(
    settings: Settings, at: google.Client
) -> None:
    applied(at, wanted(settings))
    changed = tuple(
        dataclasses.replace(c, type=Type.INT64) if c.name == "amount" else c for c in SALES.columns
    )
    with pytest.raises(WarehouseError, match="Give the column another name"):
        plan(at, wanted(settings, ("raw", dataclasses.replace(SALES, columns=changed))))
    moved = settings.model_copy(update={"bigquery_location": "US"})
    with pytest.raises(WarehouseError, match=r"lies in EU.*mend the setting"):
        plan(at, wanted(moved))


def test_members_are_asked_of_the_policy_where_it_does_not_tell_them(
    settings: Settings, at: google.Client
) -> None:
    setup = wanted(settings)
    applied(at, setup)
    place = setup.place("raw", "sales")
    policies = f"/projects/{place.project}/datasets/{place.dataset}/tables/sales/rowAccessPolicies"
    body = {"rowAccessPolicyReference": {"policyId": "by_hand"}, "filterPredicate": "true"}
    at._connection.api_request(method="POST", path=policies, data=body)
    bindings = [
        {"role": "roles/bigquery.filteredDataViewer", "members": ["user:a@example.com"]},
        {"role": "roles/bigquery.admin", "members": ["user:b@example.com"]},
    ]
    at._connection.api_request(
        method="POST", path=f"{policies}/by_hand:setIamPolicy", data={"policy": {"bindings": bindings}}
    )
    assert standing_policies(at, place)["by_hand"].members == {"user:a@example.com"}


def test_a_setup_that_was_refused_half_way_goes_on_where_it_stopped(
    settings: Settings, at: google.Client, bigquery: LocalBigQuery
) -> None:
    bigquery.refuse_jobs("quotaExceeded", times=10)
    with pytest.raises(WarehouseError, match=r"policy siam_writer|quota"):
        applied(at, wanted(settings))
    bigquery.behave()
    assert applied(at, wanted(settings)) == [
        "policy siam_writer on dev_marketing_siam_raw.sales",
        "policy siam_reader on dev_marketing_siam_raw.sales",
    ]
    assert plan(at, wanted(settings)) == []


def test_the_statements_that_make_policies(
    settings: Settings, at: google.Client, bigquery: LocalBigQuery
) -> None:
    applied(at, wanted(settings))
    table = f"`{settings.bigquery_project}.dev_marketing_siam_raw.sales`"
    assert [job.statement for job in bigquery.jobs(settings.bigquery_project)] == [
        f"create row access policy if not exists siam_writer on {table} grant to ('user:{ANONYMOUS}') "
        "filter using (true)",
        f"create row access policy if not exists siam_reader on {table} "
        f"grant to ('serviceAccount:{READER}') filter using (tenant_id = 'siam')",
    ]


def test_duckdb_has_nothing_to_set_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARKETING_WAREHOUSE", raising=False)
    result = run()
    assert result.exit_code == 0
    assert "nothing to set up: MARKETING_WAREHOUSE is duckdb" in result.stdout


def test_without_a_project_the_command_says_which_setting_is_missing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MARKETING_BIGQUERY_PROJECT")
    result = run("siam")
    assert result.exit_code == 1
    assert "MARKETING_BIGQUERY_PROJECT names no project" in result.stderr
