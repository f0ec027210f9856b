"""Values and objects of Kubernetes, read by the libraries that will use them.

Helm itself and the chart's templates do not run here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import kubernetes.client as k8s
import pytest
import yaml
from dagster._config import process_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.models import k8s_model_from_dict, k8s_snake_case_dict

from marketing_assets.commands.warehouse_setup import WRITER
from marketing_assets.settings import Settings
from marketing_assets.warehouse.bigquery_access import account
from marketing_assets_tests.deploy.files import DEPLOY, loaded

KINDS = {
    "ConfigMap": k8s.V1ConfigMap,
    "Deployment": k8s.V1Deployment,
    "PodDisruptionBudget": k8s.V1PodDisruptionBudget,
    "Service": k8s.V1Service,
    "ServiceAccount": k8s.V1ServiceAccount,
}
POD = {"podSecurityContext": k8s.V1PodSecurityContext, "securityContext": k8s.V1SecurityContext}
PARTS = {**POD, "resources": k8s.V1ResourceRequirements}
LISTS = {"env": k8s.V1EnvVar, "volumes": k8s.V1Volume, "volumeMounts": k8s.V1VolumeMount}

OBJECTS = list(yaml.safe_load_all((DEPLOY / "helm" / "objects.yaml").read_text(encoding="utf-8")))
VALUES = loaded("helm/values.yaml")
LOCATIONS = VALUES["dagster-user-deployments"]["deployments"]
WORKLOADS = [VALUES["dagsterWebserver"], VALUES["dagsterDaemon"], *LOCATIONS]


def _taken(model: Any, content: Mapping[str, Any]) -> Any:
    """The content as Kubernetes's own model; raises where it knows a key not."""
    return k8s_model_from_dict(model, k8s_snake_case_dict(model, content))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@pytest.mark.parametrize("content", OBJECTS, ids=lambda o: f"{o['kind']}-{o['metadata']['name']}")
def test_objects_are_those_of_kubernetes(content: dict[str, Any]) -> None:
    assert _taken(KINDS[content["kind"]], content)
    with pytest.raises(Exception, match="unheard"):
        _taken(KINDS[content["kind"]], content | {"unheard": 1})


@pytest.mark.parametrize("workload", WORKLOADS, ids=["webserver", "daemon", *(d["name"] for d in LOCATIONS)])
def test_workloads_are_pinned_without_root_and_bounded(workload: dict[str, Any]) -> None:
    for name, model in PARTS.items():
        assert _taken(model, workload[name])
    for name, model in LISTS.items():
        for item in workload.get(name, []):
            assert _taken(model, item)
    assert re.fullmatch(r"\d+\.\d+\.\d+", str(workload["image"]["tag"]))
    assert workload["podSecurityContext"]["runAsNonRoot"] is True
    assert workload["securityContext"]["readOnlyRootFilesystem"] is True
    assert workload["resources"]["limits"]["memory"]


def test_dagsters_run_launcher_takes_its_part() -> None:
    given = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
    config = {_snake(name): value for name, value in given.items()}
    config["env_config_maps"] = [source["name"] for source in given["envConfigMaps"]]
    config["run_k8s_config"] = {_snake(k): v for k, v in given["runK8sConfig"].items()}
    # What the chart's template adds.
    config |= {
        "service_account_name": VALUES["serviceAccount"]["name"],
        "instance_config_map": "marketing-dagster-instance",
        "dagster_home": VALUES["global"]["dagsterHome"],
    }
    checked = process_config(K8sRunLauncher.config_type(), config)
    assert checked.success, checked.errors


def test_every_location_reloads_and_serves_tenants_of_its_own() -> None:
    tenants = [e["value"] for d in LOCATIONS for e in d["env"] if e["name"] == "MARKETING_TENANTS"]
    assert len(tenants) == len(LOCATIONS) == len(set(tenants))
    accounts = [d["serviceAccount"]["name"] for d in LOCATIONS]
    assert len(set(accounts)) == len(LOCATIONS)
    made = {o["metadata"]["name"] for o in OBJECTS if o["kind"] == "ServiceAccount"}
    assert set(accounts) <= made
    for location in LOCATIONS:
        assert location["codeServerArgs"] == ["--module-name", "marketing_assets.definitions"]
        assert "dagsterApiGrpcArgs" not in location


@pytest.mark.parametrize("location", LOCATIONS, ids=lambda d: d["name"])
def test_runs_act_as_the_writer_of_their_tenant(location: dict[str, Any]) -> None:
    """The context that the code server hands to each run, as dagster-k8s reads it."""
    env = {e["name"]: e.get("value") for e in location["env"]}
    context = K8sContainerContext.create_from_config(json.loads(env["DAGSTER_CONTAINER_CONTEXT"]))
    config = context.run_k8s_config
    writer = account(WRITER, env["MARKETING_TENANTS"], "PROJECT")
    name = config.pod_spec_config["service_account_name"]
    assert name == location["serviceAccount"]["name"] == writer.split("@")[0]
    acts_as = {
        o["metadata"]["name"]: o["metadata"]["annotations"]["iam.gke.io/gcp-service-account"]
        for o in OBJECTS
        if o["kind"] == "ServiceAccount"
    }
    assert acts_as[name] == writer
    given = {e["name"]: e for e in config.container_config["env"]}
    assert given["MARKETING_TENANTS"]["value"] == env["MARKETING_TENANTS"]
    assert "value" not in given["PGPASSWORD"]
    assert _taken(k8s.V1ResourceRequirements, config.container_config["resources"])


def test_the_settings_are_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    data = next(o["data"] for o in OBJECTS if o["metadata"]["name"] == "marketing-env")
    known = {f"MARKETING_{name.upper()}" for name in Settings.model_fields}
    assert data.keys() <= known
    for name, value in data.items():
        monkeypatch.setenv(name, value)
    assert (Settings().executor, Settings().warehouse) == ("k8s", "bigquery")
