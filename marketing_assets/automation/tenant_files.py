"""The sensor of tenant files: when one is new, changed or gone, the code location is loaded again.

What was loaded is known to the process that loaded it, so there is no cursor to lose: as long as the files
are not as they were then, a reload is asked for.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping

import dagster as dg
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin

from marketing_assets.settings import Settings

SECONDS = 60
DELAY_SECONDS = 2
"""A reload ends the process that evaluates the sensor, so it waits until the tick was answered."""

RELOAD_SECONDS = 300

_LOG = logging.getLogger("marketing_assets.automation")


def tenant_files(settings: Settings) -> dict[str, str]:
    """SHA-256 of each tenant file that this location reads, by name."""
    served = {name.strip() for name in settings.tenants.split(",")} - {""}
    folder = settings.tenants_dir
    paths = [*folder.glob("*.yaml"), *folder.glob("*.yml")] if folder.is_dir() else []
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths if not served or p.stem in served
    }


def changes(loaded: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is not as it was loaded, in words."""
    words = {(False, True): "new", (True, True): "changed", (True, False): "removed"}
    differing = {name for name in loaded.keys() | now.keys() if loaded.get(name) != now.get(name)}
    return [f"{name} is {words[name in loaded, name in now]}" for name in sorted(differing)]


def tenants_sensor(settings: Settings) -> dg.SensorDefinition:
    """`tenants`, one for each code location: it watches the files that the location read when it loaded."""
    loaded = tenant_files(settings)
    failed: list[str] = []

    @dg.sensor(
        name="tenants",
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Loads the code location again when a tenant file is new, changed or removed.",
    )
    def tenants(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        found = changes(loaded, tenant_files(settings))
        if not found:
            return dg.SkipReason("the tenant files are as they were loaded")
        said = "; ".join(found)
        origin = context.code_location_origin
        if not isinstance(origin, GrpcServerCodeLocationOrigin):
            remedy = "reload it in the UI (Deployment), or run it with `dagster code-server start`"
            return dg.SkipReason(f"{said}, and this code location cannot reload itself: {remedy}")
        before = f" The last reload failed: {failed.pop()}" if failed else ""
        client = origin.create_client()
        after_the_tick(lambda: client.reload_code(timeout=RELOAD_SECONDS), failed)
        return dg.SkipReason(f"{said}; the code location is loaded again.{before}")

    return tenants


def after_the_tick(reload: Callable[[], object], failed: list[str]) -> threading.Timer:
    """Reload a little later; what goes wrong is noted for the next tick."""

    def attempt() -> None:
        try:
            reload()
        except Exception as error:
            _LOG.warning("the code location could not be loaded again: %s", error)
            failed[:] = [str(error)]

    timer = threading.Timer(DELAY_SECONDS, attempt)
    timer.daemon = True
    timer.start()
    return timer
