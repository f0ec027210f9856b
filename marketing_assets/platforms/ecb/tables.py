"""What lands from the European Central Bank: the contract of the reference rates."""

from __future__ import annotations

from marketing_assets.schema import Column, Table, Type, Wire

FX_RATES = Table(
    name="ecb_fx_rates",
    description=(
        "Euro reference rates in force on each day: the latest published on or before it, at most 7 days "
        "old. One row a currency and day."
    ),
    columns=(
        Column("currency", Type.STRING, "ISO 4217 currency.", required=True),
        Column("rate", Type.NUMERIC, "Units of the currency for one euro.", required=True),
        Column("rate_date", Type.DATE, "Day of publication.", required=True, wire=Wire.ISO_DATE),
        Column("date", Type.DATE, "Day the rate is in force.", required=True, wire=Wire.ISO_DATE),
    ),
    key=("currency", "date"),
    day_from="date",
    control={"rows": "rows"},
)
