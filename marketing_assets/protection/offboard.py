"""A tenant leaves: an export that was read back, and only then everything of it goes.

What stays are the signed reports and the log of acts, which name no person, and what others hold for the
tenant: secrets in Secret Manager or in the environment are named, for whoever put them there to remove.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from urllib.parse import quote

import dagster as dg
import sqlalchemy as sa

from marketing_assets.ingest.fetch import now_utc
from marketing_assets.ingest.landing import Landing
from marketing_assets.ingest.tombstones import SUBJECT
from marketing_assets.protection import acts
from marketing_assets.protection.export import MANIFEST, ExportError, export, verify
from marketing_assets.protection.tables import all_turns
from marketing_assets.settings import Settings
from marketing_assets.state import state_engine
from marketing_assets.tenants import FileSecret, Tenant
from marketing_assets.warehouse.open import open_warehouse
from marketing_assets.warehouse.warehouse import LAYERS

EXPORTED, LEFT = "export", "offboard"
_KEPT = {"protection_log"}
_OWNERS = ("tenant", "tenant_id")


def export_tenant(settings: Settings, tenant: Tenant, folder: Path, by: str) -> int:
    """Export a tenant to a folder and read it back; how many files. Waits for runs at its raw tables."""
    act = acts.new_act(EXPORTED, now_utc())
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant.id)
    acts.append(settings, tenant.id, EXPORTED, act, "started", {}, by)
    with all_turns(settings, tenant.id):
        manifest = export(settings, tenant, landing, warehouse, folder.absolute())
    files = len(verify(folder, tenant.id)["files"])
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    details = {"folder": str(folder.absolute()), "files": files, "manifest_sha256": digest}
    acts.append(settings, tenant.id, EXPORTED, act, "finished", details, by)
    return files


def leave(settings: Settings, tenant_id: str, by: str) -> None:
    """Remove everything of a tenant for good; takes up a removal that was cut off.

    Raises `ExportError` unless its last export still stands whole; a removal that has begun needs none.
    """
    begun = acts.unfinished(settings, tenant_id, LEFT)
    if begun:
        act = begun[0].act
    else:
        folder = _exported(settings, tenant_id)
        act = acts.new_act(LEFT, now_utc())
        acts.append(settings, tenant_id, LEFT, act, "started", {"export": str(folder)}, by)
    # Its file first: a code location that loads now knows the tenant no longer.
    (settings.tenants_dir / f"{tenant_id}.yaml").unlink(missing_ok=True)
    shutil.rmtree(settings.tenants_dir / tenant_id, ignore_errors=True)
    with all_turns(settings, tenant_id):
        _remove_data(settings, tenant_id)
        _forget_state(settings, tenant_id)
        # The keys last, without which nothing that a crash might have left could be read.
        for key in settings.keys_dir.glob(f"{tenant_id}.*"):
            key.unlink()
    shutil.rmtree(settings.home / "locks" / tenant_id, ignore_errors=True)
    acts.append(settings, tenant_id, LEFT, act, "finished", {}, by)


def held_elsewhere(tenant: Tenant) -> list[str]:
    """Secrets that this installation only refers to."""
    refs = [ref for c in tenant.connections for ref in c.secrets.values()]
    refs += [tenant.pii_key] if tenant.pii_key else []
    return sorted(
        {str(next(iter(ref.model_dump().values()))) for ref in refs if not isinstance(ref, FileSecret)}
    )


def wipe_history(instance: dg.DagsterInstance, tenant_id: str) -> tuple[int, int]:
    """Remove a tenant's runs and the history of its assets from Dagster; how many of each."""
    # Runs that people start in the UI bear no tag.
    runs = [run.run_id for run in instance.get_runs() if _is_of(run, tenant_id)]
    for run_id in runs:
        instance.delete_run(run_id)
    assets = [key for key in instance.all_asset_keys() if key.path[0] == tenant_id]
    instance.wipe_assets(assets)
    return len(runs), len(assets)


def _is_of(run: dg.DagsterRun, tenant_id: str) -> bool:
    checks = {check.asset_key for check in run.asset_check_selection or ()}
    keys = checks.union(run.asset_selection or ())
    return run.tags.get("tenant") == tenant_id or any(key.path[0] == tenant_id for key in keys)


def _exported(settings: Settings, tenant_id: str) -> Path:
    """The folder of the last export, after reading it back."""
    done = [li for li in acts.read(settings, tenant_id) if (li.kind, li.state) == (EXPORTED, "finished")]
    if not done:
        remedy = f"run `marketing tenants offboard {tenant_id} --export FOLDER` first"
        raise ExportError(f"{tenant_id} was never exported; {remedy}")
    folder = Path(done[-1].details["folder"])
    verify(folder, tenant_id)
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    if digest != done[-1].details["manifest_sha256"]:
        raise ExportError(f"{folder} is another export than the log of acts knows; export {tenant_id} again")
    return folder


def _remove_data(settings: Settings, tenant_id: str) -> None:
    landing, warehouse = Landing(settings.landing), open_warehouse(settings, tenant_id)
    for layer in LAYERS:
        warehouse.drop_layer(layer)
    file = settings.warehouse_file(tenant_id)
    for path in [*file.parent.glob(f"{file.name}*"), *file.parent.glob(f".{file.name}*")]:
        path.unlink()
    shutil.rmtree(file.with_suffix(".incoming"), ignore_errors=True)
    if landing.fs.exists(landing.path(tenant_id)):
        landing.fs.rm(landing.path(tenant_id), recursive=True)
    shutil.rmtree(settings.secrets_dir / tenant_id, ignore_errors=True)
    shutil.rmtree(settings.tokens_dir / quote(tenant_id, safe=""), ignore_errors=True)


def _forget_state(settings: Settings, tenant_id: str) -> None:
    """Delete the tenant's rows from every table of state that says whose they are, but the log of acts."""
    folder = settings.home / "state"
    subjects = [SUBJECT] if settings.state_url else sorted(p.stem for p in folder.glob("*.sqlite"))
    for subject in subjects:
        engine = state_engine(settings, subject)
        try:
            found = sa.MetaData()
            found.reflect(engine)
            with engine.begin() as at:
                for table in reversed(found.sorted_tables):
                    owner = next((name for name in _OWNERS if name in table.c), None)
                    if owner and table.name not in _KEPT:
                        at.execute(sa.delete(table).where(table.c[owner] == tenant_id))
        finally:
            engine.dispose()
