"""`marketing doctor` on BigQuery: credentials, project, datasets, permissions, quota."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import bigquery as google

from marketing_assets.commands.doctor.bigquery import bigquery as examine
from marketing_assets.commands.doctor.bigquery_quota import quota
from marketing_assets.commands.doctor.command import examined
from marketing_assets.commands.doctor.finding import Finding, Patient, Verdict
from marketing_assets.commands.warehouse_setup import wanted
from marketing_assets.ingest.dead_letters import DEAD_LETTERS
from marketing_assets.settings import Settings
from marketing_assets.tenants import Tenant, read_tenants
from marketing_assets.warehouse.bigquery_client import client as client_of
from marketing_assets.warehouse.bigquery_setup import plan
from marketing_assets_tests.bigquery.local import LocalBigQuery

pytestmark = pytest.mark.xdist_group("bigquery")


@pytest.fixture
def at(settings: Settings) -> Iterator[google.Client]:
    with client_of(settings) as found:
        yield found


def siam(settings: Settings) -> Tenant:
    return next(t for t in read_tenants(settings.tenants_dir)[0] if t.id == "siam")


def found(settings: Settings) -> dict[str, Finding]:
    return {f.name: f for f in examine(Patient(settings, [siam(settings)]))}


def set_up(at: google.Client, settings: Settings, layer: str = "raw") -> None:
    """All but the tables, of which there is one."""
    whole = wanted(settings, siam(settings))
    for step in plan(at, dataclasses.replace(whole, tables=[(layer, DEAD_LETTERS)])):
        step.apply()


def test_a_tenant_that_is_set_up_until_its_policies_are_lost(
    settings: Settings, at: google.Client, bigquery: LocalBigQuery
) -> None:
    for step in plan(at, wanted(settings, siam(settings))):
        step.apply()
    before = len(bigquery.jobs(settings.bigquery_project))
    answers = found(settings)
    assert {n: f.verdict for n, f in answers.items() if n != "quota of load jobs"} == {
        f"BigQuery project {settings.bigquery_project}": Verdict.OK,
        "datasets siam": Verdict.OK,
        "permissions siam": Verdict.OK,
        "setup siam": Verdict.OK,
    }
    sent = bigquery.jobs(settings.bigquery_project)[before:]
    assert [bool(job.config.get("dryRun")) for job in sent] == [True, False]
    assert "JOBS_BY_PROJECT" in sent[1].statement

    at.query_and_wait("drop all row access policies on dev_marketing_siam_raw.shopee_orders")
    lost = found(settings)["setup siam"]
    assert lost.verdict is Verdict.WARNING
    assert lost.text.startswith("2 steps are left, the first: policy siam_writer on dev_marketing_siam_raw.")
    assert "marketing warehouse setup siam" in lost.remedy


def test_accounts_of_the_environment_are_those_that_are_looked_for(
    settings: Settings, at: google.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(at, settings)
    monkeypatch.setenv("MARKETING_BIGQUERY_READER", "reports-{tenant}@example.com")
    said = found(settings)["setup siam"].text
    assert "access to dataset dev_marketing_siam_staging" in said
    assert "+READER reports-siam@example.com" in said


def test_a_quota_that_may_not_be_asked_is_a_warning_with_the_role_that_may(
    settings: Settings, at: google.Client, bigquery: LocalBigQuery
) -> None:
    bigquery.refuse_jobs("accessDenied")
    answer = quota(at, settings)
    assert (answer.verdict, "bigquery.resourceViewer" in answer.remedy) == (Verdict.WARNING, True)
    assert answer.text.startswith("could not be asked: ")


def test_missing_datasets_are_named_and_then_nothing_is_asked_of_tables(settings: Settings) -> None:
    answers = found(settings)
    missing = answers["datasets siam"]
    assert missing.verdict is Verdict.BROKEN
    assert missing.text == (
        "dev_marketing_siam_raw, dev_marketing_siam_staging, dev_marketing_siam_mart, dev_marketing_siam_ml, "
        "dev_marketing_siam_ops missing"
    )
    assert missing.remedy == "run `marketing warehouse setup siam`"
    assert "permissions siam" not in answers


def test_a_dataset_elsewhere_and_one_without_its_labels(settings: Settings, at: google.Client) -> None:
    set_up(at, settings)
    mart = at.get_dataset("dev_marketing_siam_mart")
    mart.labels = {"team": "bi", "tenant": "other"}
    at.update_dataset(mart, ["labels"])
    unlabelled = found(settings)["datasets siam"]
    assert (unlabelled.verdict, "tenant=siam" in unlabelled.text) == (Verdict.WARNING, True)
    moved = found(settings.model_copy(update={"bigquery_location": "US"}))["datasets siam"]
    assert moved.verdict is Verdict.BROKEN
    assert "setup siam" not in found(settings.model_copy(update={"bigquery_location": "US"}))
    assert "MARKETING_BIGQUERY_LOCATION" in moved.remedy


def test_a_raw_layer_without_tables_has_nothing_to_ask_permissions_of(
    settings: Settings, at: google.Client
) -> None:
    set_up(at, settings, layer="ops")
    assert found(settings)["permissions siam"].text == "no raw table yet to ask about"


@pytest.mark.parametrize(
    ("reason", "said"), [("accessDenied", "bigquery.jobUser"), ("notFound", "MARKETING_BIGQUERY_PROJECT")]
)
def test_a_project_that_refuses_ends_the_examination(
    settings: Settings, bigquery: LocalBigQuery, reason: str, said: str
) -> None:
    bigquery.refuse_jobs(reason, times=5)
    (answer,) = found(settings).values()
    assert (answer.verdict, said in answer.remedy) == (Verdict.BROKEN, True)


def test_a_server_that_does_not_answer(settings: Settings) -> None:
    gone = settings.model_copy(update={"bigquery_endpoint": "http://127.0.0.1:9"})
    (answer,) = found(gone).values()
    assert (answer.verdict, "127.0.0.1:9 does not answer" in answer.text) == (Verdict.BROKEN, True)


def test_no_credentials_and_no_project(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(home / "no-such-key.json"))
    without = settings.model_copy(update={"bigquery_endpoint": ""})
    (answer,) = found(without).values()
    assert (answer.name, answer.verdict) == ("BigQuery credentials", Verdict.BROKEN)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in answer.remedy
    (unnamed,) = found(settings.model_copy(update={"bigquery_project": ""})).values()
    assert "MARKETING_BIGQUERY_PROJECT" in unnamed.text


def test_the_command_examines_bigquery_instead_of_files(settings: Settings) -> None:
    names = {f.name for f in examined(settings, offline=True)}
    assert {"datasets siam", "datasets northwind", "quota of load jobs"} <= names
    assert not [n for n in names if n.startswith("warehouse ")]
