"""What a test may turn while the sandbox runs: lifetimes in seconds, throttles, status codes."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Settings:
    shopee_code_seconds: int = 600
    shopee_access_seconds: int = 14_400
    shopee_refresh_seconds: int = 2_592_000
    shopee_old_access_seconds: int = 300
    """How long an access token still works after it was refreshed."""
    shopee_requests_per_second: float = 100.0
    shopee_burst: float = 200.0
    shopee_auth_error_status: int = 403
    shopee_throttle_status: int = 200
    """Shopee documents no HTTP status for errors; its throttle is told by the body alone unless turned."""
    meta_insights_calls: int = 190_000
    """Insights calls per ad account and rolling hour; ``meta_other_calls`` of all others."""
    meta_other_calls: int = 100_000
    meta_sync_rows: int = 6_000
    """Rows that one report may have when asked for directly; ``meta_async_rows`` as a run."""
    meta_async_rows: int = 40_000
    meta_insights_page: int = 1_000
    """Most rows on a page, whatever ``limit`` says; ``meta_edge_page`` of campaigns, ad sets and ads."""
    meta_edge_page: int = 500

    google_access_seconds: int = 3_600
    google_code_seconds: int = 600
    google_stream_rows: int = 10_000
    """Rows in one piece of a stream."""
    shopify_bucket: float = 2_000.0
    """Points an app may have spent at once, and ``shopify_restore_per_second`` that it gets back."""
    shopify_restore_per_second: float = 100.0
    shopify_bulk_at_once: int = 5
    """Bulk queries of one app and shop that may run at the same time."""
    shopify_all_orders: int = 1
    """Whether the apps have the scope ``read_all_orders``; 0 hides orders older than 60 days."""

    push_duplicates: float = 0.1
    """Share of pushed messages that are sent twice."""
    push_tries: int = 8
    """How often a message is sent that is not answered with 2xx, ``push_retry_seconds`` after the first try
    and then twice as long each time."""
    push_retry_seconds: float = 1.0

    def update(self, wanted: dict[str, Any]) -> None:
        """Set some; raises ValueError on an unknown name or a value that is no number."""
        known = {field.name for field in fields(self)}
        for name, value in wanted.items():
            if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"unknown setting or no number: {name}")
        for name, value in wanted.items():
            setattr(self, name, value)

    def report(self) -> dict[str, Any]:
        return asdict(self)
