"""Run:ai's own defaults: what it holds where the spec leaves a field to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import Refused
from runai_operator.runai.models import WorkloadType


async def without_defaults(
    held: Mapping[str, str], client: RunaiClient, manifest: Mapping[str, Any]
) -> Mapping[str, str]:
    """Those of the fields priority and category that hold another value than a new workload of the kind would get.

    Costs a request where there are any. Where Run:ai refuses to tell its defaults, each passes for another value;
    raises RunaiError where it may tell them another time.
    """
    if not held:
        return held
    try:
        types = await client.types(manifest["kind"])
    except Refused:
        return held
    group, _, _ = manifest["apiVersion"].rpartition("/")
    found = next((each for each in types if (each.name, each.group) == (manifest["kind"], group)), WorkloadType())
    defaults = {"priority": found.priority_name, "category": found.category_name}
    return {field: value for field, value in held.items() if value != defaults[field]}
