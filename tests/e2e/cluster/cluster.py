"""What the chapters ask of a cluster, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tests.control_plane import Kubectl
from tests.control_plane.binaries import Say

from .kind import KindCluster, kind_works
from .processes import ProcessCluster


class Cluster(Protocol):
    """It runs Pods, and the images are those that were loaded: none is pulled."""

    kubeconfig: Path

    @property
    def kubectl(self) -> Kubectl:
        """As its administrator."""

    def require(self, also: Mapping[str, str]) -> None:
        """Raise ControlPlaneError that names what this machine lacks: of what it takes, and of the programs `also`,
        which are given with the packages that bring them."""

    def load(self, archive: Path) -> None:
        """Have an image on the node."""

    def kill(self, container: str) -> None:
        """SIGKILL to a container, by the id that its status tells after `containerd://`."""

    def check(self) -> None:
        """Raise ControlPlaneError when a part of it has ended."""

    def left(self) -> list[str]:
        """What of it is still on the machine, a phrase each."""


def choose(kind: str, folder: Path, say: Say) -> KindCluster | ProcessCluster:
    """`kind`, `processes`, or whichever of them works here (`auto`)."""
    wanted = kind if kind != "auto" else "kind" if kind_works() else "processes"
    say(f"the cluster: {wanted}")
    return KindCluster(folder, say) if wanted == "kind" else ProcessCluster(folder, say)
