"""What containerd, the kubelet, kube-proxy and the Pod network are told. Each reason is one that was met."""

import json
from pathlib import Path
from typing import Any

from .packages import PLUGINS
from .site import DNS_SERVICE, NODE, POD_RANGE, RESOLV_CONF, Site, name_servers

NETWORK = "runai-operator-e2e"
"""Of the Pods. Its name stands in the rules of iptables that the network makes."""
SANDBOX = "localhost/pause:e2e"

CONTAINERD = """version = 2
root = "{folder}/containerd/root"
state = "{folder}/containerd/state"

[grpc]
  address = "{folder}/containerd.sock"

[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{sandbox}"
  disable_apparmor = true
  # Lowering the score takes a capability that root does not have everywhere.
  restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = false

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{plugins}"
  conf_dir = "{folder}/network"
"""


def write_configuration(site: Site) -> None:
    (site.folder / "network").mkdir()
    (site.folder / "plugins").mkdir()
    told = {"folder": site.folder, "sandbox": SANDBOX, "plugins": PLUGINS}
    (site.folder / "containerd.toml").write_text(CONTAINERD.format(**told))
    (site.folder / "network" / "10-pods.conflist").write_text(json.dumps(network(site), indent=2))
    (site.folder / "kubelet.json").write_text(json.dumps(kubelet(site), indent=2))
    (site.folder / "proxy.json").write_text(json.dumps(proxy(site), indent=2))
    site.resolv_conf.write_text(name_servers(RESOLV_CONF.read_text()))


def network(site: Site) -> dict[str, Any]:
    """Everything is routed (`ptp`): a Pod reaches itself through its Service without any setting of bridges."""
    addresses = {
        "type": "host-local",
        "dataDir": str(site.folder / "addresses"),
        "ranges": [[{"subnet": POD_RANGE}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    pods = {"type": "ptp", "ipMasq": True, "mtu": site.mtu, "ipam": addresses}
    return {"cniVersion": "0.4.0", "name": NETWORK, "plugins": [pods]}


def kubelet(site: Site) -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": site.address,
        "port": site.ports.kubelet,
        "readOnlyPort": 0,
        "healthzPort": 0,
        "containerRuntimeEndpoint": f"unix://{site.socket}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(site.credentials / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "clusterDomain": "cluster.local",
        "clusterDNS": [DNS_SERVICE],
        "resolvConf": str(site.resolv_conf),
        "seccompDefault": True,
        "podLogsDir": str(site.folder / "pods"),
        "volumePluginDir": str(site.folder / "plugins"),
        **_of_this_machine(),
    }


def _of_this_machine() -> dict[str, Any]:
    """A virtual machine that is nobody's node: cgroups of either version, swap or not, and disks that are full."""
    scarce = {"memory.available": "100Mi", **dict.fromkeys(("nodefs.available", "imagefs.available"), "1%")}
    return {
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": [],
        "oomScoreAdj": 0,  # as for containerd
        "maxOpenFiles": 20_000,  # more than the hard limit is an error
        "makeIPTablesUtilChains": False,  # they would stay behind
        "imageGCHighThresholdPercent": 100,  # an image that is collected cannot be pulled again
        "evictionHard": scarce | {"nodefs.inodesFree": "1%"},
        "nodeStatusUpdateFrequency": "5s",
    }


def proxy(site: Site) -> dict[str, Any]:
    nothing = {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "bindAddress": site.address,
        "clusterCIDR": POD_RANGE,
        "hostnameOverride": NODE,
        "healthzBindAddress": f"127.0.0.1:{site.ports.proxy_health}",
        "metricsBindAddress": f"127.0.0.1:{site.ports.proxy_metrics}",
        "clientConnection": {"kubeconfig": str(site.folder / "proxy.kubeconfig")},
        "oomScoreAdj": 0,
        "conntrack": nothing,  # 0: as the kernel has it
        "nodePortAddresses": ["primary"],
    }


def log_of(site: Site, name: str) -> Path:
    return site.folder / f"{name}.log"
