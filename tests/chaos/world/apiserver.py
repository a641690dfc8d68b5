"""The part of a Kubernetes API server that the operator stands on, in memory.

Generations, resource versions, finalizers, the status subresource, the defaults of our CRDs, and watches. What is
refused is refused with kubernetes' own exception. tests/chaos/port/test_port.py holds it to the real one. It runs no
CEL and prunes nothing. An object is never changed, only put in the place of the one before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from time import time
from typing import Any, NamedTuple

import yaml
from kubernetes.aio.client.exceptions import ApiException

Body = Mapping[str, Any]
Watcher = Callable[[str, bool, Body], None]
"""Is told the kind, whether it is gone, and the object as it is, or was last."""

CRDS = Path(__file__).parents[3] / "crds"
DELETED_AT = "2026-11-21T00:00:00Z"
ESCAPED_BY_GO = re.compile("[<>&\u2028\u2029]")


class Ref(NamedTuple):
    """Where an object is kept; `namespace` is empty for what is cluster scoped."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


class ApiServer:
    """Objects by reference. Every method answers at once, as the real one's answer to a request would be. `wall` is the
    time of day, in seconds since 1970."""

    def __init__(self, wall: Callable[[], float] = time) -> None:
        self._wall = wall
        self.objects: dict[Ref, Body] = {}
        self._watchers: list[Watcher] = []
        self._versions = count(1)
        self._uids = count(1)

    def watch(self, watcher: Watcher) -> None:
        """All that is there, and from then on whatever changes, in order."""
        for ref, body in self.objects.items():
            watcher(ref.kind, False, body)
        self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        self._watchers.remove(watcher)

    def get(self, ref: Ref) -> Body:
        if ref not in self.objects:
            raise refusal(404, f"{ref} not found")
        return self.objects[ref]

    def create(self, ref: Ref, body: Body) -> Body:
        """The status of a new object is its default, whatever was sent."""
        if ref in self.objects:
            raise refusal(409, f"{ref} already exists")
        own = {"name": ref.name, "uid": f"uid-{next(self._uids)}", "generation": 1}
        own["creationTimestamp"] = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if ref.namespace:
            own["namespace"] = ref.namespace
        whole = {key: value for key, value in body.items() if key != "status"}
        whole["metadata"] = {**_given(body.get("metadata") or {}), **own}
        return self._keep(ref, _defaulted(ref.kind, whole))

    def replace(self, ref: Ref, body: Body) -> Body:
        """PUT; without resourceVersion it overwrites whatever is there."""
        before = self.get(ref)
        given = body.get("metadata") or {}
        _check_version(before, given.get("resourceVersion"))
        keeps = "uid", "generation", "namespace", "name", "creationTimestamp", "deletionTimestamp", "resourceVersion"
        metadata = {**_given(given), **{key: before["metadata"][key] for key in keeps if key in before["metadata"]}}
        return self._change(ref, before, {**body, "metadata": metadata})

    def merge_patch(self, ref: Ref, patch: Body) -> Body:
        """RFC 7386; a resourceVersion in it is a guard."""
        before = self.get(ref)
        _check_version(before, (patch.get("metadata") or {}).get("resourceVersion"))
        after = merged(before, patch)
        own = {key: before["metadata"][key] for key in ("uid", "generation", "creationTimestamp", "resourceVersion")}
        return self._change(ref, before, {**after, "metadata": {**after["metadata"], **own}})

    def patch_status(self, ref: Ref, operations: Sequence[Body]) -> Body:
        """JSON Patch with `test` and `add`; whatever is not status stays as it is."""
        before = self.get(ref)
        after: Body = before
        for operation in operations:
            path = operation["path"].split("/")[1:]
            if operation["op"] == "test":
                if _as_go_spells(_at(after, path)) != _as_we_spell(operation["value"]):
                    raise refusal(422, "the server rejected our request due to an error in our request")
            elif operation["op"] == "add" and path == ["status"]:
                after = {**after, "status": operation["value"]}
            else:
                raise NotImplementedError(operation)
        after = _defaulted(ref.kind, after)
        return before if after == before else self._keep(ref, after)

    def delete(self, ref: Ref) -> None:
        """At once without finalizers; else it is marked, which counts as a generation."""
        before = self.get(ref)
        metadata = before["metadata"]
        if not metadata.get("finalizers"):
            self._drop(ref, before)
        elif "deletionTimestamp" not in metadata:
            marked = {**metadata, "deletionTimestamp": DELETED_AT, "generation": metadata["generation"] + 1}
            self._keep(ref, {**before, "metadata": marked})

    def _change(self, ref: Ref, before: Body, after: Body) -> Body:
        """What a write to the main resource comes to: the status is none of its business."""
        whole = {key: value for key, value in after.items() if key != "status"}
        if "status" in before:
            whole["status"] = before["status"]
        # empty lists and maps are not stored
        whole["metadata"] = {key: value for key, value in after["metadata"].items() if value or key == "generation"}
        whole = _defaulted(ref.kind, whole)
        _check_finalizers(before, whole)
        if whole == before:
            return before
        generation = before["metadata"]["generation"] + (whole.get("spec") != before.get("spec"))
        whole["metadata"] = {**whole["metadata"], "generation": generation}
        if "deletionTimestamp" in whole["metadata"] and not whole["metadata"].get("finalizers"):
            self._drop(ref, before)  # as it was stored last: so the watch tells it
            return whole
        return self._keep(ref, whole)

    def _keep(self, ref: Ref, body: Body) -> Body:
        version = {"resourceVersion": str(next(self._versions))}
        kept = self.objects[ref] = {**body, "metadata": {**body["metadata"], **version}}
        self._tell(ref, kept, gone=False)
        return kept

    def _drop(self, ref: Ref, body: Body) -> None:
        del self.objects[ref]
        version = {"resourceVersion": str(next(self._versions))}
        self._tell(ref, {**body, "metadata": {**body["metadata"], **version}}, gone=True)

    def _tell(self, ref: Ref, body: Body, *, gone: bool) -> None:
        for watcher in [*self._watchers]:
            watcher(ref.kind, gone, body)


