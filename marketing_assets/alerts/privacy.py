"""Requests in a person's name as incidents: each is open until somebody has done what it asks."""

from __future__ import annotations

from marketing_assets.alerts.finding import Finding, Key
from marketing_assets.protection.requests import Request

PRIVACY = "privacy"
_DEADLINE = "the platform expects it within 30 days"


def finding_of(tenant_id: str, request: Request) -> Finding:
    """What is to be done for a request, and by which command."""
    shop = f"{request.platform} {request.account}"
    done = f"`marketing privacy requests {tenant_id} --done {request.id}`"
    texts = {
        "erase": (
            f"{shop} asks to erase a customer",
            f"Run `marketing privacy erase {tenant_id} --request {request.id}`; {_DEADLINE}."
            if request.names_person
            else f"It names nobody: close it with {done}.",
        ),
        "access": (
            f"a customer of {shop} asks what is kept of them ({request.reference})",
            f"Look the request up at the platform, tell the shop's owner what is kept of its orders, then "
            f"close it with {done}; {_DEADLINE}.",
        ),
        "shop_left": (
            f"{shop} took the app away, and its data is to be erased",
            f"Take the shop out of {tenant_id}.yaml, or let the tenant leave with "
            f"`marketing tenants offboard {tenant_id}`; then close it with {done}; {_DEADLINE}.",
        ),
    }
    text, step = texts[request.kind]
    return Finding(
        key=Key(f"{tenant_id}/privacy", request.kind, request.id),
        kind=PRIVACY,
        severity="WARN",
        text=text,
        since=request.received_at.date().isoformat(),
        next_step=step,
    )
