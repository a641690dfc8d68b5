"""Values that people give, by what they want of them: each has to render, and the API server has to take it."""

from typing import Any

DIGEST = "sha256:" + "0123456789abcdef" * 4
URL = "https://example.run.ai"

COMBINATIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a connection": {"connection": {"url": URL}},
    "a trial with the simulator": {"simulator": {"enabled": True}},
    "the simulator, reached by another address": {
        "simulator": {"enabled": True, "extraArgs": ["--client-id=trial"]},
        "connection": {"url": "http://runai-operator-simulator.runai-operator.svc.cluster.local:8088"},
    },
    "a connection with everything": {
        "connection": {
            "name": "gpu-east",
            "url": f"{URL}/",
            "credentialsSecretRef": {"name": "east"},
            "caBundleRef": {"kind": "Secret", "name": "east-ca", "key": "tls.crt"},
            "access": [
                {"namespaceSelector": {}, "projects": {"names": ["team-*", "lab"]}},
                {"namespaceSelector": {"matchLabels": {"team": "vision"}}, "projects": {"from": "NamespaceLabel"}},
            ],
            "limits": {"requestsPerSecond": 10, "maxConcurrent": 4},
            "polling": {"interval": "10s", "fullInterval": "10m"},
        }
    },
    "a connection for nobody yet": {"connection": {"url": URL, "access": []}},
    "certificates from a ConfigMap": {"connection": {"url": URL, "caBundleRef": {"name": "corporate"}}},
    "further Secrets, and no ConfigMap": {"credentials": {"secrets": ["east", "west"], "configMaps": []}},
    "one Pod": {"replicas": 1},
    "no Pod, for a while": {"replicas": 0},
    "five Pods, one Lease by name": {"replicas": 5, "leaderElection": {"leaseName": "the-lease"}},
    "an image by tag": {"image": {"repository": "images.example.com:5000/ml/runai-operator", "tag": "v1.2.3-rc.1"}},
    "an image by digest": {"image": {"repository": "images.example.com/runai-operator", "tag": "x", "digest": DIGEST}},
    "an image that is pulled with credentials": {
        "image": {"pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "registry"}],
    },
    "an image that is on the node": {"image": {"repository": "localhost/runai-operator", "pullPolicy": "Never"}},
    "some namespaces only": {"watchNamespaces": ["team-a", "team-b"], "clusterId": "the-east"},
    "a cluster id of digits": {"clusterId": "12345"},
    "names of digits": {
        "serviceAccount": {"name": "123"},
        "leaderElection": {"leaseName": "456"},
        "topologySpread": {"topologyKey": "789"},
        "connection": {"name": "1e3", "url": URL, "credentialsSecretRef": {"name": "0x10"}},
        "credentials": {"secrets": ["1"], "configMaps": ["2"]},
        "watchNamespaces": ["3"],
    },
    "names that YAML takes for others": {"nameOverride": "true", "fullnameOverride": "null"},
    "talkative": {"log": {"level": "debug", "format": "console"}, "workers": 64},
    "further settings": {
        "extraArgs": ["--request-timeout=8", "--settle-margin=300"],
        "extraEnv": [
            {"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "proxy", "key": "token"}}},
        ],
        "extraEnvFrom": [{"configMapRef": {"name": "environment", "optional": True}}],
    },
    "volumes": {
        "volumes": [{"name": "scratch", "emptyDir": {}}, {"name": "trust", "configMap": {"name": "trust"}}],
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}, {"name": "trust", "mountPath": "/trust"}],
    },
    "volumes beside a connection": {
        "connection": {"url": URL},
        "volumes": [{"name": "scratch", "emptyDir": {}}],
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
    },
    "placed by hand": {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"key": "infra", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["infra"]}]}
                    ]
                }
            }
        },
        "priorityClassName": "system-cluster-critical",
        "simulator": {"enabled": True},
    },
    "spread over zones, strictly": {
        "topologySpread": {"topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
    },
    "neither spread nor guarded against eviction": {
        "topologySpread": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
    },
    "a share of the Pods may be evicted": {"replicas": 4, "podDisruptionBudget": {"maxUnavailable": "50%"}},
    "labels and annotations": {
        "commonLabels": {"team": "platform"},
        "podLabels": {"sidecar": "none"},
        "podAnnotations": {"example.com/scrape": "true"},
        "serviceAccount": {"annotations": {"example.com/role": "operator"}},
        "metrics": {"service": {"annotations": {"prometheus.io/scrape": "true"}}},
    },
    "labels of a part that are common ones, too": {
        "commonLabels": {"team": "platform", "release": "all"},
        "podLabels": {"team": "gpu"},
        "metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}},
    },
    "Prometheus and Grafana": {
        "metrics": {
            "serviceMonitor": {"enabled": True, "interval": "15s", "labels": {"release": "prometheus"}},
            "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
            "dashboards": {"enabled": True, "labels": {"grafana_dashboard": "yes"}},
        }
    },
    "no Service": {"metrics": {"service": {"enabled": False}}},
    "closed to the network": {
        "networkPolicy": {
            "enabled": True,
            "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
            "egress": [{"ports": [{"port": 443}, {"port": 53, "protocol": "UDP"}]}],
        },
        "simulator": {"enabled": True},
    },
    "only incoming traffic is closed": {"networkPolicy": {"enabled": True}},
    "the CRDs come by another way": {"crds": {"install": False}},
    "the CRDs go with the release": {"crds": {"keep": False}},
    "the deletion guard": {"deletionGuard": {"enabled": True}},
    "roles made by others": {"rbac": {"create": False}, "serviceAccount": {"create": False, "name": "operator"}},
    "the namespace's own account": {"serviceAccount": {"create": False}},
    "no roles for people": {"rbac": {"userRoles": False}},
    "other names": {"nameOverride": "rai", "connection": {"url": URL}},
    "a whole name as long as may be": {"fullnameOverride": "a" * 44, "simulator": {"enabled": True}},
    "other resources": {
        "resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}},
        "terminationGracePeriodSeconds": 60,
    },
    "OpenShift chooses the uid": {
        "podSecurityContext": {"runAsUser": None, "runAsGroup": None},
        "connection": {"url": URL},
    },
    "a part of something greater": {"global": {"anything": [1, 2]}, "enabled": True},
}
"""By name; restricted Pod Security holds for each."""

RELEASES: dict[str, tuple[str, str]] = {
    "numbers": ("123", "456"),
    "words that YAML takes for others": ("true", "null"),
    "a number that YAML writes otherwise": ("1e3", "0x10"),
    "a dot, which a Service's name does not hold": ("my.op", "platform"),
    "a name as long as Helm takes, a dot where it is cut": (f"{'a' * 25}.{'b' * 27}", "platform"),
}
"""Names of releases and namespaces that Helm takes, by what is odd about them."""

EVERYTHING: dict[str, Any] = {
    "simulator": {"enabled": True},
    "deletionGuard": {"enabled": True},
    "networkPolicy": {"enabled": True},
    "metrics": {part: {"enabled": True} for part in ("service", "serviceMonitor", "prometheusRule", "dashboards")},
}
"""Values that have every template render something."""
