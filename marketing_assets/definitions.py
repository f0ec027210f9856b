"""What Dagster loads."""

from __future__ import annotations

from marketing_assets.code_location import build_definitions
from marketing_assets.collector import leave_definitions_alone
from marketing_assets.settings import load_settings

defs = build_definitions(load_settings())

leave_definitions_alone()
