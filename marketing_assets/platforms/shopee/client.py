"""One shop on Shopee."""

from __future__ import annotations

from dataclasses import dataclass

from marketing_assets.platforms.http import Transport


@dataclass(frozen=True)
class ShopeeClient:
    """Calls on behalf of one shop; `shop_id` as text."""

    transport: Transport
    shop_id: str

    def close(self) -> None:
        self.transport.close()
