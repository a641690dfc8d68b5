"""What Helm makes of values, without a cluster."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from prometheus_client import CollectorRegistry

from runai_operator import __version__
from runai_operator.cli.app import app
from runai_operator.cli.connecting import read_connection
from runai_operator.settings import Settings
from runai_operator.telemetry import Metrics
from tests.chart.combinations import COMBINATIONS, DIGEST, EVERYTHING, RELEASES, URL
from tests.chart.render import (
    CHART,
    Document,
    connection_file,
    documents,
    manifest,
    of_kind,
    operator_container,
    pods,
)
from tests.control_plane import Helm

every_combination = pytest.mark.parametrize("name", COMBINATIONS)
Rendered = Callable[[str], list[Document]]
SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""RFC 1035, to which Services hold ("Object Names and IDs")."""
METRIC = re.compile(r"\brunai_operator_[a-z_]+\b")


@pytest.fixture(scope="module")
def rendered(helm: Helm) -> Rendered:
    """What Helm 4 makes of a combination; made once."""
    return cache(lambda name: documents(manifest(helm, COMBINATIONS[name])))


def render(helm: Helm, **values: Any) -> list[Document]:
    return documents(manifest(helm, values))


@every_combination
def test_helm_3_and_4_make_the_same_of_it(helm3: Helm, rendered: Rendered, name: str) -> None:
    assert documents(manifest(helm3, COMBINATIONS[name])) == rendered(name)


@pytest.mark.parametrize("name", ["nothing", "a trial with the simulator", "Prometheus and Grafana"])
def test_lint_finds_nothing(helm: Helm, helm3: Helm, tmp_path: Path, name: str) -> None:
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump(COMBINATIONS[name]))
    for each in (helm, helm3):
        each("lint", "--strict", str(CHART), "--values", str(values))


@every_combination
def test_what_is_made_is_said_to_be_of_the_release_and_hooks_into_nothing(rendered: Rendered, name: str) -> None:
    for each in rendered(name):
        labels = each["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == "runai-operator"
        assert labels["app.kubernetes.io/managed-by"] == "Helm"
        assert "helm.sh/hook" not in each["metadata"].get("annotations", {})


def test_a_label_of_a_part_goes_before_a_common_one_and_no_key_stands_twice(helm: Helm) -> None:
    text = manifest(helm, COMBINATIONS["labels of a part that are common ones, too"])
    assert [*_keys_that_stand_twice(text)] == []
    found = documents(text)
    [monitor], [deployment] = of_kind(found, "ServiceMonitor"), of_kind(found, "Deployment")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert deployment["metadata"]["labels"]["team"] == "platform"
    assert deployment["spec"]["template"]["metadata"]["labels"]["team"] == "gpu"


@every_combination
def test_secrets_are_read_by_name_in_one_namespace(rendered: Rendered, name: str) -> None:
    """A rule with an empty list of names would be one for all."""
    found = rendered(name)
    secret = {"secrets", "configmaps"}
    assert not [
        each for each in of_kind(found, "ClusterRole") for rule in each["rules"] if secret & {*rule["resources"]}
    ]
    for role in of_kind(found, "Role"):
        assert role["metadata"]["namespace"] == "runai-operator"
        named = [rule for rule in role["rules"] if secret & {*rule["resources"]}]
        assert all(rule["verbs"] == ["get"] and rule["resourceNames"] for rule in named)


@every_combination
def test_every_pod_is_restricted_and_has_a_token_only_where_it_needs_one(rendered: Rendered, name: str) -> None:
    for pod in pods(rendered(name), "default"):
        spec = pod["spec"]
        of_operator = pod["metadata"]["labels"]["app.kubernetes.io/component"] == "operator"
        assert spec["automountServiceAccountToken"] is of_operator
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*spec.get("initContainers", ()), *spec["containers"]]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert {*container["resources"]} == {"requests", "limits"}


@every_combination
def test_the_operator_understands_its_arguments(rendered: Rendered, name: str) -> None:
    command, *arguments = operator_container(rendered(name))["args"]
    context = _command(command).make_context(command, arguments)
    given = {name: value for name, value in context.params.items() if value is not None}
    settings, values = Settings(**given), COMBINATIONS[name]
    assert settings.probe_port == 8080
    assert settings.watch_namespaces == tuple(values.get("watchNamespaces", ()))
    assert settings.leader_elect


@every_combination
def test_the_environment_decides_neither_whether_nor_by_which_lease_it_leads(rendered: Rendered, name: str) -> None:
    """Flags go before the environment."""
    command, *arguments = operator_container(rendered(name))["args"]
    context = _command(command).make_context(command, arguments)
    given = {context.get_parameter_source(each).name for each in ("leader_elect", "lease_name")}
    assert given == {"COMMANDLINE"}


