"""A person said that what was missing is gone: that is kept where it counts, so that no later operator asks again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runai_operator.kube.index import Index
from runai_operator.sync.reconcile import PATIENCE
from tests.unit.sync.builders import a_resource
from tests.unit.sync.fakes import KEY, World


def is_paused(world: World) -> None:
    world.kubernetes.put(world.resource.paused())


def is_denied(world: World) -> None:
    access(world, [])


def is_invalid(world: World) -> None:
    world.change(manifest={"apiVersion": "batch/v1"})


def lost_its_project(world: World) -> None:
    world.runai.projects.clear()


def access(world: World, rules: list[object]) -> None:
    spec = world.connection.spec.model_dump(by_alias=True, mode="json")
    world.connection.spec = world.connection.spec.model_validate({**spec, "access": rules})


UNSEEN = pytest.mark.parametrize("so", [is_paused, is_denied, is_invalid, lost_its_project])
"""What keeps a resource from being told anew how its workload is."""


@pytest.fixture
def world() -> World:
    return World(a_resource())


def awaited(world: World) -> frozenset[str]:
    """What a sweep of the next operator should find."""
    index = Index()
    index.put(world.kubernetes.objects[KEY])
    return index.awaited_on("default")[1]


def missing(world: World, so: Callable[[World], None]) -> str:
    """Known to run, and stopped; then gone in Run:ai, which was told on the connection alone."""
    first = world.settle()
    so(world)
    world.reconcile()
    world.passes(PATIENCE)
    world.reconcile()
    world.vanishes(first)
    return first


def confirmed(world: World, workload_id: str) -> None:
    world.connection.confirmed_gone.add(workload_id)
    world.reconcile()
    world.passes(PATIENCE)
    world.reconcile()
    world.forget_what_happened()


@UNSEEN
def test_until_then_it_is_awaited(world: World, so: Callable[[World], None]) -> None:
    assert awaited(world) == frozenset()
    assert awaited(world) | {missing(world, so)} == awaited(world)


@UNSEEN
def test_from_then_on_it_is_awaited_no_more_and_still_recorded(world: World, so: Callable[[World], None]) -> None:
    first = missing(world, so)
    confirmed(world, first)
    assert awaited(world) == frozenset()
    assert world.status["workloadId"] == first
    world.restart()
    world.connection.confirmed_gone.clear()
    world.reconcile(3)
    assert awaited(world) == frozenset()
    assert (world.kubernetes.patches, world.runai.writes()) == ([], [])


def test_paused_no_more_it_is_made_anew(world: World) -> None:
    confirmed(world, missing(world, is_paused))
    world.kubernetes.put(world.resource.annotated(paused="false"))
    world.reconcile(3)
    assert world.runai.writes() == ["create trainer"]


def test_denied_and_deleted_it_is_let_go_of(world: World) -> None:
    confirmed(world, missing(world, is_denied))
    world.kubernetes.put(world.resource.deleting())
    world.reconcile(2)
    assert KEY not in world.kubernetes.objects


def test_one_that_is_seen_after_all_is_awaited_again(world: World) -> None:
    """The person was wrong."""
    first = world.settle()
    alive = world.runai.workloads[first]
    is_paused(world)
    world.reconcile()
    world.connection.forget(first)
    confirmed(world, first)
    world.kubernetes.put(world.resource.annotated(paused="false"))
    world.connection.confirmed_gone.clear()
    world.connection.learn(alive.row())
    world.reconcile(2)
    assert awaited(world) == {first}
    assert (world.status["phase"], world.runai.writes()) == ("Running", [])
