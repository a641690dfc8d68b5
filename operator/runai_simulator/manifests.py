"""What the simulator reads in a manifest: validity, kind, pods, GPUs, images; and what Run:ai adds to one."""

import base64
import binascii
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from runai_simulator.errors import bad_request

JsonObject = dict[str, Any]

FINISHING_KINDS = frozenset(
    {"Job", "PyTorchJob", "TFJob", "MPIJob", "RayJob", "XGBoostJob", "JAXJob", "Workflow", "PipelineRun"}
)
SERVING_KINDS = frozenset({"Deployment", "InferenceService", "RayService", "Service", "NIMService"})
SUSPENDABLE_KINDS = (FINISHING_KINDS - {"Workflow", "PipelineRun"}) | {
    "RayCluster", "Deployment", "StatefulSet", "InferenceService", "RayService", "NIMService", "Notebook", "CronJob",
}  # fmt: skip
BUILD_KINDS = frozenset({"Notebook", "RayCluster", "Pod"})
FAIL_SYNC = "simulator.runai-operator.io/fail-sync"
REJECT = "simulator.runai-operator.io/reject"
GPU = "nvidia.com/gpu"
MULTIPLIERS = ("replicas", "parallelism", "minReplicas")
DEEPEST = 100
MOST_PODS = 1_000_000


@dataclass(frozen=True, slots=True)
class Footprint:
    """What the pods of a manifest ask for, as far as it is obvious."""

    pods: int
    gpus: float
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    group: str
    version: str
    kind: str


def manifest_of(body: JsonObject) -> JsonObject | None:
    """The manifest of a request, from either field; None when it has neither. Raises ApiError 400."""
    plain, encoded = body.get("manifest"), body.get("manifestBase64Encoded")
    if plain is not None and encoded is not None:
        raise bad_request("manifest and manifestBase64Encoded exclude each other")
    if encoded is not None:
        return validated(_decoded(encoded), "manifestBase64Encoded")
    return None if plain is None else validated(plain, "manifest")


def validated(manifest: Any, field: str) -> JsonObject:
    if not isinstance(manifest, dict):
        raise bad_request(f"{field} must be one Kubernetes object")
    for key in ("apiVersion", "kind"):
        if not isinstance(manifest.get(key), str) or not manifest[key]:
            raise bad_request(f"{field}.{key} is required")
    if manifest["kind"].endswith("List"):
        raise bad_request(f"{field}.kind {manifest['kind']}: a workload is one object, not a list")
    if not isinstance(manifest.get("metadata", {}), dict):
        raise bad_request(f"{field}.metadata must be an object")
    if _too_deep(manifest):
        raise bad_request(f"{field} is nested deeper than {DEEPEST} levels")
    if (refusal := annotation(manifest, REJECT)) is not None:
        raise bad_request(refusal)
    return manifest


def annotation(manifest: JsonObject, key: str) -> str | None:
    annotations = manifest.get("metadata", {}).get("annotations")
    value = annotations.get(key) if isinstance(annotations, dict) else None
    return None if value is None else str(value)


def kind_of(manifest: JsonObject) -> Kind:
    group, slash, version = manifest["apiVersion"].rpartition("/")
    return Kind(group if slash else "", version, manifest["kind"])


def footprint_of(manifest: JsonObject) -> Footprint:
    pods = 0
    gpus = 0.0
    images: list[str] = []
    for part, times in _parts(manifest, 1):
        if isinstance(part.get("containers"), list):
            pods += times
        gpus += times * _gpus(part.get("resources"))
        if isinstance(part.get("image"), str) and part["image"] not in images:
            images.append(part["image"])
    return Footprint(max(pods, 1), gpus, tuple(images))


def with_additions(manifest: JsonObject, *, name: str, namespace: str, project: str, priority: str) -> JsonObject:
    """The manifest as it goes to the cluster: named, in the project's namespace, labelled with its queue."""
    whole = copy.deepcopy(manifest)
    metadata = whole.setdefault("metadata", {})
    metadata["name"], metadata["namespace"] = name, namespace
    labels = metadata["labels"] if isinstance(metadata.get("labels"), dict) else {}
    metadata["labels"] = labels | {"runai/queue": project, "priorityClassName": priority}
    return whole


def merged(old: Any, new: Any, *, null_clears: bool) -> Any:
    """`new` merged into `old`; a null removes the key, or is ignored."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    result = dict(old)
    for key, value in new.items():
        if value is not None:
            result[key] = merged(result.get(key), value, null_clears=null_clears)
        elif null_clears:
            result.pop(key, None)
    return result


def parsed_json(text: str) -> Any:
    """JSON that can be given back as JSON: no NaN, no half of a surrogate pair. ValueError, RecursionError else."""
    value = json.loads(text, parse_constant=_refuse_constant)
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _decoded(encoded: Any) -> Any:
    if not isinstance(encoded, str):
        raise bad_request("manifestBase64Encoded must be a string")
    if len(encoded) > 2097152:
        raise bad_request("manifestBase64Encoded is longer than 2097152 characters")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        raise bad_request("manifestBase64Encoded is not base64 of UTF-8 text") from None
    try:
        return parsed_json(text)
    except (ValueError, RecursionError):
        return _from_yaml(text)


def _from_yaml(text: str) -> Any:
    try:
        return parsed_json(json.dumps(yaml.safe_load(text), default=str))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        raise bad_request("manifestBase64Encoded holds neither JSON nor YAML") from None


def _too_deep(value: Any, depth: int = 0) -> bool:
    if depth > DEEPEST:
        return True
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_too_deep(child, depth + 1) for child in children)


def _parts(value: Any, times: int) -> Iterator[tuple[JsonObject, int]]:
    """Every object in the manifest, with how many times it will exist."""
    if isinstance(value, list):
        for child in value:
            yield from _parts(child, times)
    elif isinstance(value, dict):
        times = min(times * next((value[key] for key in MULTIPLIERS if _is_count(value.get(key))), 1), MOST_PODS)
        yield value, times
        for key, child in value.items():
            if key != "initContainers":
                yield from _parts(child, times)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _gpus(resources: Any) -> float:
    if not isinstance(resources, dict):
        return 0.0
    for key in ("limits", "requests"):
        quantities = resources.get(key)
        if isinstance(quantities, dict) and GPU in quantities:
            try:
                return max(0.0, min(float(quantities[GPU]), 1e6))
            except (TypeError, ValueError):
                return 0.0
    return 0.0


def annotated(manifest: JsonObject, key: str, value: str) -> JsonObject:
    """The manifest with one more annotation."""
    metadata = manifest.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), key: value}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}
