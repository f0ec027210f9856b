"""What Shopify asks in a person's name: taken as every message, hashed, an incident until it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from marketing_assets.alerts import acting
from marketing_assets.alerts.store import alerts_state
from marketing_assets.alerts.tables import OUTBOX
from marketing_assets.alerts.watching import look_at_requests
from marketing_assets.cli import app
from marketing_assets.ingest.fetch import now_utc
from marketing_assets.protection.requests import waiting
from marketing_assets.webhooks.asking import keep_request
from marketing_assets.webhooks.endpoints import read_endpoints
from marketing_assets.webhooks.inbox import Inbox
from marketing_assets.webhooks.receiver import Receiver
from marketing_assets_tests.protection.people import ANNA, Small, all_records
from marketing_assets_tests.protection.searching import places
from marketing_assets_tests.webhooks.calling import Caller
from marketing_assets_tests.webhooks.signing import KEYS, SHOPIFY_SHOP, shopify, signed_shopify

ADDRESS = "/webhooks/northwind/shopify"
SHOP = {"shop_id": 9, "shop_domain": f"{SHOPIFY_SHOP}.myshopify.com"}
PERSON = {"id": ANNA.number, "email": ANNA.email, "phone": ANNA.phone}
REDACT = SHOP | {"customer": PERSON, "orders_to_redact": [1, 2]}
ACCESS = SHOP | {"customer": PERSON, "orders_requested": [1, 2], "data_request": {"id": 9999}}
HOOK = {
    "channels": {
        "hook": {"type": "webhook", "url": "http://127.0.0.1:9/", "secret": {"file": "northwind/hook"}}
    }
}


@pytest.fixture
def caller(house: Small, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    for name, value in house.env.items():
        monkeypatch.setenv(name, value)
    secret = house.settings.secrets_dir / "northwind" / "shopify_client_secret"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text(KEYS["shopify"])
    alerts = house.settings.tenants_dir / "northwind" / "alerts.yaml"
    alerts.parent.mkdir()
    alerts.write_text(json.dumps(HOOK))
    reread = partial(read_endpoints, house.settings)
    keep = partial(keep_request, house.settings)
    receiver = Receiver(Inbox(house.settings), reread, "https://hooks.example.com", keep_request=keep)
    with Caller(receiver) as made:
        yield made


def sent(caller: Caller, told: Any, topic: str = "customers/redact") -> int:
    headers, body = signed_shopify(json.dumps(told).encode(), topic=topic)
    return caller.post(ADDRESS, headers, body).status


def marketing(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["privacy", *arguments])


def titles(house: Small) -> list[str]:
    with alerts_state(house.settings) as engine, engine.connect() as connection:
        return [row.message["title"] for row in connection.execute(OUTBOX.select().order_by(OUTBOX.c.seq))]


def test_a_customer_whom_shopify_asks_to_erase_is_nowhere_afterwards(house: Small, caller: Caller) -> None:
    digests = house.digests_of(ANNA) - {house.names.digest(ANNA.phone)}
    gone = [*digests, ANNA.email, str(ANNA.number), ANNA.username]
    before = places(house.settings.home, gone, "northwind")
    headers, body = shopify(1, email=ANNA.email, customer=PERSON)
    assert caller.post(ADDRESS, headers, body).status == 200
    assert [sent(caller, REDACT) for _ in range(2)] == [200, 200], "sent again, it is one request"
    [request] = waiting(house.settings, "northwind")
    assert (request.kind, request.account, request.names_person) == ("erase", SHOPIFY_SHOP, True)
    assert look_at_requests(house.settings, house.tenant, now_utc()) == 1
    assert look_at_requests(house.settings, house.tenant, now_utc() + timedelta(minutes=1)) == 0
    assert places(house.settings.home, gone, "northwind") == before, "inbox, requests and alerts know nobody"

    [incident] = acting.incidents(house.settings, house.tenant)
    command = f"marketing privacy erase northwind --request {request.id}"
    assert command in incident.finding.next_step and command in marketing("requests", "northwind").output
    assert marketing("erase", "northwind").exit_code == 1, "it says whom, or by which request"
    assert marketing("erase", "northwind", "--request", "other").exit_code == 1
    done = marketing("erase", "northwind", "--request", request.id)
    assert done.exit_code == 0, done.output
    assert f"request {request.id} is closed" in done.output
    assert places(house.settings.home, gone, "northwind") == set()
    assert marketing("erase", "northwind", "--request", request.id).exit_code == 1
    assert "0 requests of northwind are open" in marketing("requests", "northwind").output
    look_at_requests(house.settings, house.tenant, now_utc())
    assert acting.incidents(house.settings, house.tenant) == []
    assert len(titles(house)) == 2 and "recovered" in titles(house)[1]

    assert sent(caller, REDACT) == 200
    assert waiting(house.settings, "northwind") == [], "repeated after it was done, it asks for nothing"
    assert caller.post(ADDRESS, *shopify(2, email=ANNA.email, customer=PERSON)).status == 200
    for table, records in all_records().items():
        house.fetch(table, records)
    house.stage()
    assert places(house.settings.home, gone, "northwind") == set()


def test_what_a_person_has_to_answer_is_an_incident_with_its_remedy(house: Small, caller: Caller) -> None:
    assert sent(caller, ACCESS, "customers/data_request") == 200
    assert sent(caller, SHOP, "shop/redact") == 200
    assert look_at_requests(house.settings, house.tenant, now_utc()) == 2
    found = {i.key.check: i.finding for i in acting.incidents(house.settings, house.tenant)}
    assert "data request 9999, 2 orders" in found["access"].text
    assert "marketing tenants offboard northwind" in found["shop_left"].next_step
    for finding in found.values():
        command = finding.next_step.split("`marketing privacy ")[1].split("`")[0]
        assert marketing(*command.split()).exit_code == 0, command
    assert look_at_requests(house.settings, house.tenant, now_utc()) == 2
    assert acting.incidents(house.settings, house.tenant) == []


def test_nothing_but_the_platforms_own_body_asks_for_anything(house: Small, caller: Caller) -> None:
    _, order = shopify(1, email=ANNA.email, customer=PERSON, shop_domain=SHOP["shop_domain"])
    assert sent(caller, json.loads(order)) == 400, "an order's message, sent again as a request"
    assert sent(caller, SHOP | {"shop_domain": "another.myshopify.com"}, "shop/redact") == 404
    assert sent(caller, SHOP | {"name": "of another topic"}, "shop/redact") == 400
    headers, body = signed_shopify(json.dumps(REDACT).encode(), "another key", "customers/redact")
    assert caller.post(ADDRESS, headers, body).status == 401
    assert waiting(house.settings, "northwind") == []
    assert sent(caller, REDACT, "app/uninstalled") == 200
    assert [r.kind for r in waiting(house.settings, "northwind")] == ["erase"], "its topic is not signed"


def test_without_the_keys_it_is_not_taken(house: Small, caller: Caller) -> None:
    key = house.settings.keys_dir / "northwind.pii"
    aside = key.rename(Path(f"{key}.aside"))
    assert sent(caller, REDACT) == 503
    aside.rename(key)
    assert sent(caller, REDACT) == 200
