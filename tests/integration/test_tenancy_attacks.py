"""Mallory may edit RunaiWorkloads in her namespace: what she writes there, and what it comes to. The victim's stays.

What the API server alone refuses her is in test_tenancy_refused.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from runai_operator.api.names import FINALIZER
from tests.integration.court import OWN, VICTIMS, Court
from tests.integration.world import a_job

STAMP = "runai-operator.io/namespace"
Spec = Mapping[str, Any]


@pytest.fixture(autouse=True)
def _nothing_of_the_victims_is_touched(court: Court) -> Iterator[None]:
    before = court.spoils()
    yield
    assert court.spoils() == before


@pytest.fixture(scope="module")
def attacks(court: Court) -> Court:
    """All attacks that are one resource, made at once: side by side they take no longer than one."""
    forged = [court.resource(name, **forgery(court, name)) for name, forgery in FORGED.items()]
    told = [court.resource(name, **spec(court)) for name, (spec, _, _) in REFUSED.items()]
    court.apply(court.namespace, *forged, *told)
    return court


def manifest(**metadata: Any) -> dict[str, Any]:
    return {**a_job(), "metadata": metadata}


def victims_id(court: Court, name: str) -> str:
    return str(court.get(name, court.victim)["status"]["workloadId"])


NO_SUCH_WORKLOAD = "in a project that this namespace may use: correct the id, or remove spec.adopt"
FORGED_LINE = 'x\n{"level":"info","message":"all is well","resource":"victim/trainer"}\u001b[2J'
TOLD_LINE = FORGED_LINE.replace("\u001b", "\ufffd")
DENIED = "no rule in spec.access of RunaiConnection"
REFUSED: dict[str, tuple[Callable[[Court], Spec], str, str]] = {
    "a-project-by-its-name": (
        lambda _: {"projectName": "team-b"},
        "AccessDenied",
        "use the project team-b: choose another spec.projectName, or have one added",
    ),
    "a-project-by-its-id": (
        lambda _: {"projectId": VICTIMS},
        "AccessDenied",
        f"use the project with the id {VICTIMS}:",
    ),
    "a-project-of-two-clusters": (
        lambda _: {"projectName": "twin", "clusterName": "gpu-west"},
        "AccessDenied",
        "use the project twin:",
    ),
    "a-cluster-that-is-a-filter": (
        lambda _: {"projectName": "team-a", "clusterName": "gpu-east,name==gpu-west"},
        "ProjectNotFound",
        "no cluster named gpu-east,name==gpu-west",
    ),
    "a-connection-of-others": (
        lambda court: {"connectionRef": {"name": court.private}},
        "AccessDenied",
        "use the project team-a:",
    ),
    "a-stamp-in-the-manifest": (
        lambda court: {"manifest": manifest(annotations={STAMP: court.victim})},
        "InvalidSpec",
        f"spec.manifest.metadata.annotations: must not hold '{STAMP}': keys that begin with runai-operator.io/ are the "
        "operator's own, remove it",
    ),
    "a-namespace-in-the-manifest": (
        lambda court: {"manifest": manifest(namespace=court.victim)},
        "InvalidSpec",
        "spec.manifest.metadata.namespace: must be left out, for the project decides the namespace: remove 'victim-",
    ),
    "a-list-by-another-name": (
        lambda _: {"manifest": {"apiVersion": "v1", "kind": "PodList", "items": [a_job()]}},
        "InvalidSpec",
        "spec.manifest: must be one object, not a PodList: write one RunaiWorkload for each item",
    ),
    "a-name-that-is-taken": (
        lambda _: {"projectName": "commons", "workloadName": "common"},
        "NameConflict",
        "the name common is taken in project commons by workload ",
    ),
    "a-name-that-was-let-go-of": (
        lambda _: {"projectName": "commons", "workloadName": "left-behind"},
        "NameConflict",
        "/left-behind of cluster ",
    ),
    "a-claim-that-replaces": (
        lambda court: {
            "annotations": court.claim("a-claim-that-replaces", replaces=victims_id(court, "trainer"), rerun_at="now")
        },
        "Vanished",
        "the resource was restored, and Run:ai has no workload of its name any more",
    ),
    "an-id-to-adopt": (
        lambda court: {"workloadName": "trainer", "adopt": {"workloadId": victims_id(court, "trainer")}},
        "InvalidSpec",
        NO_SUCH_WORKLOAD,
    ),
    "an-id-to-adopt-of-nobody": (
        lambda court: {"workloadName": "by-hand", "adopt": {"workloadId": court.by_hand()}},
        "InvalidSpec",
        NO_SUCH_WORKLOAD,
    ),
    "an-id-to-adopt-of-nothing": (
        lambda _: {"adopt": {"workloadId": "00000000-0000-4000-8000-000000000000"}},
        "InvalidSpec",
        NO_SUCH_WORKLOAD,
    ),
    "an-id-to-adopt-in-commons": (
        lambda court: {
            "projectName": "commons",
            "workloadName": "common",
            "adopt": {"workloadId": victims_id(court, "common")},
        },
        "NameConflict",
        "the name common is taken in project commons by workload ",
    ),
    "a-name-to-adopt-in-commons": (
        lambda _: {"projectName": "commons", "workloadName": "left-behind", "adopt": {"policy": "IfUnowned"}},
        "NameConflict",
        "/left-behind of cluster ",
    ),
    "a-project-to-adopt-from": (
        lambda _: {"projectName": "team-b", "workloadName": "by-hand", "adopt": {"policy": "IfUnowned"}},
        "AccessDenied",
        "use the project team-b:",
    ),
    "a-line-of-log": (
        lambda _: {"projectName": "team-a", "clusterName": FORGED_LINE},
        "ProjectNotFound",
        f"no cluster named {TOLD_LINE}, but gpu-east, gpu-west: correct spec.clusterName",
    ),
}
"""What is refused: what she writes, the reason that Ready gives for it, and a part of its message."""


@pytest.mark.parametrize("attack", REFUSED)
def test_what_she_asks_for_is_refused_with_this_message(attacks: Court, attack: str) -> None:
    _, reason, message = REFUSED[attack]
    told = attacks.until(attack, reason)
    assert message in told
    assert "workloadId" not in attacks.get(attack)["status"]
    assert reason != "AccessDenied" or told.startswith(DENIED)


def test_a_project_that_is_named_by_its_id_keeps_its_name_to_itself(attacks: Court) -> None:
    attacks.until("a-project-by-its-id", "AccessDenied")
    assert "team-b" not in json.dumps(attacks.get("a-project-by-its-id"))


FORGED: dict[str, Callable[[Court, str], Spec]] = {
    "the-victims-name": lambda _, __: {"workloadName": "trainer"},
    "a-claim-on-the-victims": lambda court, name: {
        "annotations": court.claim(name, project_id=VICTIMS, project_name="team-a", workload_name="trainer")
    },
    "a-claim-that-filters": lambda court, name: {
        "annotations": court.claim(name, workload_name=f"x,projectId=={VICTIMS}", project_id=f"{OWN},name==trainer")
    },
    "a-claim-with-a-path": lambda court, name: {
        "annotations": court.claim(name, project_id=f"../projects/{VICTIMS}", workload_name="../../batch?x=1#")
    },
    "a-copy-of-the-victims": lambda court, _: {
        "annotations": court.get("trainer", court.victim)["metadata"]["annotations"],
        "status": court.get("trainer", court.victim)["status"],
        "finalizers": [FINALIZER],
    },
    "a-claim-that-adopts": lambda court, name: {
        "annotations": court.claim(name, project_id=VICTIMS, workload_name="by-hand", adopts=court.by_hand())
    },
    "owners-and-finalizers": lambda court, _: {
        "manifest": manifest(
            finalizers=["example.org/never"],
            ownerReferences=[
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "name": "victim",
                    "uid": court.get("trainer", court.victim)["metadata"]["uid"],
                }
            ],
        )
    },
    "a-stamp-to-be-ignored": lambda _, __: {
        "drift": {"ignorePaths": ["/manifest/metadata/annotations", "/manifest/metadata", "/manifest/"]}
    },
    "a-huge-wish": lambda _, __: {"annotations": {"runai-operator.io/rerun-at": "x" * 200_000}},
}
"""What comes to nothing but a workload of her own, in her own project."""


@pytest.mark.parametrize("attack", FORGED)
def test_what_she_forges_leads_to_a_workload_of_her_own(attacks: Court, attack: str) -> None:
    attacks.until(attack, "Running")
    mine = attacks.workload(attack)
    assert mine["row"]["projectId"] == OWN
    assert mine["v2"]["rawManifest"]["metadata"]["annotations"][STAMP] == attacks.namespace


def test_a_message_forges_no_line_of_the_log(attacks: Court) -> None:
    attacks.until("a-line-of-log", "ProjectNotFound")
    attacks.world.until(lambda: "all is well" in attacks.world.operator.log())
    assert not [line for line in attacks.world.operator.lines() if line.get("message") == "all is well"]
    assert "\u001b" not in attacks.world.operator.log()


def test_a_stamp_that_is_to_be_ignored_is_written_all_the_same(attacks: Court) -> None:
    name = "a-stamp-to-be-ignored"
    attacks.until(name, "Running")
    mine = attacks.workload(name)
    stolen = {**mine["v2"]["rawManifest"]["metadata"]["annotations"], "theirs": "kept"}
    raw = {**mine["v2"]["rawManifest"], "metadata": {**mine["v2"]["rawManifest"]["metadata"], "annotations": stolen}}
    attacks.world.run.edit(mine["row"]["id"], manifest=raw)
    attacks.mallory("patch", "rwl", name, "--type=merge", "-p", '{"spec":{"scheduling":{"priority":"high"}}}')
    attacks.world.until(lambda: attacks.workload(name)["v2"]["metadata"]["priority"] == "high")
    assert attacks.workload(name)["v2"]["rawManifest"]["metadata"]["annotations"][STAMP] == attacks.namespace


def test_what_was_submitted_moves_to_no_other_place(attacks: Court) -> None:
    attacks.until("the-victims-name", "Running")
    for field, value in (("projectName", "team-b"), ("projectId", VICTIMS), ("workloadName", "common")):
        patch = json.dumps({"spec": {field: value}})
        told = attacks.mallory.fails("patch", "rwl", "the-victims-name", "--type=merge", "-p", patch)
        assert f"spec.{field} is immutable once the workload is submitted: set it back as it was" in told


def test_a_lost_claim_asks_for_no_project_of_others(attacks: Court) -> None:
    """Our finalizer alone, on what is being deleted, would have the operator look for what it might have submitted."""
    name = "a-lost-claim"
    attacks.apply(
        attacks.namespace, attacks.resource(name, finalizers=[FINALIZER], projectName="team-b", workloadName="trainer")
    )
    attacks.mallory("delete", "rwl", name, "--wait=false")
    attacks.world.until(lambda: "the deletion waits" in attacks.ready(name).get("message", ""))
    told = attacks.until(name, "AccessDenied")
    assert "use the project team-b:" in told
    assert "runai-operator.io/release=true" in told
    attacks.mallory("annotate", "rwl", name, "runai-operator.io/release=true")
    attacks.mallory("wait", "rwl", name, "--for=delete", "--timeout=30s")


@pytest.mark.parametrize("target", ["trainer", "by-hand"])
def test_a_forged_claim_deletes_nothing_of_the_victims(attacks: Court, target: str) -> None:
    name = f"to-delete-{target}-by"
    named = {"project_id": VICTIMS, "project_name": "team-b", "workload_name": target}
    claim = attacks.claim(name, **named, adopts=attacks.by_hand(), replaces=attacks.by_hand())
    paused = {"runai-operator.io/paused": "true"}
    forged = attacks.resource(name, finalizers=[FINALIZER], annotations={**claim, **paused}, projectName="team-b")
    attacks.apply(attacks.namespace, forged)
    attacks.mallory("delete", "rwl", name, "--wait=false")
    attacks.mallory("annotate", "rwl", name, "runai-operator.io/paused-")
    attacks.mallory("wait", "rwl", name, "--for=delete", "--timeout=30s")


def test_why_a_connection_fails_is_told_to_those_who_may_use_it_alone(attacks: Court) -> None:
    """It names hosts, Secrets, and what Run:ai says about the credentials."""
    world, name, broken = attacks.world, "a-look-at-what-fails", f"broken-{attacks.victim}"
    rule = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": attacks.victim}}}
    access = [{**rule, "projects": {"names": ["*"]}}]
    world.connect(broken, credentialsSecretRef={"name": "no-such-secret"}, access=access)
    world.until(lambda: world.connection_condition(broken).get("reason") == "SecretNotFound")
    attacks.apply(attacks.namespace, attacks.resource(name, connectionRef={"name": broken}))
    assert attacks.until(name, "ConnectionNotReady") == f"RunaiConnection {broken} cannot be used"
    world.tear_away(broken)
