"""Secrets, keys, clocks and tokens that are wrong: each failure names the connection and what mends it."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from marketing_assets.partitions import DayRange
from marketing_assets.platforms.token_stores import token_store
from marketing_assets.platforms.tokens import Tokens
from marketing_assets_tests.e2e.house import House

pytestmark = pytest.mark.xdist_group("e2e_bad")

DAY = DayRange(date(2026, 10, 14), date(2026, 10, 14))
ORDERS = "key:siam/raw/shopee_orders"
INSIGHTS = "key:siam/raw/meta_ads_insights"
SHOP = "siam/shopee/220011881"
WHERE = f"siam/shopee/shopee_orders, days {DAY}: "


def secret_file(house: House, name: str, tenant: str = "siam") -> Path:
    return house.installation.settings.secrets_dir / tenant / name


def kill_tokens(house: House, tenant: str) -> None:
    """The shop's consent is gone: neither token is one that the platform knows."""
    account = house.tenant(tenant).connections_to("shopee")[0].account_id
    dead = Tokens("dead-access-token", "dead-refresh-token", expires_at=time.time() - 1)
    with house.entered():
        token_store(house.installation.settings).write(tenant, "shopee", account, dead)


@pytest.fixture
def stored(house: House) -> list[str]:
    """The orders of the day as a good run left them."""
    run = house.run("siam", DAY, ORDERS)
    assert run.success, run.complaint
    return numbers(house)


def numbers(house: House) -> list[str]:
    found = sorted(row["order_sn"] for row in house.rows("siam", "raw.shopee_orders", DAY))
    assert found
    return found


def test_a_missing_secret_is_named_with_its_place(house: House, stored: list[str]) -> None:
    file = secret_file(house, "shopee_partner_key")
    file.unlink()
    run = house.run("siam", DAY, ORDERS)
    assert not run.success
    assert run.complaint.startswith(WHERE)
    assert f"secret 'partner_key' of {SHOP} is missing: file {file} cannot be read" in run.complaint
    assert f"Remedy: put the value, alone, into {file}" in run.complaint
    assert numbers(house) == stored


def test_a_missing_secret_of_one_platform_leaves_the_others_alone(house: House) -> None:
    secret_file(house, "shopee_partner_key").unlink()
    run = house.run("siam", DAY, f"{ORDERS} or {INSIGHTS}")
    assert set(run.failures) == {"siam__raw__shopee_orders"}
    assert run.written == {"siam/raw/meta_ads_insights"}


def test_a_wrong_signing_key_is_no_matter_of_tokens(house: House, stored: list[str]) -> None:
    secret_file(house, "shopee_partner_key").write_text("of_another_app")
    run = house.run("siam", DAY, ORDERS)
    assert not run.success
    assert run.complaint.startswith(f"{WHERE}{SHOP}: GET /api/v2/order/get_order_list failed")
    assert "error_sign: Wrong sign." in run.complaint
    assert "Remedy: check the connection's secret partner_key and setting partner_id" in run.complaint
    assert "of_another_app" not in run.complaint
    assert numbers(house) == stored


def test_a_wrong_app_secret_is_told_by_the_ad_platform(house: House) -> None:
    secret_file(house, "meta_ads_app_secret").write_text("of_another_app")
    run = house.run("siam", DAY, INSIGHTS)
    assert not run.success
    assert run.complaint.startswith(
        f"siam/meta_ads/meta_ads_insights, days {DAY}: siam/meta_ads/101550000000001"
    )
    assert "appsecret_proof" in run.complaint and "Remedy: " in run.complaint


@pytest.mark.parametrize("seconds", [600, -600])
def test_a_clock_ten_minutes_off_is_blamed_on_the_clock(
    house: House, stored: list[str], seconds: int
) -> None:
    house.control("POST", "clock", {"offset_seconds": seconds})
    run = house.run("siam", DAY, ORDERS)
    assert not run.success
    assert run.complaint.startswith(f"{WHERE}{SHOP}")
    assert "Timestamp is expired." in run.complaint
    assert "Remedy: set this machine's clock (NTP)" in run.complaint
    assert numbers(house) == stored


@pytest.mark.parametrize(("dead", "alive"), [("northwind", "siam"), ("siam", "northwind")])
def test_a_tenant_with_a_dead_shop_fails_alone(house: House, dead: str, alive: str) -> None:
    kill_tokens(house, dead)
    failed = house.run(dead, DAY, f"key:{dead}/raw/shopee_orders")
    fine = house.run(alive, DAY, f"key:{alive}/raw/shopee_orders")
    assert fine.success, fine.complaint
    assert not failed.success
    account = house.tenant(dead).connections_to("shopee")[0].account_id
    assert f"the credentials of {dead}/shopee/{account} no longer work" in failed.complaint
    assert f"run `marketing connections authorize {dead} shopee`" in failed.complaint
    assert alive not in failed.complaint


@pytest.mark.parametrize(("dead", "alive"), [("northwind", "siam"), ("siam", "northwind")])
def test_a_tenant_with_a_dead_ad_account_fails_alone(house: House, dead: str, alive: str) -> None:
    secret_file(house, "meta_ads_access_token", dead).write_text("EAABrevoked")
    failed = house.run(dead, DAY, f"key:{dead}/raw/meta_ads_insights")
    fine = house.run(alive, DAY, f"key:{alive}/raw/meta_ads_insights")
    assert fine.success, fine.complaint
    assert not failed.success
    assert f"run `marketing connections authorize {dead} meta_ads`" in failed.complaint
    assert "EAABrevoked" not in failed.complaint and alive not in failed.complaint


def test_a_token_that_expires_half_way_is_renewed_once(house: House) -> None:
    """The run goes on with new tokens, which are stored for the next one."""
    store = token_store(house.installation.settings)
    with house.entered():
        before = store.read("siam", "shopee", "220011881")
    house.control("DELETE", "requests")
    house.fault("expired_token", "shopee", path="get_order_detail", tenant="siam", times=1)
    run = house.run("siam", DAY, ORDERS)
    assert run.success, run.complaint
    with house.entered():
        after = store.read("siam", "shopee", "220011881")
    assert before and after and before.refresh_token != after.refresh_token
    asked = [v["path"] for v in house.sandbox.world.visits.report(200)["latest"]]
    assert asked.count("/api/v2/auth/access_token/get") == 1
