"""The ads world: what was advertised, what it cost, what it really did and what the platform claims."""

from marketing_assets.sandbox.advertising.planted import planted
from marketing_assets.sandbox.advertising.reported import Advertising
from marketing_assets.sandbox.advertising.response import uplift

__all__ = ["Advertising", "planted", "uplift"]
