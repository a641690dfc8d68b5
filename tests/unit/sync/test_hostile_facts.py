"""Whatever Run:ai says of a workload, the status that follows is one that the CRD allows; and it heals."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from runai_operator.api.crds import workload_crd
from runai_operator.runai.calls import Call, Reply, parse
from runai_operator.runai.errors import RunaiError
from runai_operator.runai.models import Workload, WorkloadDetailed, WorkloadV2, WorkloadView
from tests.unit.runai.operations import whole
from tests.unit.runai.spoiling import spoiled
from tests.unit.sync.builders import a_resource
from tests.unit.sync.fakes import World

SCHEMA = workload_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
STATUS = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
CALL = Call(method="GET", route="/api/x", path="/api/x")
LONG = "é" * 100_000


def assert_the_api_server_takes_it(world: World, where: str) -> None:
    status = json.loads(json.dumps(world.status, allow_nan=False))
    assert [f"{error.instance_path}: {error.message[:80]}" for error in STATUS.iter_errors(status)] == [], where


class Spoiling:
    """A world whose workload Run:ai tells of as it is told to."""

    def __init__(self) -> None:
        self.world = World(a_resource())
        self.id = self.world.settle()
        self.answer = b""
        self.good = self.world.status

    def get(self) -> None:
        """From now on GET V2 answers `answer`."""

        async def answered(_: str) -> WorkloadView:
            return parse(CALL, Reply(200, {}, self.answer), WorkloadView)

        self.world.runai.get = answered  # type: ignore[method-assign]

    def list(self) -> bool:
        """Lists the row that `answer` is, if it is one."""
        try:
            self.world.connection.learn(parse(CALL, Reply(200, {}, self.answer), WorkloadDetailed))
        except RunaiError:
            return False
        return True

    def view(self) -> dict[str, Any]:
        told = self.world.runai.workloads[self.id].body()
        answer = whole(WorkloadView)
        answer["workload"]["metadata"] |= {key: each for key, each in told["metadata"].items() if each}
        return {**answer, "workload": {**answer["workload"], "rawManifest": told["rawManifest"]}}

    def row(self) -> dict[str, Any]:
        return {**whole(WorkloadDetailed), "id": self.id, "sourceApi": "WorkloadsV2", "phase": "Running"}


def test_an_odd_value_anywhere_in_a_workload_ends_in_a_status_that_is_taken() -> None:
    spoiling = Spoiling()
    world, kept = spoiling.world, spoiling.world.runai.get
    spoiling.get()
    for where, answer in spoiled(spoiling.view()):
        spoiling.answer = answer
        world.passes(1)
        world.connection.forget(spoiling.id)
        world.reconcile()
        assert_the_api_server_takes_it(world, where)
    assert world.runai.live() == [spoiling.id], "believed gone for an odd answer"
    world.runai.get = kept  # type: ignore[method-assign]
    world.passes(3600)
    world.becomes(spoiling.id, sync_status="Synced")
    world.reconcile(3)
    assert (world.ready["reason"], world.condition("Synced")["status"]) == ("Running", "True"), "it does not heal"


def test_an_odd_value_anywhere_in_a_row_ends_in_a_status_that_is_taken() -> None:
    spoiling = Spoiling()
    world = spoiling.world
    for where, answer in spoiled(spoiling.row()):
        spoiling.answer = answer
        world.connection.forget(spoiling.id)
        if spoiling.list():
            before = world.status
            world.passes(1)
            world.reconcile()
            if world.status is not before:
                assert_the_api_server_takes_it(world, where)
    assert world.runai.writes() == ["create trainer"], "written to for an odd row"
    world.passes(3600)
    world.connection.forget(spoiling.id)
    world.becomes(spoiling.id, sync_status="Synced")
    world.reconcile(3)
    assert world.ready["reason"] == "Running", "it does not heal"


@pytest.mark.parametrize("field", ["name", "projectName", "clusterId", "tenantId", "priority", "category"])
def test_a_text_without_bounds_in_the_answer_to_a_create_is_cut(field: str) -> None:
    world = World(a_resource())
    created = world.runai.create

    async def told(workload: Any) -> WorkloadV2:
        made = await created(workload)
        answer = made.model_dump(mode="json", by_alias=True)
        answer["metadata"][field] = LONG
        return WorkloadV2.model_validate_json(json.dumps(answer))

    world.runai.create = told  # type: ignore[method-assign]
    world.reconcile()
    assert_the_api_server_takes_it(world, field)
    assert world.status["workloadId"]


def test_what_is_said_of_a_phase_at_any_length_is_cut() -> None:
    spoiling = Spoiling()
    world = spoiling.world
    endpoint = {"url": "https://" + LONG, "host": LONG, "path": LONG, "protocol": LONG, "port": 443}
    row = {"phase": LONG, "phaseMessage": LONG, "urls": [LONG] * 100, "endpoints": [endpoint] * 100, "namespace": LONG}
    world.connection.learn(Workload.model_validate({**spoiling.row(), **row, "currentNodePools": [LONG] * 100}))
    world.reconcile()
    assert_the_api_server_takes_it(world, "lengths")
    assert world.ready["reason"] == "UnknownPhase"