@every_combination
def test_connect_understands_the_file_that_it_is_given(rendered: Rendered, name: str, tmp_path: Path) -> None:
    found, values = rendered(name), COMBINATIONS[name]
    text = connection_file(found)
    wanted = values.get("connection", {}).get("url") or values.get("simulator", {}).get("enabled")
    assert (text is not None) is bool(wanted)
    prepared = [pod["spec"].get("initContainers") for pod in pods(found, "default")]
    assert any(prepared) is bool(wanted)
    if text:
        path = tmp_path / "connection.yaml"
        path.write_text(text)
        body = read_connection(path)
        secret = body["spec"]["credentialsSecretRef"]["name"]
        readable = [
            name for each in of_kind(found, "Role") for rule in each["rules"] for name in rule.get("resourceNames", ())
        ]
        assert secret in readable
        [init] = next(filter(None, prepared))
        command, *arguments = init["args"]
        assert _command(command).make_context(command, arguments).params["file"] == Path(
            "/etc/runai-operator/connection.yaml"
        )


def test_the_simulator_understands_its_arguments_and_is_where_the_connection_says(helm: Helm) -> None:
    found = render(helm, simulator={"enabled": True})
    [simulator] = [each for each in of_kind(found, "Deployment") if each["metadata"]["name"].endswith("-simulator")]
    [container] = simulator["spec"]["template"]["spec"]["containers"]
    command, *arguments = container["args"]
    params = _command(command).make_context(command, arguments).params
    assert (params["host"], params["port"]) == ("0.0.0.0", 8088)
    [service] = [each for each in of_kind(found, "Service") if each["metadata"]["name"].endswith("-simulator")]
    where = f"http://{service['metadata']['name']}.runai-operator.svc:{service['spec']['ports'][0]['port']}"
    assert yaml.safe_load(connection_file(found) or "")["spec"]["url"] == where
    assert service["spec"]["selector"].items() <= simulator["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        ({}, f"runai-operator:{__version__}"),
        ({"repository": "a.example.com/b"}, f"a.example.com/b:{__version__}"),
        ({"repository": "a.example.com/b", "tag": "v9"}, "a.example.com/b:v9"),
        ({"repository": "a.example.com/b", "tag": "v9", "digest": DIGEST}, f"a.example.com/b@{DIGEST}"),
    ],
    ids=["by default the operator's own version", "from elsewhere", "by tag", "by digest, whatever the tag"],
)
def test_which_image(helm: Helm, image: dict[str, str], pulled: str) -> None:
    assert operator_container(render(helm, image=image))["image"] == pulled


