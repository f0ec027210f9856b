"""`marketing demo`: the two demo tenants, from an empty folder to a filled UI."""

from __future__ import annotations

from marketing_assets.commands.demo.command import demo

__all__ = ["demo"]
