"""What a cluster of processes leaves on the machine when it ends in disorder: finding it, and taking it away.

Everything is known by something that is ours alone: the folder, the name of the Pod network, the range of its
addresses. The cgroup `kubepods` and the table `kube-proxy` are any kubelet's: where they are there before us, we do not
start.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.control_plane import ControlPlaneError
from tests.control_plane.processes import wait_until

from .configuration import NETWORK
from .host import Before
from .site import POD_RANGE

CGROUPS = Path("/sys/fs/cgroup")
NETWORKS = Path("/var/lib/cni/results")
"""Where the network remembers each Pod's, in JSON (containernetworking/cni, libcni, "cache")."""
PROXY_TABLES = ("ip kube-proxy", "ip6 kube-proxy")
NAT = "ip nat"
BEFORE = "before.json"
PATIENCE = 10.0


def refuse_another_node() -> None:
    """Raise ControlPlaneError where this machine is a node already, or uses the addresses that Pods would get."""
    taken = [*(table for table in tables() if table in PROXY_TABLES), *map(str, _pods_cgroups()), *_routes()]
    if taken:
        raise ControlPlaneError(
            f"this machine is a node already, or uses {POD_RANGE}: it has {', '.join(taken)}. Run this elsewhere"
        )


def left(folder: Path) -> list[str]:
    """What is still there, a phrase each; nothing after an orderly end."""
    return [
        *(f"process {pid}" for pid in sorted({*_shims(folder), *_pod_processes()})),
        *(f"mount {path}" for path in _mounts(folder)),
        *(f"cgroup {path}" for path in _pods_cgroups()),
        *(f"table {table}" for table in tables() if table in PROXY_TABLES),
        *(f"route to {route}" for route in _routes()),
        *(f"network of {path.name}" for path in _networks()),
        *(f"rule {rule}" for rule in _rules()),
        *([str(folder)] if folder.exists() else []),
    ]


def clear(folder: Path) -> None:
    """Take everything away, whether its end was orderly or not. Raises ControlPlaneError with what does not go."""
    for pid in {*_shims(folder), *_pod_processes()}:
        _kill(pid)
    wait_until(lambda: not [*_shims(folder), *_pod_processes()], PATIENCE, lambda: f"still there: {left(folder)}")
    _clear_networks()
    for path in _mounts(folder):
        subprocess.run(["umount", "--lazy", path], check=False, capture_output=True)
    for table in PROXY_TABLES:
        subprocess.run(["nft", "delete", "table", *table.split()], check=False, capture_output=True)
    _clear_cgroups()
    changed: list[str] = []
    if (folder / BEFORE).exists():
        before = Before.load(folder / BEFORE)
        _clear_empty_nat(before)
        before.restore()
        changed = before.changed()
    shutil.rmtree(folder, ignore_errors=True)
    if remaining := [*left(folder), *changed]:
        raise ControlPlaneError(f"this is left on the machine: {', '.join(remaining)}")


def tables() -> list[str]:
    """The tables of nftables, as "family name"."""
    listed = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    return [line.removeprefix("table ") for line in listed.splitlines()]


def _shims(folder: Path) -> Iterator[int]:
    """What containerd starts to hold the containers of a Pod; it outlives containerd."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended meanwhile
        if "containerd-shim" in words[0] and str(folder / "containerd.sock") in words:
            yield int(process.name)


def _pod_processes() -> Iterator[int]:
    for cgroup in _pods_cgroups():
        for file in cgroup.rglob("cgroup.procs"):
            yield from map(int, file.read_text().split())


def _pods_cgroups() -> list[Path]:
    """One in the second version of cgroups, one for each controller in the first."""
    return [path for path in (CGROUPS / "kubepods", *CGROUPS.glob("*/kubepods")) if path.is_dir()]


def _clear_cgroups() -> None:
    for top in _pods_cgroups():
        for path in sorted((each for each in top.rglob("*") if each.is_dir()), reverse=True):
            _remove(path)
        _remove(top)


def _remove(cgroup: Path) -> None:
    """A cgroup is busy for a moment after its last process ended."""
    deadline = time.monotonic() + PATIENCE
    while cgroup.is_dir():
        try:
            cgroup.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _mounts(folder: Path) -> list[str]:
    """Mount points under it, innermost first."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def _networks() -> list[Path]:
    return sorted(NETWORKS.glob(f"{NETWORK}-*"))


def namespaces(remembered: str) -> set[str]:
    """The files that hold the network namespaces of a Pod, by what the network remembers of it (CNI specification,
    "Success", `interfaces[].sandbox`)."""
    interfaces = json.loads(remembered).get("result", {}).get("interfaces", ())
    return {each["sandbox"] for each in interfaces if each.get("sandbox")}


def _clear_networks() -> None:
    """The namespaces of Pods, and with them their links and routes; then the rules that hide their addresses."""
    for remembered in _networks():
        for namespace in namespaces(remembered.read_text()):
            subprocess.run(["umount", namespace], check=False, capture_output=True)
            Path(namespace).unlink(missing_ok=True)
        remembered.unlink()
    for rule in _rules():
        chain = rule.rpartition(" -j ")[2]
        for change in (["-D", *shlex.split(rule)[1:]], ["-F", chain], ["-X", chain]):
            subprocess.run(["iptables", "-w", "-t", "nat", *change], check=False, capture_output=True)
    wait_until(lambda: not _routes(), PATIENCE, lambda: f"routes to Pods stay: {_routes()}")


def _rules() -> list[str]:
    """Those of iptables that lead to a chain of a Pod's, as `iptables -S` tells them."""
    if NAT not in tables():
        return []  # asking would make the table
    listed = subprocess.run(["iptables", "-w", "-t", "nat", "-S", "POSTROUTING"], capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if f'name: \\"{NETWORK}\\"' in line]


def _clear_empty_nat(before: Before) -> None:
    """The table that the network had made for its rules, unless somebody else put some into it."""
    if NAT in before.tables or NAT not in tables():
        return
    listed = subprocess.run(["nft", "list", "table", *NAT.split()], capture_output=True, text=True, check=True).stdout
    if not re.search(r"^\t\t(?!type )\S", listed, re.MULTILINE):
        subprocess.run(["nft", "delete", "table", *NAT.split()], check=True)


def _routes() -> list[str]:
    prefix = POD_RANGE.rpartition(".")[0] + "."
    told = subprocess.run(["ip", "-4", "-json", "route"], capture_output=True, text=True, check=True).stdout
    return [route["dst"] for route in json.loads(told or "[]") if route["dst"].startswith(prefix)]
