"""A bill of materials in CycloneDX (specification 1.6, JSON), from the locked requirements.

It tells what is installed by name, version and purl, and nothing of where it was fetched from. The same requirements
give the same file, byte for byte.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from runai_operator import __version__

LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)\s*(?:;\s*([^\\]*?))?\s*\\?$", re.MULTILINE)
HASH = re.compile(r"--hash=")
OWN = "pkg:generic/runai-operator"


@dataclass(frozen=True, order=True)
class Locked:
    """One requirement: its normalized name, its version, and where it is not for every machine, for which (PEP 508)."""

    name: str
    version: str
    marker: str = ""

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def for_linux(self) -> bool:
        return "win32" not in self.marker


def locked(requirements: str) -> list[Locked]:
    """What a hash-locked requirements file names, by name. Raises ValueError for a line that is not understood."""
    found = sorted(Locked(re.sub(r"[-_.]+", "-", name).lower(), *rest) for name, *rest in LOCKED.findall(requirements))
    if len(found) != sum(1 for _ in _entries(requirements)):
        raise ValueError("a line of the requirements is no `name==version`: compile them anew with `make lock`")
    return found


def bill(requirements: str) -> str:
    """The bill of materials of an image for Linux with these requirements."""
    parts = [each for each in locked(requirements) if each.for_linux]
    body = {
        "metadata": {"component": _component("runai-operator", __version__, f"{OWN}@{__version__}", "application")},
        "components": [_component(each.name, each.version, each.purl, "library") for each in parts],
    }
    head = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(body, sort_keys=True))}",
        "version": 1,
    }
    return json.dumps(head | body, indent=2) + "\n"


def _component(name: str, version: str, purl: str, kind: str) -> dict[str, Any]:
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _entries(requirements: str) -> Iterator[str]:
    """The lines that begin a requirement: neither a hash, nor a comment."""
    for line in requirements.splitlines():
        if line.strip() and not line.startswith("#") and not HASH.match(line.strip()):
            yield line
