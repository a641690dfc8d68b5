"""From what the API server holds to the models, or to a message that says what to change."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from runai_operator.api.connection import RunaiConnectionSpec
from runai_operator.api.names import STAMP_PREFIX
from runai_operator.api.wire import Wire
from runai_operator.api.workload import RunaiWorkloadSpec

MOST_LEVELS = 100
"""Far more than any manifest has. The API server takes 10,000, more than most who read JSON can: of Run:ai's answers,
which hold the manifest some levels down, 200 are read."""

LARGEST = 1_400 * 2**10
"""Bytes of a whole resource as JSON, its status aside. The API server stores 1,536 KiB; claim and status need room."""

Spec = TypeVar("Spec", bound=Wire)


class InvalidSpec(Exception):
    """A spec that nothing can be done with; its text names the field as the user writes it, and the mend."""

    @property
    def message(self) -> str:
        return str(self)


def parse_workload_spec(obj: Mapping[str, Any]) -> RunaiWorkloadSpec:
    """The spec of a RunaiWorkload as read from the API server.

    Raises InvalidSpec for what its CRD refuses, and for what CEL cannot see: what is in the manifest.
    """
    spec = _parse(RunaiWorkloadSpec, obj)
    _check_manifest(spec, str((obj.get("metadata") or {}).get("name", "")))
    _check_size(obj)
    return spec


def parse_connection_spec(obj: Mapping[str, Any]) -> RunaiConnectionSpec:
    """The spec of a RunaiConnection as read from the API server. Raises InvalidSpec."""
    return _parse(RunaiConnectionSpec, obj)


def _parse(model: type[Spec], obj: Mapping[str, Any]) -> Spec:
    try:
        return model.model_validate(obj.get("spec") or {})
    except ValidationError as error:
        raise InvalidSpec("; ".join(_told(each["loc"], each["msg"]) for each in error.errors()[:5])) from None


def _told(location: tuple[int | str, ...], what: str) -> str:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return f"spec{path}: {what[:1].lower()}{what[1:]}"


def _check_manifest(spec: RunaiWorkloadSpec, resource_name: str) -> None:
    manifest = spec.manifest
    if _nests_deeper(manifest, MOST_LEVELS):
        raise InvalidSpec(f"spec.manifest: must not nest deeper than {MOST_LEVELS} levels")
    for field in ("apiVersion", "kind"):
        if not isinstance(manifest.get(field), str) or not manifest[field]:
            raise InvalidSpec(f"spec.manifest.{field}: must be set, as in every Kubernetes manifest")
    if manifest["kind"] == "List" or (manifest["kind"].endswith("List") and "items" in manifest):
        raise InvalidSpec(
            f"spec.manifest: must be one object, not a {manifest['kind']}: write one RunaiWorkload for each item"
        )
    metadata = manifest.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise InvalidSpec("spec.manifest.metadata: must be an object")
    if metadata.get("namespace"):
        raise InvalidSpec(
            "spec.manifest.metadata.namespace: must be left out, for the project decides the namespace: remove "
            f"{metadata['namespace']!r}"
        )
    name = spec.workload_name or resource_name
    if metadata.get("name", name) != name:
        raise InvalidSpec(
            f"spec.manifest.metadata.name: must be left out, or be the workload's name {name!r}: it is "
            f"{metadata['name']!r}"
        )
    if metadata.get("generateName"):
        raise InvalidSpec("spec.manifest.metadata.generateName: must be left out: the workload's name is used")
    for key in metadata.get("annotations") or {}:
        if key.startswith(STAMP_PREFIX):
            raise InvalidSpec(
                f"spec.manifest.metadata.annotations: must not hold {key!r}: keys that begin with {STAMP_PREFIX} are "
                "the operator's own, remove it"
            )


def _check_size(obj: Mapping[str, Any]) -> None:
    whole = {key: value for key, value in obj.items() if key != "status"}
    size = len(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
    if size > LARGEST:
        raise InvalidSpec(
            f"spec.manifest: makes a resource of {size >> 10} KiB, and at most {LARGEST >> 10} leave room for its "
            "status: move data out of it, into images or volumes"
        )


def _nests_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists stand in one another more than so many times; level by level, without recursion."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [
            inner
            for each in layer
            if isinstance(each, Mapping | list)
            for inner in (each.values() if isinstance(each, Mapping) else each)
        ]
        if not layer:
            return False
    return True
