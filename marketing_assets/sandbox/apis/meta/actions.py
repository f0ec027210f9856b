"""Meta's overlapping action types, each declared as a sum of parts of `advertising.facts`.

The same purchase shows up as `purchase`, as `omni_purchase` and as `offsite_conversion.fb_pixel_purchase`;
whoever adds action types counts it three times.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from marketing_assets.sandbox.advertising.facts import CHANNELS, COLUMN, COLUMNS, WINDOWS

# Which disjoint windows make up each key of an action. `value` is the account's setting: 7-day click and
# 1-day view.
KEYS: dict[str, tuple[str, ...]] = {
    "value": ("click_1d", "click_7d", "view_1d"),
    "1d_click": ("click_1d",),
    "7d_click": ("click_1d", "click_7d"),
    "28d_click": ("click_1d", "click_7d", "click_28d"),
    "1d_view": ("view_1d",),
    "1d_ev": (),
}
ATTRIBUTION_WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view", "1d_ev", "default")
CLICKED = ("value", "1d_click", "7d_click", "28d_click")
WATCHED = ("value", "1d_view")

# On-platform actions: the parts that make them, and the keys under which they are credited.
PLAIN_ACTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "link_click": (("link_clicks",), CLICKED),
    "video_view": (("video_views",), WATCHED),
    "post_reaction": (("reactions",), CLICKED),
    "post_engagement": (("link_clicks", "video_views", "reactions"), CLICKED),
    "page_engagement": (("link_clicks", "video_views", "reactions"), CLICKED),
}
CART_ACTIONS = ("add_to_cart", "omni_add_to_cart", "offsite_conversion.fb_pixel_add_to_cart")
PURCHASE_ACTIONS: dict[str, tuple[str, ...]] = {
    "purchase": ("pixel", "app"),
    "omni_purchase": CHANNELS,
    "offsite_conversion.fb_pixel_purchase": ("pixel",),
}
ACTION_TYPES = (*PLAIN_ACTIONS, *CART_ACTIONS, *PURCHASE_ACTIONS)
VALUE_TYPES = (*CART_ACTIONS, *PURCHASE_ACTIONS)


def _parts(action: str, key: str) -> list[str]:
    """The parts whose sum is this key of this action."""
    windows = [window for window in WINDOWS if window in KEYS[key]]
    if action in PLAIN_ACTIONS:
        parts, keys = PLAIN_ACTIONS[action]
        return list(parts) if key in keys else []
    if action in PURCHASE_ACTIONS:
        return [f"purchase/{window}/{channel}" for window in windows for channel in PURCHASE_ACTIONS[action]]
    return [f"cart/{window}" for window in windows]


def _projection(actions: Sequence[str], key: str, suffix: str) -> np.ndarray:
    """Parts x actions: ones where the part belongs to the action."""
    matrix = np.zeros((len(COLUMNS), len(actions)), dtype=np.int64)
    for column, action in enumerate(actions):
        for part in _parts(action, key):
            matrix[COLUMN[part + suffix], column] = 1
    return matrix


COUNT_OF = {key: _projection(ACTION_TYPES, key, "") for key in KEYS}
WORTH_OF = {key: _projection(VALUE_TYPES, key, "/value") for key in KEYS}


def money(cents: int) -> str:
    """Hundredths as a decimal string."""
    return f"{cents // 100}.{cents % 100:02d}"


def action_list(parts: np.ndarray, windows: Sequence[str]) -> list[dict[str, str]]:
    """`actions` of a row: one entry per type that happened, with the asked windows that are not zero."""
    return _listed(parts, ACTION_TYPES, COUNT_OF, windows, str)


def value_list(parts: np.ndarray, windows: Sequence[str]) -> list[dict[str, str]]:
    """`action_values` of a row, in the account's currency."""
    return _listed(parts, VALUE_TYPES, WORTH_OF, windows, money)


def _listed(
    parts: np.ndarray,
    actions: Sequence[str],
    projections: Mapping[str, np.ndarray],
    windows: Sequence[str],
    text: Callable[[int], str],
) -> list[dict[str, str]]:
    keys = ["value", *(window for window in windows if window in KEYS)]
    columns = {key: (parts @ projections[key]).tolist() for key in keys}
    found = []
    for place, action in enumerate(actions):
        entry = {key: text(numbers[place]) for key, numbers in columns.items() if numbers[place]}
        if entry:
            found.append({"action_type": action, "value": text(columns["value"][place]), **entry})
    return found


def roas_list(parts: np.ndarray) -> list[dict[str, str]]:
    """`purchase_roas`: omni-channel purchase value per unit of spend."""
    spend = int(parts[COLUMN["spend"]])
    value = int((parts @ WORTH_OF["value"])[VALUE_TYPES.index("omni_purchase")])
    return [{"action_type": "omni_purchase", "value": f"{value / spend:.6f}"}] if spend and value else []