@every_combination
def test_an_upgrade_starts_a_pod_before_it_stops_one(rendered: Rendered, name: str) -> None:
    for each in of_kind(rendered(name), "Deployment"):
        if not each["metadata"]["name"].endswith("-simulator"):
            rolling = {"maxSurge": 1, "maxUnavailable": 0}
            assert each["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}


def test_another_connection_is_another_revision_and_nothing_outside_the_pods_holds_it(helm: Helm) -> None:
    """So the Pods of the one before, also those that are started anew, go on with what it was."""
    before = render(helm, connection={"url": URL})
    after = render(helm, connection={"url": URL, "limits": {"maxConcurrent": 3}})
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [new["kind"] for _, new in changed] == ["Deployment"]
    [(old, new)] = changed
    assert old["spec"]["template"]["spec"] == new["spec"]["template"]["spec"]
    assert "maxConcurrent" not in (connection_file(before) or "")
    assert yaml.safe_load(connection_file(after) or "")["spec"]["limits"] == {"maxConcurrent": 3}


@every_combination
def test_a_pod_that_ends_badly_tells_why_in_its_status(rendered: Rendered, name: str) -> None:
    for pod in pods(rendered(name), "default"):
        for container in [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]:
            assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_the_operator_may_read_what_the_values_name_and_nothing_else(helm: Helm) -> None:
    def readable(**values: Any) -> dict[str, list[str]]:
        [role] = of_kind(render(helm, **values), "Role")
        named = [rule for rule in role["rules"] if {"secrets", "configmaps"} & {*rule["resources"]}]
        return {resource: rule["resourceNames"] for rule in named for resource in rule["resources"]}

    assert readable() == {}
    assert readable(connection={"url": URL}) == {"secrets": ["runai-credentials"]}
    east = {"url": URL, "credentialsSecretRef": {"name": "east"}, "caBundleRef": {"name": "ca"}}
    assert readable(connection=east) == {"secrets": ["east"], "configmaps": ["ca"]}
    further = {"secrets": ["west", "east"], "configMaps": ["west-ca"]}
    both = {"secrets": ["west", "east"], "configmaps": ["west-ca", "ca"]}
    assert readable(connection=east, credentials=further) == both


@pytest.mark.parametrize(("release", "namespace"), RELEASES.values(), ids=RELEASES.keys())
def test_release_and_namespace_stay_text_and_make_names_that_services_take(
    helm: Helm, helm3: Helm, release: str, namespace: str
) -> None:
    for each in (helm, helm3):
        found = documents(manifest(each, EVERYTHING, release=release, namespace=namespace))
        assert {one["metadata"]["labels"]["app.kubernetes.io/instance"] for one in found} == {release}
        assert {one["metadata"].get("namespace", namespace) for one in found} == {namespace}
        for one in of_kind(found, "Service"):
            assert SERVICE_NAME.fullmatch(one["metadata"]["name"])


@pytest.mark.parametrize("keep", [True, False])
def test_whether_the_crds_are_kept(helm: Helm, keep: bool) -> None:
    found = of_kind(render(helm, crds={"keep": keep}), "CustomResourceDefinition")
    assert len(found) == 2
    kept = {"helm.sh/resource-policy": "keep", "argocd.argoproj.io/sync-options": "Prune=false"}
    assert [each["metadata"].get("annotations") for each in found] == [kept if keep else None] * 2


def test_the_crds_are_those_of_the_folder(helm: Helm) -> None:
    """Not only as text: what Helm prints is what kubectl would be given."""
    folder = {
        yaml.safe_load(path.read_text())["metadata"]["name"]: path for path in (CHART.parents[2] / "crds").iterdir()
    }
    for each in of_kind(render(helm), "CustomResourceDefinition"):
        assert each["spec"] == yaml.safe_load(folder[each["metadata"]["name"]].read_text())["spec"]


def test_it_works_within_another_chart(helm: Helm, tmp_path: Path) -> None:
    parent = tmp_path / "platform"
    (parent / "charts").mkdir(parents=True)
    (parent / "charts" / "runai-operator").symlink_to(CHART)
    chart = {
        "apiVersion": "v2",
        "name": "platform",
        "version": "1.0.0",
        "dependencies": [{"name": "runai-operator", "version": "*", "condition": "runai-operator.enabled"}],
    }
    (parent / "Chart.yaml").write_text(yaml.safe_dump(chart))
    own = {"enabled": True, "replicas": 3}
    found = documents(manifest(helm, {"global": {"x": 1}, "runai-operator": own}, release="platform", chart=parent))
    [deployment] = of_kind(found, "Deployment")
    assert (deployment["metadata"]["name"], deployment["spec"]["replicas"]) == ("platform-runai-operator", 3)
    assert documents(manifest(helm, {"runai-operator": {"enabled": False}}, release="platform", chart=parent)) == []


@pytest.mark.parametrize("template", ["prometheusrule.yaml", "dashboards.yaml"])
def test_alerts_and_dashboard_ask_for_metrics_that_there_are(helm: Helm, template: str) -> None:
    text = manifest(helm, COMBINATIONS["Prometheus and Grafana"], "--show-only", f"templates/{template}")
    asked = {*METRIC.findall(text)}
    assert len(asked) >= 5
    assert asked - {*_exported()} == set()


def test_the_dashboard_is_as_grafana_reads_it(helm: Helm) -> None:
    [found] = [
        each
        for each in of_kind(render(helm, metrics={"dashboards": {"enabled": True}}), "ConfigMap")
        if each["metadata"]["name"].endswith("-dashboards")
    ]
    [dashboard] = [json.loads(text) for text in found["data"].values()]
    assert all(panel["targets"] and panel["datasource"] for panel in dashboard["panels"])


def _keys_that_stand_twice(text: str) -> Iterator[str]:
    """Of which YAML parsers take one, or refuse the whole."""
    nodes: list[yaml.Node | None] = [*yaml.compose_all(text)]
    for node in nodes:
        if isinstance(node, yaml.MappingNode):
            counted = Counter(key.value for key, _ in node.value)
            yield from (key for key, count in counted.items() if count > 1)
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def _exported() -> Iterator[str]:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    for family in metrics.registry.collect():
        kinds = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",), "info": ("_info",)}
        for suffix in kinds.get(family.type, ()):
            yield f"{family.name}{suffix}"


def _command(name: str) -> Any:
    return typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]
