"""Tags by which assets are told apart where their layer does not say enough."""

from __future__ import annotations

import dagster as dg

INTELLIGENCE = {"room": "intelligence"}
"""What models say of a tenant's numbers: computed once a day by a schedule of its own, by no refresh."""


def is_intelligence(spec: dg.AssetSpec) -> bool:
    return spec.tags.items() >= INTELLIGENCE.items()