def refusal(status: int, message: str, *, field: str | None = None) -> ApiException:
    """As the API server says no; `field` is what it finds wrong with an object."""
    error = ApiException(status=status, reason=message)
    details = {"causes": [{"field": field, "message": message}]} if field else {}
    error.body = json.dumps({"kind": "Status", "code": status, "message": message, "details": details})
    return error


def merged(old: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(old) if isinstance(old, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _given(metadata: Body) -> dict[str, Any]:
    """Of the metadata that was sent, what is the sender's to decide."""
    return {key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)}


def _check_version(before: Body, version: str | None) -> None:
    if version is not None and version != before["metadata"]["resourceVersion"]:
        raise refusal(409, "the object has been modified; please apply your changes to the latest version")


def _check_finalizers(before: Body, after: Body) -> None:
    old, new = (set(each["metadata"].get("finalizers") or ()) for each in (before, after))
    if "deletionTimestamp" in before["metadata"] and new - old:
        message = "no new finalizers can be added if the object is being deleted"
        raise refusal(422, message, field="metadata.finalizers")


def _as_we_spell(value: Any) -> str:
    """The JSON of a request, by which a `test` compares: `true` is no 1, and text is what it is spelled as."""
    return json.dumps(value, sort_keys=True)


def _as_go_spells(value: Any) -> str:
    """The JSON of what the API server holds; numbers that it writes otherwise than Python are not imitated."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return ESCAPED_BY_GO.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _at(body: Any, path: Sequence[str]) -> Any:
    for step in path:
        body = body.get(step) if isinstance(body, Mapping) else None
    return body


@cache
def _schemas() -> dict[str, Body]:
    schemas = {}
    for file in CRDS.glob("*.yaml"):
        spec = yaml.safe_load(file.read_text())["spec"]
        schemas[spec["names"]["kind"]] = _defaulting(spec["versions"][0]["schema"]["openAPIV3Schema"])
    return schemas


def _defaulting(schema: Body) -> Body:
    """What of a schema gives a default, or leads to one; empty where nothing does, which is most of it."""
    properties = {name: _defaulting(part) for name, part in (schema.get("properties") or {}).items()}
    leading = {
        "properties": {name: part for name, part in properties.items() if part},
        "items": _defaulting(schema["items"]) if "items" in schema else {},
    }
    own = {"default": schema["default"]} if "default" in schema else {}
    return own | {key: part for key, part in leading.items() if part}


def _defaulted(kind: str, body: Body) -> dict[str, Any]:
    schema = _schemas().get(kind)
    return dict(body if schema is None else _with_defaults(schema, body))


def _with_defaults(schema: Body, value: Any) -> Any:
    """Structural defaults: what is absent gets its default, and what is there the defaults within it."""
    if not schema or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return [_with_defaults(schema.get("items") or {}, each) for each in value]
    if not isinstance(value, Mapping):
        return value
    whole = dict(value)
    for name, part in (schema.get("properties") or {}).items():
        if name not in whole and "default" in part:
            whole[name] = part["default"]
        if name in whole:
            whole[name] = _with_defaults(part, whole[name])
    return whole
