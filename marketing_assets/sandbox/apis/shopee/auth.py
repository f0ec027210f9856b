"""Consent, tokens and the checks before every call."""

import json
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from marketing_assets.sandbox.accounts import ShopeeShop, Tenant
from marketing_assets.sandbox.apis.shopee.envelope import Refusal, bad_parameter, reply, whole_number
from marketing_assets.sandbox.apis.shopee.signing import sign
from marketing_assets.sandbox.apis.shopee.throttle import Throttle
from marketing_assets.sandbox.apis.shopee.tokens import Expired, Tokens, Unknown
from marketing_assets.sandbox.world import World

CLOCK_WINDOW = 300
"""Seconds that a request's timestamp may lie from the platform's clock."""


class Auth:
    def __init__(self, world: World, tokens: Tokens) -> None:
        self.world, self.tokens = world, tokens
        self.throttle = Throttle(world.settings)
        self.shops = {tenant.shopee.shop_id: tenant for tenant in world.accounts.values()}
        self.partners = {tenant.shopee.partner_id: tenant.shopee for tenant in world.accounts.values()}

    def check_shop_call(self, request: Request) -> Tenant:
        """The tenant of a call on a shop's behalf; refuses it as the platform would."""
        token = request.query_params.get("access_token", "")
        shop_id = request.query_params.get("shop_id", "")
        shop = self._check_signature(request, token, shop_id)
        if not shop_id:
            raise bad_parameter("the field shop_id is required")
        if shop_id != str(shop.shop_id):
            raise self._denied("error_auth", "Invalid partner_id or shopid.")
        self._check_access(token, shop)
        self.throttle.take(shop.shop_id)
        return self.shops[shop.shop_id]

    def check_public_call(self, request: Request) -> ShopeeShop:
        return self._check_signature(request, "", "")

    def _check_signature(self, request: Request, token: str, owner_id: str) -> ShopeeShop:
        query = request.query_params
        partner_id, timestamp = whole_number(request, "partner_id"), whole_number(request, "timestamp")
        if "sign" not in query:
            raise bad_parameter("the field sign is required")
        if abs(self.world.clock.now() - timestamp) > CLOCK_WINDOW:
            raise Refusal("error_param", "Timestamp is expired.", self._status)
        shop = self.partners.get(partner_id)
        if shop is None:
            raise self._denied("error_auth", "Invalid partner_id or shopid.")
        if query["sign"] != sign(shop.partner_key, partner_id, request.url.path, timestamp, token, owner_id):
            raise self._denied("error_sign", "Wrong sign.")
        return shop

    def _check_access(self, text: str, shop: ShopeeShop) -> None:
        try:
            token = self.tokens.check_access(text)
        except Unknown:
            raise self._denied("error_auth", "Invalid access_token.") from None
        except Expired:
            raise self._denied(
                "invalid_acceess_token", "Invalid access_token, please have a check."
            ) from None
        if token.shop_id != shop.shop_id:
            raise self._denied("error_auth", "Invalid access_token.")

    @property
    def _status(self) -> int:
        return int(self.world.settings.shopee_auth_error_status)

    def _denied(self, error: str, message: str) -> Refusal:
        return Refusal(error, message, self._status)

    async def consent(self, request: Request) -> Response:
        """``GET /auth``: the seller's consent page. The sandbox's seller agrees at once."""
        shop = self.partners.get(whole_number(request, "partner_id"))
        redirect = request.query_params.get("redirect_uri", "")
        if shop is None or not redirect or request.query_params.get("response_type") != "code":
            raise bad_parameter("partner_id, redirect_uri and response_type=code are required")
        code = self.tokens.code(shop.partner_id, shop.shop_id)
        joint = "&" if "?" in redirect else "?"
        answer = urlencode({"code": code, "shop_id": shop.shop_id})
        return RedirectResponse(f"{redirect}{joint}{answer}", 302)

    async def token_get(self, request: Request) -> Response:
        """``POST auth/token/get``: a code, once, for the first pair of tokens."""
        shop = self.check_public_call(request)
        body = await json_body(request)
        owner = _owner(body, shop, "main_account_id")
        token = self._spend(body.get("code"), "code", "invalid_code", "Invalid code.")
        access, refresh = self.tokens.pair(token.partner_id, token.shop_id)
        listed = {"merchant_id_list": [], "shop_id_list": [shop.shop_id]} if owner else {}
        return reply({"error": "", "message": "", **self._pair(access, refresh), **listed})

    async def token_refresh(self, request: Request) -> Response:
        """``POST auth/access_token/get``: a refresh token, once, for the next pair."""
        shop = self.check_public_call(request)
        body = await json_body(request)
        _owner(body, shop, "merchant_id")
        token = self._spend(body.get("refresh_token"), "refresh", "error_auth", "Invalid refresh_token.")
        access, refresh = self.tokens.pair(shop.partner_id, shop.shop_id, token.grant, token.generation + 1)
        names = {"partner_id": shop.partner_id, "shop_id": shop.shop_id}
        return reply({"error": "", "message": "", **names, **self._pair(access, refresh)})

    def _spend(self, text: object, kind: str, error: str, message: str) -> Any:
        try:
            return self.tokens.use_once(text if isinstance(text, str) else "", kind)
        except (Unknown, Expired):
            raise self._denied(error, message) from None

    def _pair(self, access: str, refresh: str) -> dict[str, Any]:
        lifetime = int(self.world.settings.shopee_access_seconds)
        return {"access_token": access, "refresh_token": refresh, "expire_in": lifetime}


def _owner(body: dict[str, Any], shop: ShopeeShop, other: str) -> bool:
    """Whether the body names the ``other`` kind of owner; refuses a body of another partner or shop."""
    if body.get("partner_id") != shop.partner_id:
        raise bad_parameter("partner_id of the body differs from the query")
    if other in body and "shop_id" not in body:
        return True
    if body.get("shop_id") != shop.shop_id:
        raise Refusal("error_auth", "Invalid partner_id or shopid.", 403)
    return False


async def json_body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise bad_parameter("the body is not JSON") from None
    if not isinstance(body, dict):
        raise bad_parameter("the body is not an object")
    return body
