"""Pages that would never end, and answers of another form: an error, not an endless or an empty load."""

from __future__ import annotations

from typing import Any

import pytest

from marketing_assets.platforms.http import Failure, PlatformError
from marketing_assets.platforms.meta_ads.client import MetaClient
from marketing_assets.platforms.shopee.client import ShopeeClient
from marketing_assets.platforms.shopee.listing import Span, list_orders
from marketing_assets.platforms.shopee.products import _list_items
from marketing_assets_tests.platforms.scripted import Reply, Seen, driven, in_turn

SPAN = Span(1_700_000_000, 1_700_086_400)


def _orders(*numbers: str, **more: Any) -> Reply:
    return Reply({"error": "", "response": {"order_list": [{"order_sn": n} for n in numbers], **more}})


def test_a_shopee_cursor_is_passed_on_as_it_came() -> None:
    script = in_turn(
        _orders("a", more=True, next_cursor="x=/?é"), _orders("b", more=False, next_cursor="end")
    )
    with driven(script) as (transport, server, _):
        found = list_orders(transport, "create_time", SPAN, 100)
    assert [order.order_sn for order in found] == ["a", "b"]
    assert [seen.query["cursor"] for seen in server.seen] == [[""], ["x=/?é"]]


@pytest.mark.parametrize("cursor", ["", "again"])
def test_a_shopee_cursor_that_comes_again_is_an_error(cursor: str) -> None:
    with (
        driven(lambda _: _orders("a", more=True, next_cursor=cursor)) as (transport, _, __),
        pytest.raises(PlatformError) as caught,
    ):
        list_orders(transport, "create_time", SPAN, 100)
    assert caught.value.failure is Failure.TRANSIENT and caught.value.code == "cursor-repeats"


def test_a_shopee_offset_that_stands_still_is_an_error() -> None:
    body = {"response": {"item": [{"item_id": 1}], "total_count": 9, "has_next_page": True, "next_offset": 0}}
    with driven(lambda _: Reply(body)) as (transport, _, __), pytest.raises(PlatformError) as caught:
        _list_items(ShopeeClient(transport, "1"), "NORMAL")
    assert caught.value.code == "offset-repeats"


@pytest.mark.parametrize("body", [{}, {"response": None}, {"response": {"order_list": [{"sn": "a"}]}}])
def test_an_answer_of_another_form_names_what_is_wrong(body: dict[str, Any]) -> None:
    with driven(lambda _: Reply(body)) as (transport, _, __), pytest.raises(PlatformError) as caught:
        list_orders(transport, "create_time", SPAN, 100)
    assert caught.value.failure is Failure.CONFIG and caught.value.code == "unexpected-answer"
    assert "siam/shopee/220011881" in str(caught.value) and "get_order_list" in str(caught.value)


def _page(number: int, **paging: Any) -> Reply:
    return Reply({"data": [{"id": str(number)}], "paging": paging})


def test_metas_last_page_may_have_a_cursor_but_no_next() -> None:
    script = in_turn(
        _page(1, cursors={"after": "A"}, next="https://graph/x?after=A"),
        _page(2, next="https://graph/x?limit=1&after=B%3D"),
        _page(3, cursors={"after": "C"}),
    )
    with driven(script) as (transport, server, _):
        pages = list(MetaClient(transport, "1", "v26.0").pages("/v26.0/act_1/ads", {"limit": "1"}))
    assert len(pages) == 3
    assert [seen.query.get("after") for seen in server.seen] == [None, ["A"], ["B="]]


@pytest.mark.parametrize("paging", [{"cursors": {"after": "A"}, "next": "x"}, {"next": "https://graph/x"}])
def test_a_meta_cursor_that_is_missing_or_comes_again_is_an_error(paging: dict[str, Any]) -> None:
    def answer(_: Seen) -> Reply:
        return _page(1, **paging)

    with driven(answer) as (transport, _, __), pytest.raises(PlatformError) as caught:
        list(MetaClient(transport, "1", "v26.0").pages("/v26.0/act_1/ads", {}))
    assert caught.value.code == "cursor-repeats"
