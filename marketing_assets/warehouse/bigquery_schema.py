"""Tables of BigQuery: made from their declaration, and widened when the declaration grows."""

from __future__ import annotations

from collections.abc import Iterable

from google.api_core.exceptions import GoogleAPIError, NotFound
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField
from requests.exceptions import RequestException

from marketing_assets.schema import Column, Pii, Type
from marketing_assets.settings import Settings
from marketing_assets.table_spec import TableSpec
from marketing_assets.warehouse.bigquery_errors import cause_of
from marketing_assets.warehouse.bigquery_jobs import patience
from marketing_assets.warehouse.bigquery_names import Place, labels
from marketing_assets.warehouse.errors import NoSuchTable, SchemaConflict, WarehouseError
from marketing_assets.warehouse.warehouse import ColumnInfo, TableInfo

_CLUSTERED = {"STRING", "INT64", "DATE", "NUMERIC", "TIMESTAMP", "BOOL"}
_LEGACY = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "STRUCT": "RECORD"}
"""The API answers with older names of types than it is asked with."""

DAY_MS = 86_400_000


def field_of(column: Column) -> SchemaField:
    """A column as BigQuery declares it. JSON documents are text, as on DuckDB."""
    type_ = "STRING" if column.type is Type.JSON else column.type.value
    mode = "REPEATED" if column.repeated else "REQUIRED" if column.required else "NULLABLE"
    described = column.description + (f" (personal: {column.pii.value})" if column.pii else "")
    return SchemaField(column.name, type_, mode, None, described, tuple(field_of(f) for f in column.fields))


def ensure_dataset(client: bigquery.Client, settings: Settings, place: Place) -> None:
    """Make the dataset of a table where it is missing, in the configured location.

    It is looked for first: a writer may use its datasets, but need not be allowed to make one.
    """
    wanted = bigquery.Dataset(f"{place.project}.{place.dataset}")
    try:
        client.get_dataset(wanted.reference, retry=patience(settings))
    except NotFound:
        wanted.location = settings.bigquery_location
        wanted.labels = labels(settings, place.tenant_id, place.layer)
        wanted.description = f"Layer {place.layer} of tenant {place.tenant_id} ({settings.environment})."
        client.create_dataset(wanted, exists_ok=True, retry=patience(settings))


def drop_dataset(client: bigquery.Client, settings: Settings, place: Place) -> None:
    """Remove the dataset of a place with its tables; nothing where there is none. Raises `WarehouseError`."""
    dataset = f"{place.project}.{place.dataset}"
    try:
        client.delete_dataset(dataset, delete_contents=True, not_found_ok=True, retry=patience(settings))
    except (GoogleAPIError, RequestException) as error:
        raise WarehouseError(
            f"tenant {place.tenant_id}, dataset {dataset} could not be removed: {cause_of(error)}: "
            f"{getattr(error, 'message', None) or error}. It takes the role bigquery.dataOwner, which a "
            "tenant's writer does not have; run this again with an account that has it"
        ) from error


def declared(settings: Settings, place: Place, table: TableSpec) -> bigquery.Table:
    """The table as its declaration wants it: partitioned by its day column, clustered by its key."""
    made = bigquery.Table(place.id, [field_of(c) for c in table.columns])
    made.description = table.description
    made.labels = labels(settings, place.tenant_id, place.layer, place.table) | _pii_label(table)
    made.clustering_fields = _clustering(table)
    if table.day_column:
        made.time_partitioning = bigquery.TimePartitioning(
            type_=bigquery.TimePartitioningType.DAY, field=table.day_column
        )
        if place.layer == "raw":
            made.require_partition_filter = settings.bigquery_require_partition_filter
            if settings.bigquery_partition_expiry_days:
                made.time_partitioning.expiration_ms = settings.bigquery_partition_expiry_days * DAY_MS
    return made


def _pii_label(table: TableSpec) -> dict[str, str]:
    """Marks a table that holds hashes of persons; values that are dropped leave nothing to mark."""
    fields = [f for c in table.columns for f in (c, *c.fields)]
    return {"pii": "hashed"} if any(f.pii is Pii.HASH for f in fields) else {}


def _clustering(table: TableSpec) -> list[str] | None:
    types = {c.name: c for c in table.columns}
    names = [k for k in table.key if k != table.day_column]
    fit = [n for n in names if types[n].type.value in _CLUSTERED and not types[n].repeated]
    return fit[:4] or None


