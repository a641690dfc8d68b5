"""Every operation of the client: how it is asked for, what a whole answer to it looks like, and whether it writes."""

from __future__ import annotations

import types
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices, AliasPath, BaseModel, SecretStr
from pydantic.fields import FieldInfo

from runai_operator.runai import (
    BatchResult,
    CreateWorkload,
    Page,
    RunaiClient,
    UpdateWorkload,
    WorkloadDetailed,
    WorkloadV2,
    WorkloadView,
)
from runai_operator.runai.models import Clusters, Endpoints, Project, ProjectPage, WorkloadTypes

from .servers import WORKLOAD_ID

Json = Any


@dataclass(frozen=True)
class Operation:
    """`answer` holds every field that the model reads; None where any JSON object is an answer."""

    call: Callable[[RunaiClient], Awaitable[object]]
    model: type[BaseModel] | None
    writes: bool = False

    @property
    def answer(self) -> Json:
        return {} if self.model is None else whole(self.model)


CREATE = CreateWorkload(name="trainer", project_id="7", manifest={"kind": "Job"})
UPDATE = UpdateWorkload(manifest={"kind": "Job"})

OPERATIONS: Mapping[str, Operation] = {
    "create": Operation(lambda client: client.create(CREATE), WorkloadV2, writes=True),
    "dry run": Operation(lambda client: client.create(CREATE, dry_run=True), WorkloadV2),
    "get": Operation(lambda client: client.get(WORKLOAD_ID), WorkloadView),
    "update": Operation(lambda client: client.update(WORKLOAD_ID, UPDATE), WorkloadV2, writes=True),
    "delete": Operation(lambda client: client.delete(WORKLOAD_ID), None, writes=True),
    "list": Operation(lambda client: client.list(), Page),
    "read": Operation(lambda client: client.read(WORKLOAD_ID), WorkloadDetailed),
    "endpoints": Operation(lambda client: client.endpoints(WORKLOAD_ID), Endpoints),
    "batch": Operation(lambda client: client.batch("suspend", [WORKLOAD_ID]), BatchResult, writes=True),
    "projects": Operation(lambda client: client.projects(), ProjectPage),
    "project": Operation(lambda client: client.project("7"), Project),
    "clusters": Operation(lambda client: client.clusters(), Clusters),
    "types": Operation(lambda client: client.types("Job"), WorkloadTypes),
}
READABLE = {name: each for name, each in OPERATIONS.items() if each.model is not None}


def whole(model: type[BaseModel]) -> Json:
    """An answer with every field that the model knows, on the wire."""
    if "root" in model.model_fields:
        return _value("root", model.model_fields["root"].annotation)
    answer: dict[str, Json] = {}
    for name, field in model.model_fields.items():
        *outer, last = _path(field, name)
        holder = answer
        for step in outer:
            holder = holder.setdefault(step, {})
        holder[last] = _value(name, field.annotation)
    return answer


def _path(field: FieldInfo, name: str) -> list[str]:
    alias = field.validation_alias or field.alias or name
    if isinstance(alias, AliasChoices):
        alias = alias.choices[0]
    return [str(step) for step in alias.path] if isinstance(alias, AliasPath) else [str(alias)]


def _value(name: str, annotation: Any) -> Json:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _value(name, inner[0])
    if origin in (Union, types.UnionType):
        return _value(name, next(each for each in inner if each is not type(None)))
    if origin is tuple:
        return [_value(name, inner[0])]
    if origin is dict:
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "trainer"}, "spec": {"parallelism": 1}}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return whole(annotation)
    return None if name in ("next", "deleted_at") else EXAMPLES[annotation]


EXAMPLES: Mapping[Any, Json] = {
    str: WORKLOAD_ID,
    int: 1,
    float: 1.0,
    bool: True,
    SecretStr: "token",
    datetime: "2026-01-01T00:00:00Z",
}
