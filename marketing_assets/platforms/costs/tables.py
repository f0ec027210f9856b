"""What lands from cost files: the contracts of costs by day and of unit costs."""

from __future__ import annotations

from marketing_assets.schema import Column, Table, Type, Wire

COSTS = Table(
    name="costs",
    description=(
        "Costs that no platform's API knows, from the tenant's cost files: one row a cost and day of its "
        "period. The days of a cost add up to its amount exactly."
    ),
    columns=(
        Column("cost_id", Type.STRING, "Hash of the file's name and of what the line says.", required=True),
        Column(
            "date", Type.DATE, "Day of the cost, as the file means it.", required=True, wire=Wire.ISO_DATE
        ),
        Column(
            "kind",
            Type.STRING,
            "influencer, affiliate, agency, tool, salary, credit or other.",
            required=True,
        ),
        Column("name", Type.STRING, "What or whom was paid.", required=True),
        Column("amount", Type.NUMERIC, "The day's share of the cost; negative for a credit.", required=True),
        Column("currency", Type.STRING, "ISO 4217 currency of the amounts.", required=True),
        Column(
            "cost_platform",
            Type.STRING,
            "Platform the cost is for; null where it names none.",
            source="platform",
        ),
        Column("file_name", Type.STRING, "File that states the cost.", required=True, source="file"),
        Column(
            "file_line",
            Type.INT64,
            "Line of the file, the header being line 1.",
            required=True,
            source="line",
        ),
        Column(
            "from_date",
            Type.DATE,
            "First day of the period.",
            required=True,
            source="from",
            wire=Wire.ISO_DATE,
        ),
        Column(
            "to_date", Type.DATE, "Last day of the period.", required=True, source="to", wire=Wire.ISO_DATE
        ),
        Column("period_amount", Type.NUMERIC, "Amount for the whole period.", required=True),
    ),
    key=("cost_id", "date"),
    day_from="date",
    control={"rows": "rows", "amount": "amount"},
)

COGS = Table(
    name="cogs",
    description=(
        "What one unit of a SKU costs, with the days for which it holds: the whole list of the tenant's cost "
        "files, as it stood on the day."
    ),
    columns=(
        Column("sku_master", Type.STRING, "SKU that joins platforms.", required=True),
        Column("unit_cost", Type.NUMERIC, "Cost of one unit.", required=True),
        Column("currency", Type.STRING, "ISO 4217 currency of the cost.", required=True),
        Column("valid_from", Type.DATE, "First day it holds.", required=True, wire=Wire.ISO_DATE),
        Column("valid_to", Type.DATE, "Last day it holds; null while it has no end.", wire=Wire.ISO_DATE),
        Column("file_name", Type.STRING, "File that states it.", required=True, source="file"),
        Column(
            "file_line",
            Type.INT64,
            "Line of the file, the header being line 1.",
            required=True,
            source="line",
        ),
    ),
    key=("sku_master", "valid_from"),
    day_from=None,
    control={"rows": "rows"},
)
