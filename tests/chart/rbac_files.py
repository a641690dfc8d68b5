"""deploy/rbac, made of the chart: the same roles for whoever installs without Helm."""

import re
from collections.abc import Iterator

from tests.control_plane import Helm

from .render import manifest

FOLDER = "deploy/rbac"
HEADER = """\
# Made of the chart's template {template} by `make generate`: change that, not this file.
"""
HEADER_OF_OPERATOR = """\
# What the operator itself may do: no more than it asks for (docs/security.md says why each, and a test holds it to
# that). Its namespace is runai-operator: with another one, change it in all of these. It may read one Secret and one
# ConfigMap: those that your RunaiConnections refer to, if they are called otherwise, or are more.
"""
VALUES = {"credentials": {"secrets": ["runai-credentials"], "configMaps": ["runai-ca"]}}
"""What examples/connection calls the Secret, and a name for certificates: kubectl is given no values."""
QUOTED_NAME = re.compile(r'^( *(?:- )?(?:name|namespace): )"([a-z-]+)"$', re.MULTILINE)
"""In the chart a name may be anything; these read as well without."""
OF_HELM = re.compile(r"^ +(helm\.sh/chart|app\.kubernetes\.io/[a-z-]+): ")
"""Labels that would not be true of what kubectl applied."""


def files(helm: Helm) -> dict[str, str]:
    """The files, by name."""
    return {f"{part}.yaml": _file(helm, part) for part in ("operator", "users", "connections")}


def _file(helm: Helm, part: str) -> str:
    template = f"templates/rbac-{part}.yaml"
    lines = manifest(helm, VALUES, "--show-only", template).splitlines()
    body = "\n".join(_without_empty_labels([line for line in lines if not _of_helm(line)])).removeprefix("---\n")
    body = QUOTED_NAME.sub(r"\1\2", body)
    about = HEADER_OF_OPERATOR if part == "operator" else ""
    return HEADER.format(template=template) + about + body.strip("\n") + "\n"


def _of_helm(line: str) -> bool:
    return bool(OF_HELM.match(line)) or line.startswith("# Source: ")


def _without_empty_labels(lines: list[str]) -> Iterator[str]:
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line != "  labels:" or following.startswith("    "):
            yield line
