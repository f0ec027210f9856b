"""The intelligence layer in Dagster: its assets and checks, and what people do with what they say."""
