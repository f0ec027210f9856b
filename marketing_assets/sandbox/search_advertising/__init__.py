"""The Google Ads world: campaigns on search, shopping and everywhere, what they cost and what they claim.

The world's orders were there before these campaigns and do not move with them: their curves say which share
of the orders each of them caused, and their bias and organic share what the platform claims of it.
"""

from marketing_assets.sandbox.search_advertising.reported import SearchAdvertising

__all__ = ["SearchAdvertising"]
