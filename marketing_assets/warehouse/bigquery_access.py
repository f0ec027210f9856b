"""Who may do what on BigQuery: entries of a dataset's access list, and row access policies of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.cloud import bigquery
from google.cloud.bigquery import AccessEntry

from marketing_assets.warehouse.bigquery_names import Place
from marketing_assets.warehouse.bigquery_sql import text

READ_LAYERS = ("staging", "mart")
"""The layers that a tenant's reader may read."""

_PROJECT_WIDE = ("projectReaders", "projectWriters")
_READS_FILTERED = "roles/bigquery.filteredDataViewer"


@dataclass(frozen=True)
class Accounts:
    """A tenant's service accounts, as e-mail addresses."""

    writer: str
    reader: str


def account(template: str, tenant_id: str, project: str) -> str:
    """An address from a template that may name `{tenant}` and `{project}`.

    Service accounts take hyphens where tenants have underscores.
    """
    return template.format(tenant=tenant_id.replace("_", "-"), project=project)


def granted(entries: Iterable[AccessEntry], layer: str, accounts: Accounts) -> list[AccessEntry]:
    """The access list of a dataset as it should be.

    Whoever else was given access by name keeps it. Those who merely may read or write the project, to whom
    BigQuery opens every new dataset, lose it: they would read all tenants.
    """
    kept = [e for e in entries if not (e.entity_type == "specialGroup" and e.entity_id in _PROJECT_WIDE)]
    wanted = [AccessEntry("WRITER", "userByEmail", accounts.writer)]
    if layer in READ_LAYERS:
        wanted.append(AccessEntry("READER", "userByEmail", accounts.reader))
    return kept + [entry for entry in wanted if entry not in kept]


def access_changes(have: Iterable[AccessEntry], want: Iterable[AccessEntry]) -> list[str]:
    """What an access list gains and loses, in words."""
    before, after = list(have), list(want)
    gained = [f"+{e.role} {e.entity_id}" for e in after if e not in before]
    return gained + [f"-{e.role} {e.entity_id}" for e in before if e not in after]


@dataclass(frozen=True)
class Policy:
    """A row access policy: who sees the rows of which condition."""

    name: str
    members: frozenset[str]
    condition: str

    def matches(self, other: Policy) -> bool:
        """Whether both let the same members see the same rows, however the condition is spaced."""
        return self.members == other.members and _plain(self.condition) == _plain(other.condition)

    def statement(self, place: Place, replace: bool) -> str:
        """The statement that makes it, or puts it in the place of the one of its name."""
        create = (
            "create or replace row access policy" if replace else "create row access policy if not exists"
        )
        members = ", ".join(text(m) for m in sorted(self.members))
        return f"{create} {self.name} on {place.sql} grant to ({members}) filter using ({self.condition})"

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.members))} where {self.condition}"


def wanted_policies(tenant_id: str, accounts: Accounts) -> list[Policy]:
    """The policies of a table that carries `tenant_id`, in the order in which they are made.

    From a table's first policy on, whoever has none sees no row and may change none. The writer needs all of
    them, and is named first so that it never stands without.
    """
    own = f"tenant_id = {text(tenant_id)}"
    return [
        Policy(f"{tenant_id}_writer", frozenset({member(accounts.writer)}), "true"),
        Policy(f"{tenant_id}_reader", frozenset({member(accounts.reader)}), own),
    ]


def member(email: str) -> str:
    """An address as a policy names it."""
    kind = "serviceAccount" if email.endswith(".gserviceaccount.com") else "user"
    return f"{kind}:{email}"


def standing_policies(client: bigquery.Client, place: Place) -> dict[str, Policy]:
    """The policies of a table by name; raises `NotFound` where there is no such table."""
    path = f"/projects/{place.project}/datasets/{place.dataset}/tables/{place.table}/rowAccessPolicies"
    found: dict[str, Policy] = {}
    page: dict[str, str] = {}
    while True:
        answer = _asked(client, "GET", path, query_params=page)
        for policy in answer.get("rowAccessPolicies", []):
            name = policy["rowAccessPolicyReference"]["policyId"]
            members = policy.get("grantees") or _members(client, f"{path}/{name}")
            found[name] = Policy(name, frozenset(members), policy["filterPredicate"])
        if not (token := answer.get("nextPageToken")):
            return found
        page = {"pageToken": token}


def _members(client: bigquery.Client, path: str) -> list[str]:
    """Whom a policy's own access list names: BigQuery takes grantees, but does not tell them with it."""
    bindings = _asked(client, "POST", f"{path}:getIamPolicy", data={}).get("bindings", [])
    return [m for b in bindings if b["role"] == _READS_FILTERED for m in b["members"]]


def _asked(client: bigquery.Client, method: str, path: str, **more: Any) -> Mapping[str, Any]:
    """The answer of a call for which Google's client has no method."""
    return client._connection.api_request(method=method, path=path, **more)  # type: ignore[no-any-return, no-untyped-call]


def _plain(condition: str) -> str:
    return re.sub(r"[\s()]", "", condition).lower().replace('"', "'")
