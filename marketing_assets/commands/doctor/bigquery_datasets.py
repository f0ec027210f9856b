"""BigQuery: a tenant's datasets stand as wanted, and this account may read and write their tables."""

from __future__ import annotations

from collections.abc import Iterator

from google.api_core.exceptions import GoogleAPICallError, NotFound
from google.cloud import bigquery

from marketing_assets.commands.doctor.finding import Finding, broken, ok, warning
from marketing_assets.commands.warehouse_setup import wanted
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant
from marketing_assets.warehouse.bigquery_names import dataset_id
from marketing_assets.warehouse.bigquery_setup import elsewhere, found_dataset, missing_labels, plan
from marketing_assets.warehouse.errors import WarehouseError
from marketing_assets.warehouse.warehouse import LAYERS

_NEEDED = ("get", "getData", "update", "updateData")
"""What a load and a replacement of days need on a table."""


def datasets(at: bigquery.Client, settings: Settings, tenant_id: str) -> Iterator[Finding]:
    name, set_up = f"datasets {tenant_id}", f"run `marketing warehouse setup {tenant_id}`"
    try:
        found = {layer: found_dataset(at, settings, tenant_id, layer) for layer in LAYERS}
    except GoogleAPICallError as error:
        yield broken(name, error.message or str(error), f"grant this account access: {set_up}")
        return
    faults = [f for layer in LAYERS if (f := _fault(name, found[layer], settings, tenant_id, layer, set_up))]
    if missing := [dataset_id(settings, tenant_id, layer) for layer in LAYERS if found[layer] is None]:
        faults.append(broken(name, f"{', '.join(missing)} missing", set_up))
    yield from faults or [ok(name, f"{len(LAYERS)}, in {settings.bigquery_location}, labelled")]


def _fault(
    name: str, dataset: bigquery.Dataset | None, settings: Settings, tenant_id: str, layer: str, set_up: str
) -> Finding | None:
    """What is wrong with a dataset that exists."""
    if dataset is None:
        return None
    if location := elsewhere(dataset, settings):
        text = f"{dataset.dataset_id} lies in {location}, and the settings say {settings.bigquery_location}"
        return broken(name, text, "mend MARKETING_BIGQUERY_LOCATION; a dataset cannot be moved")
    if missing := missing_labels(dataset, settings, tenant_id, layer):
        labels = ", ".join(f"{k}={v}" for k, v in missing.items())
        text = f"{dataset.dataset_id} lacks {labels}, so its costs are not told apart"
        return warning(name, text, set_up)
    return None


def permissions(at: bigquery.Client, settings: Settings, tenant_id: str) -> Iterator[Finding]:
    """Asked of one raw table, since grants are made on datasets."""
    name, remedy = f"permissions {tenant_id}", f"run `marketing warehouse setup {tenant_id}` as an owner"
    dataset = f"{settings.bigquery_project}.{dataset_id(settings, tenant_id, 'raw')}"
    wanted = [f"bigquery.tables.{each}" for each in _NEEDED]
    try:
        table = next(iter(at.list_tables(dataset, max_results=1)), None)
        if table is None:
            yield ok(name, "no raw table yet to ask about")
            return
        given = at.test_iam_permissions(table.reference, wanted).get("permissions", [])
    except NotFound:
        return  # `datasets` has said so
    except GoogleAPICallError as error:
        yield broken(name, error.message or str(error), remedy)
        return
    lacking = [each for each in wanted if each not in given]
    if lacking:
        yield broken(name, f"{table.table_id}: this account lacks {', '.join(lacking)}", remedy)
    else:
        yield ok(name, f"{table.table_id}: may be read, loaded and changed")


def left_to_set_up(at: bigquery.Client, settings: Settings, tenant: Tenant) -> Finding:
    """Whether grants, tables and policies still stand; a load of a whole table may drop its policies."""
    name, command = f"setup {tenant.id}", f"`marketing warehouse setup {tenant.id}`"
    try:
        steps = plan(at, wanted(settings, tenant))
    except WarehouseError as error:
        return warning(name, f"could not be compared: {error}", f"run {command} --dry-run as an owner")
    if not steps:
        return ok(name, "grants, tables and row access policies stand")
    text = f"{len(steps)} steps are left, the first: {steps[0]}"
    return warning(name, text, f"run {command} with the same accounts as before")
