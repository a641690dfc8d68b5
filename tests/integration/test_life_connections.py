"""The life of a connection: its tenant, a rotated Secret, its deletion, and a fleet that vanishes."""

from __future__ import annotations

import json

from tests.integration.test_fault_away import (
    apply_all,
    events,
    gone,
    ready_count,
    settled,
    versions,
    wait_for_connection,
)
from tests.integration.watching import Watching
from tests.integration.world import World

MANY = [f"w{number}" for number in range(12)]
SUBMISSIONS = [f"w{number}" for number in range(50)]
ROTATED = {"clientId": "demo", "clientSecret": "rotated"}
FAILED = {"RunaiUnavailable", "NotPermitted", "ConnectionNotReady", "ConnectionNotFound", "OutcomeUnknown", "Rejected"}


def tell(world: World, name: str, reason: str) -> None:
    world.until(lambda: world.condition("Ready", name).get("reason") == reason)


def fleet_of_many(world: World) -> dict[str, str]:
    """Many that run, on a connection that is swept each second; their workload ids."""
    world.secret()
    world.connect(polling={"interval": "1s", "fullInterval": "1s"})
    world.operator.start()
    apply_all(world, MANY)
    world.until(lambda: ready_count(world) == len(MANY))
    return {name: world.status(name)["workloadId"] for name in MANY}


def look_again_at_all(world: World) -> None:
    """Until each was reconciled once more."""
    for name in ("trainer", "new"):
        world.annotate(name, "runai-operator.io/reconcile-at=now")
        world.until(lambda name=name: world.status(name).get("lastHandledReconcileAt") == "now")


def connection_gone(world: World) -> bool:
    return world.connection not in world.kubectl("get", "rcon", "-o", "name")


def test_credentials_of_another_tenant_write_nothing_until_those_of_before_are_back(world: World) -> None:
    settled(world, "trainer")
    assert world.kubectl.json("get", "rcon", world.connection)["status"]["tenantId"] == "1001"
    world.run.settings(tenant_id=2002, client_secret="rotated")
    world.secret(**ROTATED)
    world.run.revoke_tokens()
    wait_for_connection(world, "TenantChanged")
    world.submit("new")
    world.submit(scheduling={"priority": "high"})
    tell(world, "new", "ConnectionNotReady")
    assert "tenant 1001" in world.condition("Ready", "new")["message"]
    world.operator.stop()
    world.run.reset_requests()
    world.operator.start()
    world.until(lambda: world.run.requests()["byOperation"].get("get_clusters"))
    look_again_at_all(world)
    assert world.run.writes() == []
    assert world.connection_condition()["reason"] == "TenantChanged"

    world.run.settings(tenant_id=1001, client_secret="demo-secret")
    world.secret()
    wait_for_connection(world, "Connected")
    world.until_ready("new")
    world.until_ready("trainer")
    assert len(world.run.writes("create_workload_v2")) == 1
    assert len(world.run.writes("update_workload_v2")) == 1


def test_many_that_vanish_at_once_are_neither_made_again_nor_let_go_of_until_they_are_listed_again(
    bare_world: World,
) -> None:
    world = bare_world
    before = fleet_of_many(world)
    world.run.settings(blind=True)
    wait_for_connection(world, "MassAbsence")
    written, told = len(world.run.writes()), versions(world)
    world.submit("new")
    tell(world, "new", "MassAbsence")
    world.kubectl("delete", "rwl", "w0", "--wait=false", namespace=world.namespace)
    tell(world, "w0", "MassAbsence")
    world.operator.stop()
    world.operator.start()
    world.polls(3)
    assert world.connection_condition()["reason"] == "MassAbsence"
    assert not gone(world, "w0")
    assert len(world.run.writes()) == written
    assert {name: versions(world)[name] for name in MANY[1:]} == {name: told[name] for name in MANY[1:]}

    world.run.settings(blind=False)
    wait_for_connection(world, "Connected")
    world.until(lambda: gone(world, "w0"))
    world.until_ready("new")
    assert {name: world.status(name)["workloadId"] for name in MANY[1:]} == {name: before[name] for name in MANY[1:]}
    assert len(world.run.writes("create_workload_v2")) == len(MANY) + 1


