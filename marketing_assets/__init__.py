"""Marketing Assets: one true picture of commerce and advertising, as partitioned Dagster assets."""
