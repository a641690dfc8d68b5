"""The operator's own chart, by the example of the kit: Argo CD renders it with Helm, keeps it, and lets go of it.

Played last: it takes over the CRDs that all else lives by. No kubelet runs here, so the Deployment never gets ready,
and health is not asked for.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from tests.demo.stage import REPOSITORY, read
from tests.e2e.argocd.applications import EXAMPLE, apply, find
from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import API, PROJECT, World

(APPLICATION,) = read(EXAMPLE / "operator.yaml")
APP, TEAM, KEPT, OWN = "runai-operator", "chart-team", "kept-without-chart", "operator-by-argocd"
CRDS = {f"{kind}.runai-operator.io" for kind in ("runaiconnections", "runaiworkloads")}
CHART = APPLICATION["spec"]["source"]["path"]
REPLICAS = 3
DONE = ("Synced", "Succeeded")
HELD = 45.0
"""Seconds in which Argo CD compares anew at least twice (programs.RESYNC)."""


def show(world: World) -> None:
    check = world.checks
    _a_workload(world)
    world.repository.commit_folder("the chart", CHART, REPOSITORY / CHART)
    apply(world.kubectl, application(world, {}))
    check.eventually("Argo CD renders the chart, and syncs all of it", lambda: _synced(world), DONE)
    check.equal("the CRDs are part of it", _managed(world) & CRDS, CRDS)
    before = _what_stays(world)
    _nothing_differs(world)
    _a_value_arrives(world)
    _crds_leave_the_chart(world, before)
    _removed(world, before)


def application(world: World, values: dict[str, Any]) -> dict[str, Any]:
    """The example, of this run's repository, in a namespace of its own, and with a finalizer; `values` besides those
    that it has."""
    body = deepcopy(APPLICATION)
    body["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]
    body["spec"]["destination"]["namespace"] = OWN
    source = body["spec"]["source"]
    source.update(repoURL=world.repository.url, targetRevision="main")
    source["helm"]["valuesObject"].update(values)
    return body


def _a_workload(world: World) -> None:
    namespace = {
        "metadata": {"name": TEAM, "labels": {"runai/queue": PROJECT}},
        "apiVersion": "v1",
        "kind": "Namespace",
    }
    world.kubectl("apply", "--server-side", "-f", "-", input=namespace)
    world.kubectl("apply", "--server-side", "-f", "-", input=workload(KEPT), namespace=TEAM)
    world.checks.eventually("a workload runs", lambda: world.ready(TEAM, KEPT).get("reason"), "Running")


def _nothing_differs(world: World) -> None:
    check, began = world.checks, world.argo.began(APP)
    world.argo.refresh(APP, hard=True)
    check.stays(
        "after a hard refresh nothing differs, and nothing is synced",
        lambda: (_out_of_sync(world), world.argo.began(APP)),
        (set(), began),
        seconds=HELD,
    )


def _a_value_arrives(world: World) -> None:
    apply(world.kubectl, application(world, {"replicas": REPLICAS}))
    world.argo.refresh(APP)
    world.checks.eventually("a changed value arrives", lambda: _replicas(world), REPLICAS)
    world.checks.eventually("and is synced", lambda: _synced(world), DONE)


def _crds_leave_the_chart(world: World, before: dict[str, str]) -> None:
    """helm.sh/resource-policy is heeded when an application is deleted, and not when a sync prunes. By default Argo CD
    does not track CRDs, and so prunes none; where it tracks by label, as it did before version 3, it goes by the one
    that Helm's charts set themselves.
    """
    check = world.checks
    _sync_without_crds(world)
    check.equal("not tracked, the CRDs stay, and the workload with them", _what_stays(world), before)
    apply(world.kubectl, application(world, {}))
    world.argo.refresh(APP)
    check.eventually("back in the chart, they are Synced", lambda: _managed(world) & CRDS, CRDS)
    by_label = json.dumps({"data": {"application.resourceTrackingMethod": "label"}})
    world.kubectl("patch", "configmap", "argocd-cm", "--type=merge", "-p", by_label, namespace="argocd")
    _sync_without_crds(world)
    check.eventually("tracked by label, the CRDs are told as superfluous", lambda: _out_of_sync(world), CRDS)
    check.stays("and stay, with the workload", lambda: _what_stays(world), before, seconds=HELD)


def _sync_without_crds(world: World) -> None:
    began = world.argo.began(APP)
    apply(world.kubectl, application(world, {"crds": {"install": False}, "replicas": REPLICAS + 1}))
    world.argo.refresh(APP)
    world.checks.eventually(
        "a sync of the chart without its CRDs, which prunes, goes through",
        lambda: (world.argo.began(APP) > began, world.argo.standing(APP)[2], _replicas(world)),
        (True, "Succeeded", REPLICAS + 1),
    )


def _removed(world: World, before: dict[str, str]) -> None:
    check = world.checks
    world.kubectl("delete", "application", APP, "--wait=false", namespace="argocd")
    check.eventually("removed with its finalizer, the application is gone", lambda: world.argo.found(APP), None)
    check.eventually("and its Deployment", lambda: _deployment(world), None)
    check.equal("CRDs and workloads are the same as before", _what_stays(world), before)
    check.equal("and run in Run:ai", world.phase(KEPT), ["Running"])


def _synced(world: World) -> tuple[str, str]:
    """Without its health."""
    return world.argo.standing(APP)[1:]


def _resources(world: World) -> list[dict[str, Any]]:
    return list((world.argo.found(APP) or {}).get("status", {}).get("resources", []))


def _managed(world: World) -> set[str]:
    return {each["name"] for each in _resources(world)}


def _out_of_sync(world: World) -> set[str]:
    return {each["name"] for each in _resources(world) if each["status"] != "Synced"}


def _deployment(world: World) -> dict[str, Any] | None:
    return find(world.stage.control_plane, f"/apis/apps/v1/namespaces/{OWN}/deployments/{APP}")


def _replicas(world: World) -> int:
    return int((_deployment(world) or {}).get("spec", {}).get("replicas", 0))


def _what_stays(world: World) -> dict[str, str]:
    """The uids of the CRDs and of all RunaiWorkloads, and the id in Run:ai of this chapter's."""
    plane = world.stage.control_plane
    crds = (find(plane, f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}") or {} for name in CRDS)
    found = [*crds, *plane.read(f"{API}/runaiworkloads")["items"]]
    uids = {each["metadata"]["uid"]: each["metadata"]["name"] for each in found if each}
    return {**uids, world.id_of(KEPT): KEPT}
