"""One node of host processes: etcd, API server, controllers, scheduler, kubelet, containerd, kube-proxy, CoreDNS.

What it changes of the machine (settings of the kernel, mounts, a table of nftables, cgroups, network namespaces) it
puts back: `host.py` and `traces.py`. It knows nothing of the operator.
"""

from .cluster import ProcessCluster

__all__ = ["ProcessCluster"]
