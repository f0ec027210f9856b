"""The run tag which says that a run computes every model of what it writes, so that nothing has to follow it.

Dagster can tell that itself of an asset's newest partition alone, and runs here span many days.
"""

WITH_MODELS = {"marketing/with_models": "true"}
