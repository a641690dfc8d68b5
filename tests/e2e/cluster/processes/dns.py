"""CoreDNS as a Pod of the cluster."""

from pathlib import Path
from typing import Any

import yaml

from .site import DNS_SERVICE

MANIFEST = Path(__file__).parent / "coredns.yaml"
IMAGE = "localhost/coredns:e2e"


def dns_objects() -> dict[str, Any]:
    """The manifest as one List, with the address at which Pods ask."""
    found = list(yaml.safe_load_all(MANIFEST.read_text()))
    for each in found:
        if each["kind"] == "Service":
            each["spec"]["clusterIP"] = DNS_SERVICE
    return {"apiVersion": "v1", "kind": "List", "items": found}
