"""Answers that are lost, late or wrong: never a second workload, never one that nobody owns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.world import World, a_job

CREATE, UPDATE, DELETE = "create_workload_v2", "update_workload_v2", "delete_workload_v2"
TOO_LATE = 3.0
"""Seconds, beyond the operator's request timeout in these tests."""

FAULTS: dict[str, dict[str, Any]] = {
    "cut before the commit": {"kind": "cut"},
    "cut after the commit": {"kind": "cut", "when": "after"},
    "cut midway through the answer": {"kind": "cut", "when": "after", "midway": True},
    "503 before the commit": {"kind": "status", "status": 503, "body": "html"},
    "502 after the commit": {"kind": "status", "status": 502, "body": "html", "when": "after"},
    "500 of Run:ai itself after the commit": {"kind": "status", "status": 500, "when": "after"},
    "200 and nothing, after the commit": {"kind": "status", "status": 200, "body": "empty", "when": "after"},
    "a timeout before the commit": {"kind": "latency", "seconds": TOO_LATE},
    "a timeout after the commit": {"kind": "latency", "seconds": TOO_LATE, "when": "after"},
}
NAMES = {f"w{number}": fault for number, fault in enumerate(FAULTS.values())}


def strike(world: World, operation: str, fault: dict[str, Any]) -> None:
    """The next request of this operation, and that one alone."""
    world.run.add_fault(operation=operation, count=1, **fault)


def until_struck(world: World) -> None:
    world.until(lambda: not world.run.faults())


def image(workload: dict[str, Any]) -> str:
    return str(workload["v2"]["rawManifest"]["spec"]["template"]["spec"]["containers"][0]["image"])


def resources(world: World) -> list[str]:
    return [*world.resources()]


def test_a_lost_answer_to_a_create_never_makes_a_second_workload(world: World) -> None:
    for name, fault in NAMES.items():
        strike(world, CREATE, fault)
        world.submit(name)
        until_struck(world)
    for name in NAMES:
        world.until_ready(name)
        (workload,) = world.run.workloads(name)
        assert workload["row"]["id"] == world.status(name)["workloadId"]


def test_a_create_without_answer_says_so_and_waits(world: World) -> None:
    world.run.times(list_delay=3.0)
    strike(world, CREATE, FAULTS["cut after the commit"])
    world.submit()
    world.until(lambda: world.condition("Ready").get("reason") == "OutcomeUnknown")
    assert world.condition("Ready")["status"] == "Unknown"
    assert world.condition("Synced")["status"] == "Unknown"
    world.until_ready()
    assert len(world.run.writes(CREATE)) == 1


def test_deleted_after_a_lost_answer_it_leaves_no_orphan(world: World) -> None:
    """Also when the workload shows in no list for a while."""
    world.run.times(list_delay=2.0)
    for name, fault in NAMES.items():
        strike(world, CREATE, fault)
        world.submit(name)
        until_struck(world)
        world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)
    world.until(lambda: not resources(world))
    assert [each["row"]["name"] for each in world.run.workloads() if not each["deleted"]] == []


def test_a_lost_answer_to_an_update_ends_in_what_the_spec_says(world: World) -> None:
    for name in NAMES:
        world.submit(name)
    for name in NAMES:
        world.until_ready(name)
    for name, fault in NAMES.items():
        strike(world, UPDATE, fault)
        world.submit(name, manifest=a_job(image="trainer:2"))
        until_struck(world)
    for name in NAMES:
        world.until_ready(name)
        (workload,) = world.run.workloads(name)
        assert image(workload) == "trainer:2"


@pytest.mark.parametrize("lost", ["cut after the commit", "503 before the commit"])
def test_after_an_unanswered_update_synced_waits_until_the_outcome_is_certain(world: World, lost: str) -> None:
    world.submit()
    world.until_ready()
    strike(world, UPDATE, FAULTS[lost])
    world.submit(manifest=a_job(image="trainer:2"))
    world.until(lambda: world.condition("Synced").get("reason") == "OutcomeUnknown")
    world.until_ready()
    (workload,) = world.run.workloads("trainer")
    assert image(workload) == "trainer:2"
    assert world.condition("Synced")["status"] == "True"


def test_a_lost_answer_to_a_delete_leaves_nothing_behind(world: World) -> None:
    for name in NAMES:
        world.submit(name)
    for name in NAMES:
        world.until_ready(name)
    for name, fault in NAMES.items():
        strike(world, DELETE, fault)
        world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)
        until_struck(world)
    world.until(lambda: not resources(world))
    assert [each["row"]["name"] for each in world.run.workloads() if not each["deleted"]] == []


def test_a_share_of_lost_answers_everywhere_converges_all_the_same(bare_world: World) -> None:
    """With seconds enough for a write that is under way: a machine that has much to do may hold one up."""
    world = bare_world.with_settings(settle_margin=10)
    world.secret()
    world.connect()
    world.operator.start()
    names = [f"w{number}" for number in range(12)]
    world.run.add_fault("cut", share=0.15, when="after")
    world.run.add_fault("status", status=503, share=0.15)
    for name in names:
        world.submit(name)
    for name in names:
        world.submit(name, manifest=a_job(image="trainer:2"))
    for name in names[::2]:
        world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)
    world.until(lambda: len(resources(world)) == 6, within=180)
    world.run.clear_faults()
    for name in names[1::2]:
        world.until_ready(name)
    living = {each["row"]["name"]: image(each) for each in world.run.workloads() if not each["deleted"]}
    assert living == dict.fromkeys(names[1::2], "trainer:2"), told_of(world, {*living} - {*names[1::2]})
    assert len(world.run.workloads()) <= len(names)


def told_of(world: World, names: set[str]) -> str:
    """All that Run:ai was asked about what should be gone, and what the operator says of it."""
    asked = [json.dumps(each) for each in world.run.log()]
    lines = [json.dumps(each) for each in world.operator.lines()]
    ids = {each["row"]["id"] for each in world.run.workloads() if each["row"]["name"] in names}
    return "\n".join(line for line in (*asked, *lines) if any(each in line for each in (*names, *ids)))
