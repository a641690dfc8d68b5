"""values.schema.json: what the chart can be told, and what it refuses before anything reaches a cluster."""

from typing import Any

import pytest
import yaml

from tests.chart.render import CHART, manifest
from tests.control_plane import Helm

URL = "https://example.run.ai"

ACCEPTED: dict[str, dict[str, Any]] = {
    "values of a chart around it": {"global": {"imageRegistry": "x", "anything": {"goes": True}}},
    "what switches a subchart": {"enabled": False},
    "a Run:ai with a port and a path": {"connection": {"url": "https://run.example.com:8443/base"}},
    "a trial on localhost": {"connection": {"url": "http://localhost:8088"}},
    "a trial in the cluster": {"connection": {"url": "http://simulator.trial.svc:8088/"}},
    "a registry with a port": {"image": {"repository": "registry.example.com:5000/team/runai-operator"}},
    "a digest": {"image": {"digest": "sha256:" + "a" * 64}},
    "one Pod without election": {"replicas": 1, "leaderElection": {"enabled": False}},
    "no Pod without election": {"replicas": 0, "leaderElection": {"enabled": False}},
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
    "two without election": ({"replicas": 2, "leaderElection": {"enabled": False}}, "replicas"),
    "the default of two without election": ({"leaderElection": {"enabled": False}}, "replicas"),
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


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(helm: Helm, values: dict[str, Any]) -> None:
    assert "kind: Deployment" in manifest(helm, values, "--show-only", "templates/deployment.yaml")


@pytest.mark.parametrize(("values", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_by_name(helm: Helm, values: dict[str, Any], named: str) -> None:
    told = helm.fails("template", "trial", str(CHART), "--values", "-", input=yaml.safe_dump(values))
    assert "schema" in told
    assert named in told


@pytest.mark.parametrize("name", ["an address in the clear", "the default of two without election"])
def test_helm_3_refuses_the_same(helm3: Helm, name: str) -> None:
    values, named = REFUSED[name]
    assert named in helm3.fails("template", "trial", str(CHART), "--values", "-", input=yaml.safe_dump(values))
