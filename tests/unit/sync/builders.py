"""Resources, workloads and situations that read as sentences; every step gives a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from runai_operator.api import names
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.runai.models import Workload, WorkloadView
from runai_operator.sync.claim import Claim
from runai_operator.sync.desired import Desired, desire
from runai_operator.sync.names import Names
from runai_operator.sync.reading import newest
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import Observed, Ownership, Present, Situation
from runai_operator.sync.stamp import Owner, Stamp, stamped

CLUSTER = "cluster-1"
NAMESPACE, NAME, UID = "lab", "trainer", "uid-1"
PROJECT_ID, PROJECT = "p-1", "team-a"
WORKLOAD_ID = "w-1"
OWNER = Owner(CLUSTER, NAMESPACE, NAME, UID)
STRANGER = Owner("cluster-2", "attic", "trainer")
MANIFEST: dict[str, Any] = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 1}}
LONG_AGO = "2026-01-01T00:00:00Z"
SINCE, LATER = "2026-01-02T00:00:00Z", "2026-06-01T00:00:00Z"
"""After a resource was made: a workload of it, and what was made of a backup."""


@dataclass(frozen=True)
class AResource:
    """A RunaiWorkload in the making; `built` is what the operator reads."""

    body: Mapping[str, Any]

    @property
    def built(self) -> Resource:
        return Resource(self.body)

    @property
    def metadata(self) -> Mapping[str, Any]:
        return self.built.metadata

    @property
    def status(self) -> Mapping[str, Any]:
        return self.built.status

    def with_metadata(self, **changes: Any) -> AResource:
        return AResource({**self.body, "metadata": {**self.metadata, **changes}})

    def with_spec(self, **changes: Any) -> AResource:
        """The spec in its wire spelling; None takes a field away."""
        spec = {**self.body["spec"], **changes}
        return AResource({**self.body, "spec": {key: value for key, value in spec.items() if value is not None}})

    def with_status(self, **changes: Any) -> AResource:
        status = {**self.status, **changes}
        return AResource({**self.body, "status": {key: value for key, value in status.items() if value is not None}})

    def annotated(self, **annotations: str) -> AResource:
        """By the name behind our prefix, with _ for -."""
        more = {f"{names.GROUP}/{key.replace('_', '-')}": value for key, value in annotations.items()}
        return self.with_metadata(annotations={**(self.metadata.get("annotations") or {}), **more})

    def of_generation(self, generation: int) -> AResource:
        return self.with_metadata(generation=generation)

    def finalizer_of(self, *finalizers: str) -> AResource:
        return self.with_metadata(finalizers=[*finalizers])

    def claimed(self, **changes: Any) -> AResource:
        return self.finalizer_of(names.FINALIZER).annotated(claim=a_claim(**changes).dump())

    def replacing(self, workload_id: str = WORKLOAD_ID, **changes: Any) -> AResource:
        return self.claimed(replaces=workload_id, **changes)

    def submitted(self, workload_id: str = WORKLOAD_ID, *, digest: str | None = None) -> AResource:
        return self.with_status(
            workloadId=workload_id,
            workloadName=NAME,
            projectId=PROJECT_ID,
            projectName=PROJECT,
            digest=digest or desired_of(self.built).digest,
        )

    def settled(self, *, updated_at: str = LONG_AGO) -> AResource:
        """Told to be where it should be, for this very spec."""
        told = {"observedGeneration": self.built.generation, "lastTransitionTime": LONG_AGO, "message": ""}
        return self.with_status(
            observedGeneration=self.built.generation,
            phase="Running",
            syncInfo={"status": "Synced", "updatedAt": updated_at},
            conditions=[
                {"type": "Ready", "status": "True", "reason": "Running", **told},
                {"type": "Succeeded", "status": "Unknown", "reason": "NotFinished", **told},
                {"type": "Synced", "status": "True", "reason": "Synced", **told},
            ],
        )

    def stalled(self, reason: str, *, generation: int = 1) -> AResource:
        told = {"type": "Stalled", "status": "True", "reason": reason, "lastTransitionTime": LONG_AGO}
        told["observedGeneration"] = generation
        return self.with_status(conditions=[*self.status.get("conditions", ()), told])

    def deleting(self) -> AResource:
        return self.with_metadata(deletionTimestamp=LONG_AGO)

    def released(self) -> AResource:
        return self.annotated(release="true")

    def orphaned(self) -> AResource:
        return self.with_spec(deletionPolicy="Orphan")

    def paused(self) -> AResource:
        return self.annotated(paused="true")

    def asked_to_rerun(self, value: str = "again") -> AResource:
        return self.annotated(rerun_at=value)


def a_resource(*, namespace: str = NAMESPACE, name: str = NAME, uid: str = UID) -> AResource:
    """A resource as the user applied it: nothing of ours on it yet."""
    return AResource(
        {
            "apiVersion": names.API_VERSION,
            "kind": names.WORKLOAD_KIND,
            "metadata": {
                "namespace": namespace,
                "name": name,
                "uid": uid,
                "generation": 1,
                "resourceVersion": "1",
                "creationTimestamp": LONG_AGO,
            },
            "spec": {"projectName": PROJECT, "manifest": MANIFEST},
        }
    )


def a_claim(**changes: Any) -> Claim:
    claim = Claim(
        namespace=NAMESPACE,
        name=NAME,
        uid=UID,
        workload_name=NAME,
        project_id=PROJECT_ID,
        project_name=PROJECT,
        fixed={"preemptibility": None, "mnnvl": None},
    )
    return replace(claim, **changes)


def a_spec(**fields: Any) -> RunaiWorkloadSpec:
    """A spec in its wire spelling, with a manifest unless one is given."""
    return RunaiWorkloadSpec.model_validate({"projectName": PROJECT, "manifest": MANIFEST, **fields})


def desired_of(resource: Resource) -> Desired:
    spec = RunaiWorkloadSpec.model_validate(resource.body["spec"])
    return desire(spec, name=spec.workload_name or resource.key.name, project_id=PROJECT_ID)


DESIRED = desired_of(a_resource().built)
STAMP = Stamp(OWNER, DESIRED.digest)


@dataclass(frozen=True)
class AWorkload:
    """A workload in the making: by default ours, submitted from the spec as it is, applied and running."""

    id: str = WORKLOAD_ID
    name: str = NAME
    manifest: Mapping[str, Any] | None = None
    stamp: Stamp | None = STAMP
    sync_status: str | None = "Synced"
    sync_message: str = ""
    phase: str = "Running"
    phase_message: str = ""
    desired_phase: str = "Running"
    updated_at: str = LONG_AGO
    created_at: str | None = SINCE
    completed_at: str | None = None
    deleted_at: str | None = None
    source_api: str = "WorkloadsV2"
    metadata: Mapping[str, Any] | None = None

    def called(self, workload_id: str) -> AWorkload:
        return replace(self, id=workload_id)

    def submitted_from(self, desired: Desired) -> AWorkload:
        return replace(self, manifest=desired.manifest, stamp=Stamp(OWNER, desired.digest))

    def of_another_digest(self) -> AWorkload:
        return replace(self, stamp=Stamp(OWNER, "another digest"))

    def of(self, owner: Owner) -> AWorkload:
        return replace(self, stamp=Stamp(owner, DESIRED.digest))

    def without_stamp(self) -> AWorkload:
        return replace(self, stamp=None)

    def edited(self, **spec: Any) -> AWorkload:
        """By hand, in the manifest's spec; the stamp stays."""
        manifest = self.manifest or DESIRED.manifest
        return replace(self, manifest={**manifest, "spec": {**manifest["spec"], **spec}})

    def with_metadata(self, **metadata: Any) -> AWorkload:
        return replace(self, metadata={**(self.metadata or {}), **metadata})

    def in_sync(self, status: str | None, message: str = "") -> AWorkload:
        return replace(self, sync_status=status, sync_message=message)

    def in_phase(self, phase: str, message: str = "") -> AWorkload:
        return replace(self, phase=phase, phase_message=message)

    def stopped(self) -> AWorkload:
        return replace(self, phase="Stopped", desired_phase="Stopped")

    def updated(self, at: str) -> AWorkload:
        return replace(self, updated_at=at)

    def made_through(self, api: str) -> AWorkload:
        return replace(self, source_api=api)

    def deleted(self) -> AWorkload:
        return replace(self, deleted_at=LONG_AGO)

    def body(self) -> dict[str, Any]:
        """The workload as V2 answers it."""
        manifest = dict(self.manifest or DESIRED.manifest)
        return {
            "metadata": {
                "id": self.id,
                "name": self.name,
                "projectId": PROJECT_ID,
                "projectName": PROJECT,
                "gvk": {"kind": manifest.get("kind", "")},
                "updatedAt": self.updated_at,
                "deletedAt": self.deleted_at,
                **(self.metadata or {}),
            },
            "desiredPhase": self.desired_phase,
            "rawManifest": stamped(manifest, self.stamp) if self.stamp else manifest,
        }

    def view(self) -> WorkloadView:
        info = None if self.sync_status is None else {"status": self.sync_status, "message": self.sync_message}
        return WorkloadView.model_validate({"workload": self.body(), "syncInfo": info})

    def row(self) -> Workload:
        metadata = self.body()["metadata"]
        return Workload.model_validate(
            {
                **{key: metadata[key] for key in ("id", "name", "projectId", "projectName")},
                "phase": self.phase,
                "phaseMessage": self.phase_message,
                "createdAt": self.created_at,
                "updatedAt": self.updated_at,
                "completedAt": self.completed_at,
                "deletedAt": self.deleted_at,
                "sourceApi": self.source_api,
            }
        )

    def seen(self, ownership: Ownership = Ownership.OURS, *, owner: str = "") -> Present:
        """Observed with a fresh GET V2, and as listed."""
        view, row = self.view(), self.row()
        return Present(self.id, ownership, view, row, owner, newest(view, row))

    def listed(self) -> Present:
        """Observed in the list only: nothing called for a GET V2."""
        return Present(self.id, Ownership.OURS, row=self.row())


def a_workload() -> AWorkload:
    return AWorkload()


def a_situation(of: AResource, observed: Observed, **changes: Any) -> Situation:
    """Everything gathered for a resource whose spec is valid and whose names are known."""
    resource = of.built
    spec = RunaiWorkloadSpec.model_validate(resource.body["spec"])
    situation = Situation(
        resource=resource,
        observed=observed,
        spec=spec,
        desired=desired_of(resource),
        names=Names(spec.workload_name or resource.key.name, PROJECT_ID, PROJECT),
    )
    return replace(situation, **changes)
