"""Which waiting run starts first: the higher number. Dagster takes 0 where a run has none."""

from __future__ import annotations

PRIORITY = "dagster/priority"

SNAPSHOTS = 20
"""Short, and wanted by the refresh that is due at the same time."""
TODAY = 10
"""The recent days, which people look at."""
FOLLOWING = 5
"""Models whose inputs were materialised by somebody else."""
WINDOW = 0
"""Old days whose numbers changed; also what people start themselves."""
HISTORY = -10
"""Days that nobody has seen yet."""
