"""Where the cluster of processes is: its folder, addresses and ports. There is one such cluster on a machine."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.control_plane import ControlPlaneError
from tests.control_plane.processes import free_ports

NODE = "e2e"
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
"""The first address of the range: the API server gives it to the Service `kubernetes`."""
DNS_SERVICE = "10.96.0.10"
RESOLV_CONF = Path("/etc/resolv.conf")


@dataclass(frozen=True)
class Ports:
    etcd: int
    api_server: int
    controllers: int
    scheduler: int
    kubelet: int
    proxy_health: int
    proxy_metrics: int


@dataclass(frozen=True)
class Site:
    """`address` is the node's own, which Pods reach it by; `mtu` that of the network behind it, in bytes."""

    folder: Path
    address: str
    mtu: int
    ports: Ports

    @property
    def socket(self) -> Path:
        """containerd's."""
        return self.folder / "containerd.sock"

    @property
    def credentials(self) -> Path:
        return self.folder / "credentials"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.folder / "admin.kubeconfig"

    @property
    def resolv_conf(self) -> Path:
        """The name servers that Pods may ask: those of the machine, but for what listens on loopback."""
        return self.folder / "resolv.conf"


def find_site(folder: Path) -> Site:
    """As the machine is now: by its default route. Raises ControlPlaneError where it has none."""
    routes = _ip("route", "show", "default")
    if not routes:
        raise ControlPlaneError("this machine has no default route, and Pods need an address to reach it by")
    link = _ip("address", "show", "dev", routes[0]["dev"])[0]
    address = next(each["local"] for each in link["addr_info"] if each["family"] == "inet")
    return Site(folder, address, link["mtu"], Ports(*free_ports(7)))


def name_servers(resolv_conf: str) -> str:
    """What of a resolv.conf holds in a Pod, too."""
    lines = [line for line in resolv_conf.splitlines() if re.match(r"nameserver\s+(?!127\.|::1)", line)]
    return "".join(f"{line}\n" for line in lines)


def _ip(*args: str) -> list[dict]:  # type: ignore[type-arg]
    done = subprocess.run(["ip", "-4", "-json", *args], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout or "[]"))
