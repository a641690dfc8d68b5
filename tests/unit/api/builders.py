"""Custom resources as a user writes them."""

from typing import Any
from uuid import uuid4

import pytest

JOB = {"apiVersion": "batch/v1", "kind": "Job", "spec": {}}


def case(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name)


def a_workload(name: str = "trainer", **spec: Any) -> dict[str, Any]:
    """The shortest RunaiWorkload, and what is said of its spec."""
    return {
        "apiVersion": "runai-operator.io/v1alpha1",
        "kind": "RunaiWorkload",
        "metadata": {"name": name},
        "spec": {"manifest": JOB} | spec,
    }


def a_job(**metadata: Any) -> dict[str, Any]:
    """A manifest with this metadata."""
    return JOB | {"metadata": metadata}


def a_connection(**spec: Any) -> dict[str, Any]:
    """The shortest RunaiConnection, under a name of its own, and what is said of its spec."""
    return {
        "apiVersion": "runai-operator.io/v1alpha1",
        "kind": "RunaiConnection",
        "metadata": {"name": f"test-{uuid4().hex[:12]}"},
        "spec": {"url": "https://example.run.ai", "credentialsSecretRef": {"name": "runai"}} | spec,
    }
