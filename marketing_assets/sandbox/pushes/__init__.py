"""What the platforms push: signed messages about orders, sent at least once and in no order."""

from marketing_assets.sandbox.pushes.courier import Courier

__all__ = ["Courier"]
