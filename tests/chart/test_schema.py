"""values.schema.json: what the chart can be told, and what it refuses before anything reaches a cluster."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.chart.combinations import EVERYTHING
from tests.chart.render import CHART, manifest
from tests.control_plane import Helm, HelmFailed

URL = "https://example.run.ai"
NOTHING = re.compile(r"<nil>|%!|: null$|=$", re.MULTILINE)
"""What a template makes of a value that is not there."""

ACCEPTED: dict[str, dict[str, Any]] = {
    "values of a chart around it": {"global": {"imageRegistry": "x", "anything": {"goes": True}}},
    "what switches a subchart": {"enabled": False},
    "a Run:ai with a port and a path": {"connection": {"url": "https://run.example.com:8443/base"}},
    "a trial on localhost": {"connection": {"url": "http://localhost:8088"}},
    "a trial in the cluster": {"connection": {"url": "http://simulator.trial.svc:8088/"}},
    "a registry with a port": {"image": {"repository": "registry.example.com:5000/team/runai-operator"}},
    "a digest": {"image": {"digest": "sha256:" + "a" * 64}},
    "arguments that begin like those of the chart": {"extraArgs": ["--lease-duration=20", "--probe-host=::"]},
    "a share of the Pods": {"podDisruptionBudget": {"maxUnavailable": "25%"}},
    "projects by name": {
        "connection": {"url": URL, "access": [{"namespaceSelector": {}, "projects": {"names": ["*"]}}]}
    },
    "no access rules": {"connection": {"url": URL, "access": []}},
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a value that there is not": ({"replicaCount": 3}, "replicaCount"),
    "a misspelt value within another": ({"image": {"repo": "x"}}, "repo"),
    "a client secret": ({"connection": {"clientSecret": "s3cr3t"}}, "clientSecret"),
    "a client secret among the credentials": ({"credentials": {"clientSecret": "s3cr3t"}}, "clientSecret"),
    "nobody to be elected": ({"leaderElection": {"enabled": False}}, "enabled"),
    **{
        f"an argument that is the chart's to give, {argument}": (
            {"extraArgs": ["--log-level=debug", argument]},
            "extraArgs",
        )
        for name in ("leader-elect", "no-leader-elect", "lease-name", "namespace", "probe-port")
        for argument in (f"--{name}", f"--{name}=x")
    },
    "another connection behind the chart's back": (
        {"podAnnotations": {"runai-operator.io/connection": "x"}},
        "podAnnotations",
    ),
    "less than no Pod": ({"replicas": -1}, "replicas"),
    "replicas as text": ({"replicas": "2"}, "replicas"),
    "an address in the clear": ({"connection": {"url": "http://example.run.ai"}}, "url"),
    "an address without a scheme": ({"connection": {"url": "example.run.ai"}}, "url"),
    "a password in the address": ({"connection": {"url": "https://me:secret@example.run.ai"}}, "url"),
    "a host that only begins like one of the cluster": ({"connection": {"url": "http://a.svc.example.com"}}, "url"),
    "a Secret without a name": ({"connection": {"credentialsSecretRef": {"name": ""}}}, "credentialsSecretRef"),
    "a tag within the repository": ({"image": {"repository": "runai-operator:v1"}}, "repository"),
    "a digest cut short": ({"image": {"digest": "sha256:abc"}}, "digest"),
    "a pull policy that there is not": ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
    "a log level that there is not": ({"log": {"level": "loud"}}, "level"),
    "no worker": ({"workers": 0}, "workers"),
    "a namespace that can be none": ({"watchNamespaces": ["Team_A"]}, "watchNamespaces"),
    "projects by both": (
        {"connection": {"access": [{"namespaceSelector": {}, "projects": {"names": ["a"], "from": "NamespaceLabel"}}]}},
        "projects",
    ),
    "an access rule for no project": ({"connection": {"access": [{"namespaceSelector": {}}]}}, "projects"),
    "certificates from nowhere": ({"connection": {"caBundleRef": {"key": "ca.crt"}}}, "name"),
    "a time without a unit": ({"connection": {"polling": {"interval": "5"}}}, "interval"),
    "requests without end": ({"connection": {"limits": {"requestsPerSecond": 0}}}, "requestsPerSecond"),
    "a ServiceMonitor without a Service": (
        {"metrics": {"service": {"enabled": False}, "serviceMonitor": {"enabled": True}}},
        "service",
    ),
    "a budget of more than all": ({"podDisruptionBudget": {"maxUnavailable": "101%"}}, "maxUnavailable"),
    "an argument that is none": ({"extraArgs": ["workers 3"]}, "extraArgs"),
    "a variable without a name": ({"extraEnv": [{"value": "x"}]}, "extraEnv"),
    "a name that is too long for what hangs on it": ({"fullnameOverride": "a" * 45}, "fullnameOverride"),
    "a label that selectors hang on": ({"podLabels": {"app.kubernetes.io/component": "x"}}, "podLabels"),
    "a label that would give a role to everybody": (
        {"commonLabels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
        "commonLabels",
    ),
    "less time to end than it takes": ({"terminationGracePeriodSeconds": 5}, "terminationGracePeriodSeconds"),
    "resources that mean nothing": ({"resources": {"limit": {"cpu": 1}}}, "limit"),
}


def every_path(values: Any = None, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys that lead to each of the chart's values, those that hold others among them."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")) if values is None else values
    for key, value in values.items():
        yield (*above, key)
        if isinstance(value, dict) and value:
            yield from every_path(value, (*above, key))


def rendered_or_told(helm: Helm, values: dict[str, Any]) -> tuple[str, str]:
    """What comes of these values, and what is said where nothing does."""
    try:
        return manifest(helm, values), ""
    except HelmFailed as error:
        return "", error.stderr


def within(path: tuple[str, ...], value: Any, others: dict[str, Any]) -> dict[str, Any]:
    """These values, with one of them set."""
    key, *rest = path
    inner = others.get(key) or {}
    return {**others, key: within((*rest,), value, inner) if rest else value}


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(helm: Helm, values: dict[str, Any]) -> None:
    assert "kind: Deployment" in manifest(helm, values, "--show-only", "templates/deployment.yaml")


@pytest.mark.parametrize(("values", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_by_name(helm: Helm, values: dict[str, Any], named: str) -> None:
    told = helm.fails("template", "trial", str(CHART), "--values", "-", input=yaml.safe_dump(values))
    assert "schema" in told
    assert named in told


@pytest.mark.parametrize("name", ["an address in the clear", "nobody to be elected"])
def test_helm_3_refuses_the_same(helm3: Helm, name: str) -> None:
    values, named = REFUSED[name]
    assert named in helm3.fails("template", "trial", str(CHART), "--values", "-", input=yaml.safe_dump(values))


@pytest.mark.parametrize("path", [*every_path()], ids=".".join)
def test_what_is_set_to_null_is_refused_by_name_or_means_nothing(helm: Helm, path: tuple[str, ...]) -> None:
    """So does `--reuse-values`, which knows none of the defaults that a newer chart has."""
    text, told = rendered_or_told(helm, within(path, None, EVERYTHING))
    assert not NOTHING.search(text)
    assert not told or ("missing propert" in told and path[-1] in told)


@pytest.mark.parametrize("name", ["connection", "simulator", "topologySpread", "leaderElection", "image"])
def test_helm_3_refuses_that_something_is_null(helm3: Helm, name: str) -> None:
    told = helm3.fails("template", "trial", str(CHART), "--values", "-", input=yaml.safe_dump({name: None}))
    assert name in told
    assert "schema" in told