def ensure_table(
    client: bigquery.Client, settings: Settings, place: Place, table: TableSpec
) -> bigquery.Table:
    """Make the table, or add to it what its declaration has gained: columns, nested fields, descriptions,
    labels.

    Returns it as it stands then. Columns that left the declaration stay, and get null. Raises
    `SchemaConflict` where a type changed.
    """
    wanted = declared(settings, place, table)
    have = found_table(client, settings, place)
    if have is None:
        ensure_dataset(client, settings, place)
        # Somebody else may make it at the same moment.
        have = client.create_table(wanted, exists_ok=True, retry=patience(settings))
    schema = widened(place, list(have.schema), list(wanted.schema))
    changed = [] if _same(schema, have.schema) else ["schema"]
    if (have.description or "") != table.description:
        changed.append("description")
    if wanted.labels.items() - have.labels.items():
        changed.append("labels")
    if not changed:
        return have
    have.schema, have.description = schema, wanted.description
    have.labels = {**have.labels, **wanted.labels}
    return client.update_table(have, changed, retry=patience(settings))


def _same(fields: Iterable[SchemaField], others: Iterable[SchemaField]) -> bool:
    return [_known(f) for f in fields] == [_known(f) for f in others]


def _known(field: SchemaField) -> tuple[object, ...]:
    """What matters of a field, in one spelling."""
    inner = tuple(_known(f) for f in field.fields)
    return (field.name, _type(field), field.mode or "NULLABLE", field.description or "", inner)


def found_table(client: bigquery.Client, settings: Settings, place: Place) -> bigquery.Table | None:
    """The table as it stands, or None."""
    try:
        return client.get_table(place.id, retry=patience(settings))
    except NotFound:
        return None


def widened(place: Place, have: Iterable[SchemaField], want: Iterable[SchemaField]) -> list[SchemaField]:
    """What stands, with what the declaration has more of; new columns can be null for the old rows."""
    given = {f.name.lower(): f for f in have}
    named = {f.name.lower(): f for f in want}
    kept = [
        _merged(place, (f.name,), f, named[name]) if name in named else _optional(f)
        for name, f in given.items()
    ]
    return kept + [_optional(f) for name, f in named.items() if name not in given]


def _merged(place: Place, path: tuple[str, ...], have: SchemaField, want: SchemaField) -> SchemaField:
    if _type(have) != _type(want) or (have.mode == "REPEATED") != (want.mode == "REPEATED"):
        raise SchemaConflict(
            f"{place}: column '{'.'.join(path)}' is {_words(have)} in the warehouse and "
            f"{_words(want)} in its declaration. Give the column another name, or drop the table and "
            "replay its landed files"
        )
    inner = {f.name.lower(): f for f in have.fields}
    wanted = {f.name.lower(): f for f in want.fields}
    fields = [_merged(place, (*path, f.name), f, wanted.get(f.name.lower(), f)) for f in inner.values()]
    fields += [_optional(f) for name, f in wanted.items() if name not in inner]
    # A column that may be null stays so: its old rows may have nulls.
    return SchemaField(have.name, _type(have), have.mode or "NULLABLE", None, want.description, tuple(fields))


def _optional(field: SchemaField) -> SchemaField:
    mode = "REPEATED" if field.mode == "REPEATED" else "NULLABLE"
    return SchemaField(field.name, field.field_type, mode, None, field.description, tuple(field.fields))


def _type(field: SchemaField) -> str:
    return _LEGACY.get(field.field_type, field.field_type)


def _words(field: SchemaField) -> str:
    """A field's type as SQL writes it."""
    inner = _type(field)
    if inner == "RECORD":
        inner = f"STRUCT<{', '.join(f'{f.name} {_words(f)}' for f in field.fields)}>"
    return f"ARRAY<{inner}>" if field.mode == "REPEATED" else inner


def info_of(table: bigquery.Table) -> TableInfo:
    """A table or view as BigQuery has it."""
    columns = tuple(ColumnInfo(f.name, _words(f), f.description or "") for f in table.schema)
    return TableInfo(table.table_id, table.description or "", columns)


def no_such_table(place: Place) -> NoSuchTable:
    return NoSuchTable(f"{place} does not exist yet; materialise it first")
