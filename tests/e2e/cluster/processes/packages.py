"""What of Debian a node needs. Nothing is installed from here: whose machine it is decides that."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.control_plane import ControlPlaneError

PLUGINS = Path("/usr/lib/cni")
PROGRAMS = {
    "containerd": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "openssl": "openssl",
    "ip": "iproute2",
    "umount": "mount",
    **{str(PLUGINS / plugin): "containernetworking-plugins" for plugin in ("ptp", "host-local", "loopback")},
}
"""Each program, by name or path, and the package that brings it."""


def require(root: bool, also: Mapping[str, str] = {}, found: Callable[[str], object] = shutil.which) -> None:
    """Raise ControlPlaneError that names all that is missing at once, with the command that mends it.

    `also` are programs that something else needs, with the package of each.
    """
    absent = missing({**PROGRAMS, **also}, found)
    if absent:
        raise ControlPlaneError(f"a node of processes lacks programs: apt-get install {' '.join(absent)}")
    if not root:
        raise ControlPlaneError("a node of processes has to be started as root: containers, mounts, network namespaces")


def am_root() -> bool:
    return os.geteuid() == 0


def missing(programs: Mapping[str, str], found: Callable[[str], object]) -> list[str]:
    """The packages of the programs that are not there, without repetition."""
    return sorted({package for program, package in programs.items() if not found(program)})
