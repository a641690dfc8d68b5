"""What a PUT says: what is desired, save what others may change, and with a null for what would otherwise stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from runai_operator.runai.requests import UpdateWorkload
from runai_operator.sync.situation import Present, Situation
from runai_operator.sync.stamp import Owner, unstamped

MANIFEST = "manifest"


def rewriting(situation: Situation, owner: Owner, *, merges: bool) -> UpdateWorkload:
    """The PUT that makes the observed workload the desired one.

    What lies under spec.drift.ignorePaths keeps the value that it has: an autoscaler's number outlives our writing.
    `merges`: Run:ai keeps what a PUT leaves out, so what is to go is sent as null. Fields of the metadata for which a
    null did nothing are left out.
    """
    desired, spec, observed = situation.desired, situation.spec, situation.observed
    assert desired is not None
    update = desired.update(owner)
    if spec is None or not isinstance(observed, Present) or observed.view is None:
        return update
    held, metadata = observed.view.workload.raw_manifest or {}, observed.view.workload.metadata
    manifest = desired.manifest
    for pointer in spec.drift.ignore_paths:
        place, *path = tokens(pointer)
        if place == MANIFEST and path:
            manifest = keeping(manifest, unstamped(held), path)
        elif path == ["priority"]:
            update = replace(update, priority=metadata.priority)
        elif path == ["category"]:
            update = replace(update, category=metadata.category)
    manifest = desired.stamped(manifest, owner)  # last: whatever is kept, the stamp tells of this wish
    leave_out = tuple(field for field in situation.kept if getattr(update, field) is None)
    return replace(update, manifest=clearing(manifest, held) if merges else manifest, leave_out=leave_out)


def keeping(manifest: Mapping[str, Any], held: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The manifest with the held value at this path; as it is where none is held there."""
    head, *rest = path
    wish, seen = manifest.get(head), held.get(head)
    if seen is None:
        return dict(manifest)
    if not rest:
        return {**manifest, head: seen}
    if not isinstance(seen, Mapping) or not isinstance(wish, Mapping | None):
        return dict(manifest)
    return {**manifest, head: keeping(wish or {}, seen, rest)}


def clearing(manifest: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with a null for each field that is held and not wanted."""
    cleared = dict(manifest)
    for key, seen in held.items():
        wish = manifest.get(key)
        if wish is None and seen is not None:
            cleared[key] = None
        elif isinstance(wish, Mapping) and isinstance(seen, Mapping):
            cleared[key] = clearing(wish, seen)
    return cleared


def leaves_behind(sent: Mapping[str, Any], held: Mapping[str, Any]) -> bool:
    """Whether the answer to a PUT holds a field that was not sent: then Run:ai merges."""
    return any(
        (sent.get(key) is None and seen is not None)
        or (isinstance(seen, Mapping) and isinstance(wish := sent.get(key), Mapping) and leaves_behind(wish, seen))
        for key, seen in held.items()
    )


def tokens(pointer: str) -> list[str]:
    """The parts of a JSON pointer (RFC 6901)."""
    return [each.replace("~1", "/").replace("~0", "~") for each in pointer.strip("/").split("/")]
