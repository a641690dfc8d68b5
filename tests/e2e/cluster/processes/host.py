"""What a node changes of the machine it runs on, and how that is put back."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

SETTINGS = (
    "net/ipv4/ip_forward",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
"""Those that the kubelet and the Pod network set."""
FOLDERS = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/run/containerd", "/run/netns")
"""Those that kubelet, containerd and the network make, whatever they are told."""
SYSTEM = Path("/proc/sys")


@dataclass(frozen=True)
class Before:
    """How the machine was: settings of the kernel, and which of the folders and tables of nftables were not there."""

    settings: dict[str, str]
    absent: list[str]
    tables: list[str]

    @classmethod
    def read(cls, tables: list[str]) -> Before:
        settings = {name: (SYSTEM / name).read_text().strip() for name in SETTINGS if (SYSTEM / name).exists()}
        return cls(settings, [folder for folder in FOLDERS if not Path(folder).exists()], tables)

    @classmethod
    def load(cls, file: Path) -> Before:
        return cls(**json.loads(file.read_text()))

    def save(self, file: Path) -> None:
        """Whole or not at all: a later run takes its word for how things were."""
        scratch = file.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(self)))
        scratch.replace(file)

    def restore(self) -> None:
        for name, value in self.settings.items():
            if (SYSTEM / name).read_text().strip() != value:
                (SYSTEM / name).write_text(value)
        for folder in self.absent:
            shutil.rmtree(folder, ignore_errors=True)

    def changed(self) -> list[str]:
        """What is otherwise now, a phrase each: settings, and folders that were not there."""
        now = Before.read(self.tables)
        settings = [f"{name} = {value}" for name, value in now.settings.items() if value != self.settings[name]]
        return settings + [folder for folder in self.absent if folder not in now.absent]


def forward() -> None:
    """Let packets through from Pods to elsewhere."""
    (SYSTEM / "net/ipv4/ip_forward").write_text("1")
