"""Write the snapshots anew: `python -m marketing_assets_tests.snapshots`; then read what changed in git."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

with tempfile.TemporaryDirectory() as home:
    os.environ |= {"MARKETING_HOME": home, "MARKETING_TENANTS_DIR": str(REPOSITORY / "tenants")}
    os.environ.pop("MARKETING_TENANTS", None)
    # Imported here, because the definitions are read from where the environment says.
    from marketing_assets.definitions import defs
    from marketing_assets_tests.snapshots.definitions import FILE, as_text, described

    FILE.write_text(as_text(described(defs)), encoding="utf-8")
    print(f"written: {FILE.relative_to(REPOSITORY)}")
