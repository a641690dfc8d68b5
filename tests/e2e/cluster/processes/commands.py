"""The command lines, in the order in which they are started."""

from pathlib import Path

from tests.control_plane.binaries import Binaries, NodeBinaries

from .credentials import Authority
from .site import NODE, SERVICE_RANGE, Site

ISSUER = "https://kubernetes.default.svc.cluster.local"
Command = list[str | Path]


def commands(site: Site, authority: Authority, plane: Binaries, node: NodeBinaries) -> dict[str, Command]:
    return {
        "containerd": ["containerd", "--config", site.folder / "containerd.toml"],
        "etcd": _etcd(site, plane),
        "kube-apiserver": _api_server(site, authority, plane),
        "kube-controller-manager": _controllers(site, authority, plane),
        "kube-scheduler": [
            node.kube_scheduler,
            f"--kubeconfig={site.folder}/scheduler.kubeconfig",
            f"--secure-port={site.ports.scheduler}",
            "--leader-elect=false",
        ],
        "kubelet": _kubelet(site, authority, node),
        "kube-proxy": [node.kube_proxy, f"--config={site.folder}/proxy.json"],
    }


def _etcd(site: Site, plane: Binaries) -> Command:
    address = f"http://127.0.0.1:{site.ports.etcd}"
    return [
        plane.etcd,
        f"--data-dir={site.folder}/etcd",
        f"--listen-client-urls={address}",
        f"--advertise-client-urls={address}",
        "--listen-peer-urls=http://127.0.0.1:0",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_server(site: Site, authority: Authority, plane: Binaries) -> Command:
    return [
        plane.kube_apiserver,
        f"--etcd-servers=http://127.0.0.1:{site.ports.etcd}",
        "--bind-address=0.0.0.0",
        f"--advertise-address={site.address}",  # a loopback address is refused as an endpoint, and Pods need one
        f"--secure-port={site.ports.api_server}",
        f"--tls-cert-file={authority.certificate('api-server')}",
        f"--tls-private-key-file={authority.key('api-server')}",
        f"--client-ca-file={authority.certificate('ca')}",
        f"--kubelet-client-certificate={authority.certificate('to-kubelet')}",
        f"--kubelet-client-key={authority.key('to-kubelet')}",
        f"--kubelet-certificate-authority={authority.certificate('ca')}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={authority.certificate('api-server')}",  # of a key it takes no EC one in PKCS #8
        f"--service-account-signing-key-file={authority.key('api-server')}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
    ]


def _controllers(site: Site, authority: Authority, plane: Binaries) -> Command:
    return [
        plane.kube_controller_manager,
        f"--kubeconfig={site.folder}/controllers.kubeconfig",
        f"--secure-port={site.ports.controllers}",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--root-ca-file={authority.certificate('ca')}",
        f"--service-account-private-key-file={authority.key('api-server')}",
        f"--cluster-signing-cert-file={authority.certificate('ca')}",
        f"--cluster-signing-key-file={authority.key('ca')}",
        f"--flex-volume-plugin-dir={site.folder}/plugins",
    ]


def _kubelet(site: Site, authority: Authority, node: NodeBinaries) -> Command:
    return [
        node.kubelet,
        f"--config={site.folder}/kubelet.json",
        f"--kubeconfig={site.folder}/kubelet.kubeconfig",
        f"--root-dir={site.folder}/kubelet",
        f"--cert-dir={site.credentials}",
        f"--tls-cert-file={authority.certificate('node')}",
        f"--tls-private-key-file={authority.key('node')}",
        f"--hostname-override={NODE}",
        f"--node-ip={site.address}",
    ]
