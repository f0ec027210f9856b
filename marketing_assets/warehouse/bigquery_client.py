"""The client of BigQuery: Dagster's resource, or a server of one's own for tests."""

from __future__ import annotations

from dagster_gcp import BigQueryResource
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery

from marketing_assets.settings import Settings
from marketing_assets.warehouse.errors import WarehouseError


def client(settings: Settings) -> bigquery.Client:
    """A client for the project and location of the settings; the caller closes it.

    Raises `WarehouseError` where the project is not named or no credentials are found.
    """
    if not settings.bigquery_project:
        raise WarehouseError(
            "MARKETING_WAREHOUSE is bigquery but MARKETING_BIGQUERY_PROJECT names no project; set it"
        )
    if settings.bigquery_endpoint:
        return bigquery.Client(
            settings.bigquery_project,
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            location=settings.bigquery_location,
            client_options=ClientOptions(api_endpoint=settings.bigquery_endpoint),
        )
    resource = BigQueryResource(project=settings.bigquery_project, location=settings.bigquery_location)
    try:
        with resource.get_client() as found:
            return found
    except DefaultCredentialsError as error:
        raise WarehouseError(
            f"no Google credentials for project {settings.bigquery_project}: {error} Run on a machine with a "
            "service account, or set GOOGLE_APPLICATION_CREDENTIALS to a key file"
        ) from error
