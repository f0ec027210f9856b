"""Secrets: every reference of the tenant files is read, and no value is ever shown."""

from __future__ import annotations

from collections.abc import Iterator

from marketing_assets.commands.doctor.finding import Finding, Patient, broken, ok
from marketing_assets.secrets import MissingSecret, connection_secrets


def secrets(patient: Patient) -> Iterator[Finding]:
    for tenant in patient.tenants:
        for connection in tenant.connections:
            name = f"secrets {tenant.id}/{connection.platform}/{connection.account_id or 'public'}"
            read = connection_secrets(tenant, connection, patient.settings)
            missing = []
            for secret in connection.secrets:
                try:
                    read(secret)
                except MissingSecret as error:
                    missing.append(error)
            for each in missing:
                yield broken(name, f"{each.wanted} is missing: {each.where}", each.remedy)
            if connection.secrets and not missing:
                yield ok(name, f"{', '.join(sorted(connection.secrets))} can be read")
