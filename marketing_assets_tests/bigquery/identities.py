"""Google's client as a service account or a person; the local server believes whoever a token names."""

from __future__ import annotations

import base64
import json

from google.api_core.client_options import ClientOptions
from google.cloud import bigquery
from google.oauth2.credentials import Credentials

from marketing_assets_tests.bigquery.local import LocalBigQuery

ANONYMOUS = "local-bigquery@localhost"
"""Who a client without credentials is."""


def signed_in(server: LocalBigQuery, project: str, email: str) -> bigquery.Client:
    """A client whose calls are made by `email`."""
    claims = base64.urlsafe_b64encode(json.dumps({"email": email}).encode()).decode().rstrip("=")
    return bigquery.Client(
        project,
        credentials=Credentials(f"head.{claims}.signature"),
        location="EU",
        client_options=ClientOptions(api_endpoint=server.endpoint),
    )