def test_many_that_vanished_while_no_operator_ran_are_made_again_once_a_person_says_that_they_are_gone(
    bare_world: World,
) -> None:
    world = bare_world
    before = fleet_of_many(world)
    assert world.operator.stop() == 0
    for workload_id in before.values():
        world.run.act(workload_id, "delete")
    world.until(lambda: all(world.run.workload(each)["deleted"] for each in before.values()))
    written = len(world.run.writes())
    world.operator.start()
    wait_for_connection(world, "MassAbsence")
    assert f"{len(MANY)} of {len(MANY)}" in world.connection_condition()["message"]
    world.polls(3)
    assert len(world.run.writes()) == written

    world.kubectl("annotate", "rcon", world.connection, "runai-operator.io/confirm-absence=yes")
    world.until(lambda: ready_count(world) == len(MANY) and not {*before.values()} & ids(world))
    wait_for_connection(world, "Connected")
    assert len(world.run.writes("create_workload_v2")) == 2 * len(MANY)
    assert world.kubectl.json("get", "rcon", world.connection)["status"]["lastHandledConfirmAbsence"] == "yes"


def ids(world: World) -> set[str]:
    path = "{.items[*].status.workloadId}"
    return {*world.kubectl("get", "rwl", "-o", f"jsonpath={path}", namespace=world.namespace).split()}


def test_a_connection_that_is_deleted_serves_what_it_holds_and_goes_with_the_last(world: World) -> None:
    settled(world, "trainer")
    (workload,) = world.workloads()
    world.kubectl("delete", "rcon", world.connection, "--wait=false")
    wait_for_connection(world, "Deleting")
    assert "waits for 1 RunaiWorkload " in world.connection_condition()["message"]
    world.kubectl("delete", "secret", "runai-credentials", namespace=world.namespace)
    world.run.revoke_tokens()
    world.submit("new")
    tell(world, "new", "ConnectionNotReady")
    assert "is being deleted" in world.condition("Ready", "new")["message"]
    world.submit(scheduling={"priority": "high"})
    world.until(lambda: len(world.run.writes("update_workload_v2")) == 1)
    world.until_ready()
    assert not connection_gone(world)
    world.kubectl("delete", "rwl", "trainer", "--timeout=20s", namespace=world.namespace)
    world.until(lambda: connection_gone(world))
    assert world.run.workload(workload["row"]["id"])["deleted"]
    assert len(world.run.writes("create_workload_v2")) == 1


def test_a_connection_that_nobody_uses_goes_at_once(world: World) -> None:
    wait_for_connection(world, "Connected")
    world.submit("never", projectName="nobody-knows-it")
    tell(world, "never", "ProjectNotFound")
    world.kubectl("delete", "rcon", world.connection, "--timeout=10s")
    tell(world, "never", "ConnectionNotFound")


def test_a_secret_that_is_rotated_under_fifty_submissions_fails_none_of_them(bare_world: World) -> None:
    world = bare_world
    world.secret()
    world.connect(limits={"requestsPerSecond": 50, "maxConcurrent": 8})
    world.operator.start()
    wait_for_connection(world, "Connected")
    with world.watching() as watching:
        apply_all(world, SUBMISSIONS)
        world.until(lambda: len(world.run.writes("create_workload_v2")) >= 5)
        world.secret(**ROTATED)
        world.run.settings(client_secret="rotated")
        world.run.revoke_tokens()
        at_the_rotation = len(world.run.writes("create_workload_v2"))
        world.until(lambda: ready_count(world) == len(SUBMISSIONS))
        reasons = {reason for name in SUBMISSIONS for reason in reasons_of(world, name, watching)}

    assert at_the_rotation < len(SUBMISSIONS), "rotated too late to show anything"
    counted = world.run.requests()["byStatus"]
    failed = {each: statuses for each, statuses in counted.items() if {*statuses} - {"200", "202", "401"}}
    assert failed == {}
    assert "401" in {status for statuses in counted.values() for status in statuses}, "the old token was still in use"
    assert counted["grant_token_v2"] == {"200": 2}
    made = [each for each in world.run.writes("create_workload_v2") if each["status"] == 202]
    assert sorted(each["body"]["metadata"]["name"] for each in made) == sorted(SUBMISSIONS)
    assert reasons & FAILED == set()
    assert {each["reason"] for each in events(world, "RunaiConnection", world.connection)} == {"Connected"}


def reasons_of(world: World, name: str, watching: Watching) -> set[str]:
    """Every reason that its Ready ever gave."""
    conditions = [each.get("status", {}).get("conditions", ()) for each in world.history(name, watching)]
    return {each["reason"] for told in conditions for each in told if each["type"] == "Ready"}


def test_the_status_of_a_connection_tells_no_secret(world: World) -> None:
    wait_for_connection(world, "Connected")
    world.secret(clientId="demo", clientSecret="hush-hush")
    world.kubectl("annotate", "rcon", world.connection, "look=now")
    world.until(lambda: "of before stay in use" in world.connection_condition()["message"])
    assert world.connection_condition()["status"] == "True"
    assert "hush-hush" not in json.dumps(world.kubectl.json("get", "rcon", world.connection))
    assert "hush-hush" not in world.operator.log()
    world.submit()
    world.until_ready()
