"""The storefront world: what happened in shops of the seller's own, as on Shopify."""

from marketing_assets.sandbox.storefront.shop import Storefront

__all__ = ["Storefront"]
