"""The command lines: as little as it takes for an API server that behaves as in production, fast to start."""

import json
from pathlib import Path

from .binaries import Binaries
from .credentials import Credentials

# Without the first two a namespace never finishes, and a foreground deletion hangs; the third fills the ClusterRoles
# admin, edit and view.
CONTROLLERS = ("namespace-controller", "garbage-collector-controller", "clusterrole-aggregation-controller")

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Request", "resources": [{"group": "runai-operator.io"}]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ],
}


def etcd_command(binaries: Binaries, data: Path, port: int) -> list[str | Path]:
    address = f"http://127.0.0.1:{port}"
    return [
        binaries.etcd,
        f"--data-dir={data}",
        f"--listen-client-urls={address}",
        f"--advertise-client-urls={address}",
        "--listen-peer-urls=http://127.0.0.1:0",
        "--unsafe-no-fsync",  # survives the death of any process, not of the machine
        "--log-level=warn",
    ]


def apiserver_command(
    binaries: Binaries, credentials: Credentials, etcd_port: int, port: int, audit_policy: Path | None, audit_log: Path
) -> list[str | Path]:
    audit = [f"--audit-policy-file={audit_policy}", f"--audit-log-path={audit_log}"] if audit_policy else []
    return [
        binaries.kube_apiserver,
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",  # a loopback address is refused as an endpoint, and nothing asks for it
        f"--secure-port={port}",
        f"--cert-dir={credentials.folder}",
        f"--token-auth-file={credentials.tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={credentials.key}",
        f"--service-account-signing-key-file={credentials.key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # no controller makes the accounts that it would insist on
        *audit,
    ]


def controller_manager_command(binaries: Binaries, kubeconfig: Path) -> list[str | Path]:
    return [
        binaries.kube_controller_manager,
        f"--kubeconfig={kubeconfig}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--leader-elect=false",
        "--secure-port=0",
    ]


def write_audit_policy(folder: Path) -> Path:
    """Have requests for our own resources logged with what they carried, and those of service accounts without."""
    path = folder / "audit-policy.json"
    path.write_text(json.dumps(AUDIT_POLICY, indent=2))
    return path
