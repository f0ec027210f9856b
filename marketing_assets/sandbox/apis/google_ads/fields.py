"""Which fields there are, of which type, and which may stand in one query: what Google's field service
tells."""

from collections.abc import Iterable

from marketing_assets.sandbox.apis.google_ads import errors
from marketing_assets.sandbox.apis.google_ads.gaql import Query

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "customer": (
        "id",
        "descriptive_name",
        "currency_code",
        "time_zone",
        "status",
        "manager",
        "test_account",
        "auto_tagging_enabled",
    ),
    "campaign": (
        "id",
        "name",
        "status",
        "serving_status",
        "advertising_channel_type",
        "advertising_channel_sub_type",
        "bidding_strategy_type",
        "bidding_strategy",
        "campaign_budget",
        "maximize_conversions.target_cpa_micros",
        "maximize_conversion_value.target_roas",
    ),
    "campaign_budget": (
        "id",
        "name",
        "status",
        "period",
        "amount_micros",
        "total_amount_micros",
        "delivery_method",
        "explicitly_shared",
        "reference_count",
    ),
    "ad_group": ("id", "name", "status", "type", "campaign"),
    "ad_group_ad": ("ad.id", "ad.name", "ad.type", "status", "ad_group"),
    "ad_group_criterion": ("criterion_id", "status", "keyword.text", "keyword.match_type"),
    "keyword_view": (),
    "search_term_view": ("search_term", "status", "ad_group"),
    "conversion_action": (
        "id",
        "name",
        "status",
        "type",
        "category",
        "counting_type",
        "primary_for_goal",
        "include_in_conversions_metric",
        "attribution_model_settings.attribution_model",
        "click_through_lookback_window_days",
        "view_through_lookback_window_days",
    ),
    "change_event": (
        "change_date_time",
        "change_resource_type",
        "change_resource_name",
        "resource_change_operation",
        "changed_fields",
        "client_type",
        "user_email",
        "campaign",
        "old_resource",
        "new_resource",
    ),
}
METRICS = (
    "impressions",
    "clicks",
    "interactions",
    "cost_micros",
    "conversions",
    "conversions_value",
    "all_conversions",
    "all_conversions_value",
    "view_through_conversions",
)
DELIVERING = frozenset(
    {"customer", "campaign", "ad_group", "ad_group_ad", "keyword_view", "search_term_view"}
)
ATTRIBUTED: dict[str, tuple[str, ...]] = {
    "customer": ("customer",),
    "campaign": ("customer", "campaign", "campaign_budget"),
    "ad_group": ("customer", "campaign", "ad_group"),
    "ad_group_ad": ("customer", "campaign", "ad_group", "ad_group_ad"),
    "keyword_view": ("customer", "campaign", "ad_group", "ad_group_criterion", "keyword_view"),
    "search_term_view": ("customer", "campaign", "ad_group", "search_term_view"),
    "campaign_budget": ("customer", "campaign_budget"),
    "conversion_action": ("customer", "conversion_action"),
    "change_event": ("customer", "change_event"),
}
BY_HOUR = ("customer", "campaign")
SEGMENTS = {
    name: ("date", "device", "hour") if name in BY_HOUR else ("date", "device") for name in DELIVERING
}
KNOWN_SEGMENTS = frozenset({"date", "device", "hour"})
_UNSELECTED_IN_WHERE = "segments.date"


def check(query: Query) -> None:
    """Refuse what Google would refuse: unknown names, and fields that do not go together."""
    if query.resource not in ATTRIBUTED:
        raise errors.query(
            "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"Error in query: '{query.resource}' is no resource."
        )
    conditions = [condition.field for condition in query.where]
    for name in (*query.select, *conditions, *(name for name, _ in query.order)):
        _check_field(name, query.resource)
    _check_segments(query, conditions)


def _check_field(name: str, resource: str) -> None:
    head, _, rest = name.partition(".")
    if head == "metrics" and rest in METRICS:
        _compatible(resource in DELIVERING, "METRIC", name, resource)
    elif head == "segments" and rest in KNOWN_SEGMENTS:
        _compatible(rest in SEGMENTS.get(resource, ()), "SEGMENT", name, resource)
    elif head in ATTRIBUTES and (rest in ATTRIBUTES[head] or rest == "resource_name"):
        if head not in ATTRIBUTED[resource]:
            told = f"Cannot select fields of {head.upper()} from resource '{resource}'."
            raise errors.query("PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE", told)
    else:
        raise errors.query("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.")


def _compatible(fits: bool, kind: str, name: str, resource: str) -> None:
    if not fits:
        told = f"The following fields cannot be used with resource '{resource}': '{name}'."
        raise errors.query(f"PROHIBITED_{kind}_IN_SELECT_OR_WHERE_CLAUSE", told)


def _check_segments(query: Query, conditions: Iterable[str]) -> None:
    where = set(conditions)
    for name in where - set(query.select) - {_UNSELECTED_IN_WHERE}:
        if name.startswith(("segments.", "metrics.")):
            told = f"The following field must be present in SELECT clause: '{name}'."
            raise errors.query("EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", told)
    measured = any(name.startswith(("segments.", "metrics.")) for name in query.select)
    if measured and _UNSELECTED_IN_WHERE not in where:
        told = "A finite date range is needed: filter on segments.date."
        raise errors.query("EXPECTED_FILTERS_ON_DATE_RANGE", told)
