"""Setting a tenant up on BigQuery: what stands, what is wanted, and the steps between the two.

Planning only reads. A tenant that is set up has an empty plan, so applying one twice changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField
from requests.exceptions import RequestException

from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse import bigquery_jobs
from marketing_assets.warehouse.bigquery_access import (
    Accounts,
    Policy,
    access_changes,
    granted,
    standing_policies,
    wanted_policies,
)
from marketing_assets.warehouse.bigquery_errors import cause_of
from marketing_assets.warehouse.bigquery_names import Place, dataset_id, labels
from marketing_assets.warehouse.bigquery_schema import (
    declared,
    ensure_dataset,
    ensure_table,
    found_table,
    widened,
)
from marketing_assets.warehouse.bigquery_write import INCOMING
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets.warehouse.warehouse import LAYERS

TENANT = "tenant_id"
_PASSING = (INCOMING, "__dbt_tmp")
"""Parts of names of tables that live for the length of a run."""


@dataclass(frozen=True)
class Step:
    """One thing to make or change: what it is, how it stands and how it is wanted."""

    what: str
    stands: str
    wanted: str
    _do: Callable[[], object] = field(repr=False, compare=False)

    def apply(self) -> None:
        """Do it. Raises `WarehouseError`."""
        with explained(self.what):
            self._do()

    def __str__(self) -> str:
        return f"{self.what}: {self.stands} -> {self.wanted}"


@dataclass(frozen=True)
class Setup:
    """What one tenant is to have: `tables` by layer, and its service accounts."""

    settings: Settings
    tenant_id: str
    tables: Sequence[tuple[str, TableSpec]]
    accounts: Accounts

    def place(self, layer: str, table: str) -> Place:
        dataset = dataset_id(self.settings, self.tenant_id, layer)
        return Place(self.tenant_id, layer, self.settings.bigquery_project, dataset, table)


def plan(client: bigquery.Client, setup: Setup) -> list[Step]:
    """The steps that are left, in order. Raises `WarehouseError`."""
    with explained(f"the datasets of {setup.tenant_id}"):
        return [
            *(step for layer in LAYERS for step in _dataset_steps(client, setup, layer)),
            *(step for layer, table in setup.tables for step in _table_steps(client, setup, layer, table)),
            *(step for place in _walled(client, setup) for step in _policy_steps(client, setup, place)),
        ]


def found_dataset(
    client: bigquery.Client, settings: Settings, tenant_id: str, layer: str
) -> bigquery.Dataset | None:
    """The dataset of a layer as it stands, or None."""
    try:
        return client.get_dataset(f"{settings.bigquery_project}.{dataset_id(settings, tenant_id, layer)}")
    except NotFound:
        return None


def missing_labels(
    dataset: bigquery.Dataset, settings: Settings, tenant_id: str, layer: str
) -> dict[str, str]:
    """The labels that a dataset lacks or has otherwise."""
    wanted = labels(settings, tenant_id, layer)
    return {k: v for k, v in wanted.items() if dataset.labels.get(k) != v}


def elsewhere(dataset: bigquery.Dataset, settings: Settings) -> str | None:
    """Where a dataset lies if not where the settings say; it cannot be moved, and queries cannot cross."""
    location = dataset.location or ""
    return location if location.casefold() != settings.bigquery_location.casefold() else None


def _dataset_steps(client: bigquery.Client, setup: Setup, layer: str) -> Iterator[Step]:
    settings, tenant_id = setup.settings, setup.tenant_id
    have = found_dataset(client, settings, tenant_id, layer)
    place = setup.place(layer, "")
    what = f"dataset {place.dataset}"
    if have is None:
        wanted = granted([], layer, setup.accounts)
        given = ", ".join(f"{e.role} {e.entity_id}" for e in wanted)
        described = f"in {settings.bigquery_location}, {_words(labels(settings, tenant_id, layer))}; {given}"
        yield Step(what, "missing", described, lambda: _make_dataset(client, setup, layer))
        return
    if location := elsewhere(have, settings):
        raise WarehouseError(
            f"{what} lies in {location}, and MARKETING_BIGQUERY_LOCATION is {settings.bigquery_location}. "
            "A dataset cannot be moved: mend the setting, or drop the dataset and replay its landed files"
        )
    if missing := missing_labels(have, settings, tenant_id, layer):
        yield Step(
            f"labels of {what}",
            _words(have.labels),
            _words(missing),
            lambda: _set_labels(client, have, missing),
        )
    wanted = granted(have.access_entries, layer, setup.accounts)
    if changes := access_changes(have.access_entries, wanted):
        roles = ", ".join(f"{e.role} {e.entity_id}" for e in have.access_entries) or "nobody"
        yield Step(f"access to {what}", roles, ", ".join(changes), lambda: _set_access(client, setup, layer))


def _make_dataset(client: bigquery.Client, setup: Setup, layer: str) -> None:
    # Made first and granted after, because BigQuery names the maker as owner only where no list is given.
    ensure_dataset(client, setup.settings, setup.place(layer, ""))
    _set_access(client, setup, layer)


def _set_access(client: bigquery.Client, setup: Setup, layer: str) -> None:
    # Read anew: the change is refused if somebody else changed the dataset after this.
    dataset = client.get_dataset(f"{setup.settings.bigquery_project}.{setup.place(layer, '').dataset}")
    dataset.access_entries = granted(dataset.access_entries, layer, setup.accounts)
    client.update_dataset(dataset, ["access_entries"])


def _set_labels(client: bigquery.Client, dataset: bigquery.Dataset, missing: dict[str, str]) -> None:
    fresh = client.get_dataset(dataset.reference)
    fresh.labels = {**fresh.labels, **missing}
    client.update_dataset(fresh, ["labels"])


def _table_steps(client: bigquery.Client, setup: Setup, layer: str, table: TableSpec) -> Iterator[Step]:
    place = setup.place(layer, table.name)
    have, want = found_table(client, setup.settings, place), declared(setup.settings, place, table)
    what = f"table {place.dataset}.{place.table}"

    def ensure() -> object:
        return ensure_table(client, setup.settings, place, table)

    if have is None:
        by = f"partitioned by {table.day_column}" if table.day_column else "not partitioned"
        clustered = ", ".join(want.clustering_fields or []) or "nothing"
        yield Step(what, "missing", f"{len(want.schema)} columns, {by}, clustered by {clustered}", ensure)
        return
    stands, wanted = _normal(place, have.schema), _normal(place, widened(place, have.schema, want.schema))
    if stands != wanted or (have.description or "") != table.description:
        new = [f.name for f in wanted if f.name not in {g.name for g in stands}]
        said = f"new columns {', '.join(new)}" if new else "columns or descriptions as declared"
        yield Step(what, f"{len(stands)} columns", said, ensure)
    elif missing := dict(want.labels.items() - have.labels.items()):
        yield Step(f"labels of {what}", _words(have.labels), _words(missing), ensure)


def _normal(place: Place, fields: Sequence[SchemaField]) -> list[SchemaField]:
    """The fields in one spelling; the API answers with older names of types than it is asked with."""
    return widened(place, fields, fields)


def _walled(client: bigquery.Client, setup: Setup) -> list[Place]:
    """The tables that carry the tenant in a column: those declared, and those that dbt has made by now."""
    declared_ = [
        setup.place(layer, table.name)
        for layer, table in setup.tables
        if TENANT in {c.name for c in table.columns}
    ]
    known = {place.id for place in declared_}
    made = [place for layer in LAYERS for place in _tables(client, setup, layer) if place.id not in known]
    return declared_ + [p for p in made if TENANT in {f.name for f in client.get_table(p.id).schema}]


def _tables(client: bigquery.Client, setup: Setup, layer: str) -> list[Place]:
    """The tables of a layer that stay, views left out: no policy can be on one."""
    dataset = setup.place(layer, "").dataset
    try:
        found = list(client.list_tables(f"{setup.settings.bigquery_project}.{dataset}"))
    except NotFound:
        return []
    stay = [t for t in found if t.table_type == "TABLE" and not any(p in t.table_id for p in _PASSING)]
    return [setup.place(layer, t.table_id) for t in stay]


def _policy_steps(client: bigquery.Client, setup: Setup, place: Place) -> Iterator[Step]:
    try:
        have = standing_policies(client, place)
    except NotFound:  # the table is made by a step before
        have = {}
    for policy in wanted_policies(setup.tenant_id, setup.accounts):
        stands = have.get(policy.name)
        if stands is None or not stands.matches(policy):
            yield _policy_step(client, setup, place, policy, stands)


def _policy_step(
    client: bigquery.Client, setup: Setup, place: Place, policy: Policy, stands: Policy | None
) -> Step:
    statement = policy.statement(place, replace=stands is not None)

    def make() -> object:
        name = f"marketing_{setup.tenant_id}_setup_{secrets.token_hex(8)}"
        return bigquery_jobs.query(client, setup.settings, place, statement, name)

    what = f"policy {policy.name} on {place.dataset}.{place.table}"
    return Step(what, str(stands or "missing"), str(policy), make)


def _words(found: dict[str, str]) -> str:
    return ", ".join(f"{k}={v}" for k, v in sorted(found.items())) or "no labels"


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what BigQuery answers into `WarehouseError`, with what it was about and the remedy."""
    try:
        yield
    except (GoogleAPICallError, RequestException) as error:
        said = getattr(error, "message", None) or error
        raise WarehouseError(
            f"{what}: {cause_of(error)}: {said}. Setting up needs the roles bigquery.dataOwner and "
            "bigquery.jobUser on the project, and service accounts that exist. What was done before stands; "
            "run it again"
        ) from error
