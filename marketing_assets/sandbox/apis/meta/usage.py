"""How much of its allowance an ad account has used: the headers on every answer, and the refusal."""

import json
from collections import defaultdict, deque
from collections.abc import Iterable

from marketing_assets.sandbox.accounts import TENANTS, MetaAccount
from marketing_assets.sandbox.apis.meta.errors import throttled
from marketing_assets.sandbox.settings import Settings

HOUR = 3600
TIER = "standard_access"


def usage_headers(
    businesses: Iterable[str], insights: float, other: float, wait_minutes: int = 0
) -> dict[str, str]:
    """The four headers, from percents used of the insights and of the other calls.

    `estimated_time_to_regain_access` is in minutes, `reset_time_duration` in seconds.
    """
    use_cases = [
        {
            "type": name,
            "call_count": int(percent),
            "total_cputime": int(percent),
            "total_time": int(percent),
            "estimated_time_to_regain_access": wait_minutes if percent >= 100 else 0,
            "ads_api_access_tier": TIER,
        }
        for name, percent in (("ads_insights", insights), ("ads_management", other))
    ]
    of_account = {
        "acc_id_util_pct": max(insights, other),
        "reset_time_duration": wait_minutes * 60,
        "ads_api_access_tier": TIER,
    }
    of_insights = {"app_id_util_pct": insights, "acc_id_util_pct": insights, "ads_api_access_tier": TIER}
    of_app = {"call_count": int(other), "total_cputime": int(other), "total_time": int(other)}
    return {
        "X-Business-Use-Case-Usage": json.dumps(dict.fromkeys(businesses, use_cases)),
        "X-App-Usage": json.dumps(of_app),
        "X-Ad-Account-Usage": json.dumps(of_account),
        "x-fb-ads-insights-throttle": json.dumps(of_insights),
    }


def headers_of_fault(tenant: str | None, wait_minutes: int) -> dict[str, str]:
    """The headers of a planted throttle; without a tenant it concerns every business."""
    businesses = [t.meta.business_id for t in TENANTS.values() if tenant in (None, t.key)]
    return usage_headers(businesses, 100.0, 0.0, wait_minutes)


class Usage:
    """Calls of the last hour by ad account, on the wire's clock."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._calls: defaultdict[tuple[str, bool], deque[float]] = defaultdict(deque)

    def count(self, account: MetaAccount, insights: bool, now: float) -> None:
        """Note a call; GraphError when the allowance is used up."""
        calls = self._recent(account, insights, now)
        if len(calls) >= self._allowed(insights):
            oldest = calls[0] if calls else now
            raise throttled(insights, max(1, int(-(-(oldest + HOUR - now) // 60))))
        calls.append(now)

    def headers(self, account: MetaAccount | None, now: float, wait_minutes: int = 0) -> dict[str, str]:
        """What the account has used by now; for callers unknown only the app's figure, at zero."""
        if account is None:
            return {"X-App-Usage": json.dumps({"call_count": 0, "total_cputime": 0, "total_time": 0})}
        insights, other = (self._percent(account, kind, now) for kind in (True, False))
        return usage_headers([account.business_id], insights, other, wait_minutes)

    def _allowed(self, insights: bool) -> int:
        return int(self.settings.meta_insights_calls if insights else self.settings.meta_other_calls)

    def _percent(self, account: MetaAccount, insights: bool, now: float) -> float:
        allowed = self._allowed(insights)
        return round(100 * len(self._recent(account, insights, now)) / allowed, 2) if allowed else 100.0

    def _recent(self, account: MetaAccount, insights: bool, now: float) -> deque[float]:
        calls = self._calls[account.account_id, insights]
        while calls and calls[0] <= now - HOUR:
            calls.popleft()
        return calls
