"""Where an order came from: the campaign and the page of the last visit before it."""

import random
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from urllib.parse import urlencode

from marketing_assets.sandbox.accounts import ShopifyShop
from marketing_assets.sandbox.advertising.nodes import ads_running
from marketing_assets.sandbox.search_advertising.nodes import running as search_campaigns
from marketing_assets.sandbox.storefront.orders import Visit

FROM_CAMPAIGN = 0.55
"""Share of orders whose last visit came from a campaign; the others carry no campaign, some no visit."""
FROM_FACEBOOK = 0.6
VISIT_KNOWN = 0.7

SEARCHED = (0, 1, 2)
"""Places among the Google campaigns that run on the day."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789-_"


@lru_cache(maxsize=2000)
def _facebook_campaigns(tenant: str, day: date) -> Sequence[str]:
    """Ids of the campaigns with a running ad."""
    found = {ad.parent.parent.node_id for ad in ads_running(tenant, day) if ad.parent and ad.parent.parent}
    return sorted(found)


def visit(rng: random.Random, tenant: str, shop: ShopifyShop, day: date, created: int) -> Visit | None:
    """The visit before an order that was created on a local day."""
    at = created - rng.randrange(60, 5400)
    page = f"https://{shop.domain}/products/{rng.randrange(10_000)}"
    if rng.random() >= FROM_CAMPAIGN:
        return Visit(at, page, "") if rng.random() < VISIT_KNOWN else None
    click = "".join(rng.choices(LETTERS, k=40))
    campaigns = _facebook_campaigns(tenant, day)
    if campaigns and rng.random() < FROM_FACEBOOK:
        utm = {"utm_source": "facebook", "utm_medium": "paid_social", "utm_campaign": rng.choice(campaigns)}
        return _visit(at, page, "https://m.facebook.com/", utm, "fbclid", click)
    searched = search_campaigns(tenant, day)
    campaign = searched[rng.choice(SEARCHED) % len(searched)].campaign_id
    utm = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": campaign}
    return _visit(at, page, "https://www.google.com/", utm, "gclid", click)


def _visit(at: int, page: str, referrer: str, utm: dict[str, str], name: str, click: str) -> Visit:
    address = f"{page}?{urlencode({**utm, name: click, 'email': 'someone@mail.example'})}"
    return Visit(at, address, referrer, utm["utm_source"], utm["utm_medium"], utm["utm_campaign"])
