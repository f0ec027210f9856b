"""The rows of a resource: its objects, or what they delivered by the segments that are asked for."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from marketing_assets.sandbox.apis.google_ads.attributes import Attributes, Fields, micros
from marketing_assets.sandbox.search_advertising import SearchAdvertising
from marketing_assets.sandbox.search_advertising.facts import PART
from marketing_assets.sandbox.search_advertising.nodes import ad_groups, ads, campaigns, keywords
from marketing_assets.sandbox.search_advertising.reported import Seen

Key = tuple[Any, ...]
Segments = dict[str, Any]
_Delivered = Iterator[tuple[Key, Segments, np.ndarray]]


@dataclass(frozen=True)
class Rows:
    """Of one tenant's account, told as of `attributes.day`."""

    ads: SearchAdvertising
    tenant: str
    attributes: Attributes

    def objects(self, resource: str) -> Iterable[Fields]:
        """Every object of a resource, removed ones included."""
        tell, day = self.attributes, self.attributes.day
        if resource == "customer":
            return [tell.customer()]
        if resource == "conversion_action":
            return tell.conversion_actions()
        if resource == "campaign":
            return [tell.campaign(one) for one in campaigns(self.tenant, day)]
        if resource == "campaign_budget":
            by_id = {one.budget_id: one for one in reversed(campaigns(self.tenant, day))}
            return [tell.customer() | tell.budget(one) for _, one in sorted(by_id.items())]
        if resource == "ad_group":
            return [tell.ad_group(one) for one in ad_groups(self.tenant, day)]
        if resource == "ad_group_ad":
            return [tell.ad(one) for one in ads(self.tenant, day)]
        if resource == "keyword_view":
            return [tell.keyword(one) for one in keywords(self.tenant, day)]
        return []  # search terms exist only where somebody searched

    def delivered(self, resource: str, days: Iterable[date], segments: frozenset[str]) -> Iterator[Fields]:
        """Attributes, segments and metrics of what delivered; what differs in no asked segment is summed
        up."""
        totals: dict[tuple[Key, tuple[Any, ...]], np.ndarray] = {}
        split = self._split(resource, "hour" in segments)
        for day in days:
            seen = self.ads.seen(self.tenant, day)
            for key, told, parts in split(seen) if seen else ():
                where = told | {"date": f"{day}"}
                place = (key, tuple(where[name] for name in sorted(segments)))
                totals[place] = totals.get(place, 0) + parts
        for (key, values), parts in totals.items():
            told = dict(zip(sorted(segments), values, strict=True))
            yield (
                self._described(resource, key)
                | {f"segments.{k}": v for k, v in told.items()}
                | metrics(parts)
            )

    def _split(self, resource: str, by_hour: bool) -> Callable[[Seen], _Delivered]:
        if resource == "keyword_view":
            return lambda seen: (
                ((keyword,), {"device": device}, parts)
                for keyword, device, parts in self.ads.by_keyword(self.tenant, seen)
            )
        if resource == "search_term_view":
            return lambda seen: (
                ((group, term), {"device": device}, parts)
                for group, term, device, parts in self.ads.by_term(seen)
            )
        if by_hour:
            return lambda seen: self._hours(resource, seen)
        return lambda seen: self._cells(resource, seen)

    def _hours(self, resource: str, seen: Seen) -> _Delivered:
        for campaign, device, hour, parts in self.ads.by_hour(self.tenant, seen):
            key: Key = (campaign,) if resource == "campaign" else ()
            yield key, {"device": device, "hour": hour}, parts

    def _cells(self, resource: str, seen: Seen) -> _Delivered:
        for cell, parts in zip(seen.cells, seen.parts, strict=True):
            keys: dict[str, Key] = {"customer": (), "campaign": (cell.campaign,)}
            if cell.ad is not None:
                keys |= {"ad_group": (cell.ad.ad_group,), "ad_group_ad": (cell.ad,)}
            if resource in keys:
                yield keys[resource], {"device": cell.device}, parts

    def _described(self, resource: str, key: Key) -> Fields:
        tell: dict[str, Callable[..., Fields]] = {
            "customer": self.attributes.customer,
            "campaign": self.attributes.campaign,
            "ad_group": self.attributes.ad_group,
            "ad_group_ad": self.attributes.ad,
            "keyword_view": self.attributes.keyword,
            "search_term_view": self.attributes.search_term,
        }
        return tell[resource](*key)


def metrics(parts: np.ndarray) -> Fields:
    """Parts as Google tells them: counts as text, cost in millionths, conversions and values as numbers."""
    told = {name: int(parts[place]) for name, place in PART.items()}
    return {
        "metrics.impressions": str(told["impressions"]),
        "metrics.clicks": str(told["clicks"]),
        "metrics.interactions": str(told["clicks"]),
        "metrics.cost_micros": micros(told["cost"]),
        "metrics.conversions": told["conversions"] / 100,
        "metrics.conversions_value": told["value"] / 100,
        "metrics.all_conversions": (told["conversions"] + told["others"]) / 100,
        "metrics.all_conversions_value": (told["value"] + told["others_value"]) / 100,
        "metrics.view_through_conversions": str(told["views"]),
    }
