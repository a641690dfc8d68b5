"""Both sides in memory, behind the ports: a Kubernetes, a Run:ai that fails when told to, and a clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from runai_operator.api import names
from runai_operator.api.connection import RunaiConnectionSpec
from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Conflict, NotFound, RunaiError
from runai_operator.runai.models import Page, Project, Workload, WorkloadType, WorkloadV2, WorkloadView
from runai_operator.sync.claim import Claim
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.ports import Problem, Stale
from runai_operator.sync.reconcile import Next, Reconciler
from runai_operator.sync.resource import Key, Resource
from runai_operator.sync.stamp import unstamped
from tests.unit.sync.builders import CLUSTER, NAME, NAMESPACE, PROJECT, PROJECT_ID, AResource, AWorkload

WINDOW = 90.0
KEY = Key(NAMESPACE, NAME)
WRITES = ("create", "update", "delete", "suspend", "resume")


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=self.time)


class FakeKubernetes:
    """One namespace; `patches` are the writes in their order, `events` the reasons told."""

    def __init__(self) -> None:
        self.objects: dict[Key, Mapping[str, Any]] = {}
        self.labels: dict[str, str] = {}
        self.patches: list[str] = []
        self.events: list[str] = []
        self.crd: bool | Problem = True

    def put(self, resource: AResource) -> None:
        self.objects[resource.built.key] = resource.body

    def status(self, key: Key = KEY) -> Mapping[str, Any]:
        return self.objects[key].get("status") or {}

    async def fetch(self, key: Key) -> Resource | None:
        body = self.objects.get(key)
        return None if body is None else Resource(body)

    async def resources(self, namespaces: Sequence[str] = ()) -> AsyncIterator[Mapping[str, Any]]:  # noqa: ARG002 (there is one)
        for body in [*self.objects.values()]:
            yield body

    async def claim(self, resource: Resource, annotation: str) -> Resource:
        await asyncio.sleep(0)
        metadata = self._guarded(resource)["metadata"]
        finalizers = [*metadata.get("finalizers", ()), names.FINALIZER]
        annotations = {**(metadata.get("annotations") or {}), names.CLAIM: annotation}
        self._write(
            resource.key, "claim", metadata={"finalizers": [*dict.fromkeys(finalizers)], "annotations": annotations}
        )
        claimed = Resource(self.objects[resource.key])
        await asyncio.sleep(0)
        return claimed

    async def release(self, resource: Resource) -> None:
        metadata = self._guarded(resource)["metadata"]
        finalizers = [each for each in metadata.get("finalizers", ()) if each != names.FINALIZER]
        self._write(resource.key, "release", metadata={"finalizers": finalizers})
        if resource.deleting and not finalizers:
            del self.objects[resource.key]

    async def write_status(self, resource: Resource, status: Mapping[str, Any]) -> None:
        await asyncio.sleep(0)
        body = self.objects.get(resource.key)
        if body is None or body["metadata"]["uid"] != resource.uid or body.get("status") != resource.body.get("status"):
            raise Stale
        self._write(resource.key, "status", status=status)

    async def uninstalling(self) -> bool:
        """As `crd` says: it is there, it is not, or it may not be read."""
        if isinstance(self.crd, Problem):
            raise self.crd
        return not self.crd

    async def namespace_labels(self, namespace: str) -> Mapping[str, str]:  # noqa: ARG002 (there is one)
        return self.labels

    async def event(self, resource: Resource, reason: str, message: str, *, warning: bool = False) -> None:  # noqa: ARG002
        self.events.append(reason)

    def _guarded(self, resource: Resource) -> Mapping[str, Any]:
        body = self.objects.get(resource.key)
        if body is None or body["metadata"]["resourceVersion"] != resource.metadata["resourceVersion"]:
            raise Stale
        return body

    def _write(self, key: Key, what: str, *, metadata: Mapping[str, Any] | None = None, **changes: Any) -> None:
        body = self.objects[key]
        version = str(int(body["metadata"]["resourceVersion"]) + 1)
        self.objects[key] = {
            **body,
            **changes,
            "metadata": {**body["metadata"], **(metadata or {}), "resourceVersion": version},
        }
        self.patches.append(what)


class FakeRunai:
    """A client whose workloads live in `workloads`; `calls` are the requests in their order, as "get w-1".

    `blind`: our role shows no workload, though their projects; names stay taken. `shows_deleted`: GET V2 answers for
    what was deleted, too. `fails(verb, error)` lets the next
    such request fail, `committed=True` only after it was carried out.
    """

    def __init__(self) -> None:
        self.workloads: dict[str, AWorkload] = {}
        self.calls: list[str] = []
        self.projects = {PROJECT_ID: PROJECT}
        self.manifests: list[Mapping[str, Any]] = []
        self.updates: list[Mapping[str, Any]] = []
        self.kinds: tuple[WorkloadType, ...] = ()
        self.server_defaults: Mapping[str, Any] = {}
        self.blind = False
        self.shows_deleted = False
        self._failures: dict[str, list[tuple[RunaiError, bool]]] = {}
        self._created = 0

    def fails(self, verb: str, error: RunaiError, *, committed: bool = False) -> None:
        self._failures.setdefault(verb, []).append((error, committed))

    def holds(self, workload: AWorkload) -> None:
        self.workloads[workload.id] = workload

    def writes(self) -> list[str]:
        return [call for call in self.calls if call.split()[0] in WRITES]

    def live(self) -> list[str]:
        return [each.id for each in self.workloads.values() if each.deleted_at is None]

    async def create(self, workload: Any) -> WorkloadV2:
        failure = self._begin("create", workload.name)
        if any(each.name == workload.name and each.deleted_at is None for each in self.workloads.values()):
            raise Conflict("the name is taken", status=409)
        self._created += 1
        made = self._submitted(
            AWorkload(id=f"new-{self._created}", name=workload.name, phase="Pending"), workload.manifest
        )
        self._end(failure)
        return WorkloadV2.model_validate(made.body())

    async def get(self, workload_id: str) -> WorkloadView:
        self._end(self._begin("get", workload_id))
        held = self.workloads.get(workload_id)
        found = held if held is not None and self.shows_deleted and not self.blind else self._found(workload_id)
        if found.source_api != "WorkloadsV2":
            raise NotFound("no such workload", status=404)
        return found.view()

    async def update(self, workload_id: str, workload: Any) -> WorkloadV2:
        failure = self._begin("update", workload_id)
        self.updates.append(workload.body())
        made = self._submitted(self._found(workload_id), workload.manifest)
        self._end(failure)
        return WorkloadV2.model_validate(made.body())

    async def delete(self, workload_id: str) -> None:
        failure = self._begin("delete", workload_id)
        self.holds(self._found(workload_id).in_sync("Deleting"))
        self._end(failure)

    async def list(self, *, filter_by: Any = (), deleted: bool = False, **_: Any) -> Page:
        self._end(self._begin("list", "deleted" if deleted else " ".join(filter_by)))
        wanted = dict(each.split("==") for each in filter_by if "==" in each)
        seen = [] if self.blind else self.workloads.values()
        rows = [each.row() for each in seen if (each.deleted_at is not None) == deleted]
        rows = rows[::-1] if deleted else rows  # what was deleted last comes first, and was made last
        return Page(
            workloads=tuple(
                row
                for row in rows
                if wanted.get("name") in (None, row.name) and wanted.get("projectId") in (None, row.project_id)
            )
        )

    async def read(self, workload_id: str) -> Workload:
        self._end(self._begin("read", workload_id))
        return self._found(workload_id).row()

    async def endpoints(self, workload_id: str) -> tuple[()]:
        self._end(self._begin("endpoints", workload_id))
        return ()

    async def types(self, kind: str) -> tuple[WorkloadType, ...]:
        self._end(self._begin("types", kind))
        return self.kinds

    async def project(self, project_id: str) -> Project:
        self._end(self._begin("project", project_id))
        if project_id not in self.projects:
            raise NotFound("no such project", status=404)
        return Project(id=project_id, name=self.projects[project_id])

    def _submitted(self, before: AWorkload, manifest: Mapping[str, Any]) -> AWorkload:
        """What a write leaves behind; `server_defaults` are what the server makes of every manifest's spec."""
        self.manifests.append(manifest)
        bare = unstamped(manifest)
        held = {**bare, "spec": {**bare["spec"], **self.server_defaults}}
        stamp = replace(before, manifest=manifest, stamp=None).seen().stamp
        made = replace(before, manifest=held, stamp=stamp, sync_status="Queued")
        self.holds(made)
        return made

    def _found(self, workload_id: str) -> AWorkload:
        found = self.workloads.get(workload_id)
        if self.blind or found is None or found.deleted_at is not None:
            raise NotFound("no such workload", status=404)
        return found

    def _begin(self, verb: str, what: str) -> RunaiError | None:
        self.calls.append(f"{verb} {what}")
        failures = self._failures.get(verb)
        error, committed = failures.pop(0) if failures else (None, False)
        if error is not None and not committed:
            raise error
        return error

    @staticmethod
    def _end(failure: RunaiError | None) -> None:
        if failure is not None:
            raise failure


class FakeConnection:
    """A connection that lets everybody use every project, and whose fleet was swept."""

    def __init__(self, client: FakeRunai) -> None:
        self.client: Any = client
        self.spec = RunaiConnectionSpec.model_validate(
            {
                "url": "https://runai.example",
                "credentialsSecretRef": {"name": "x"},
                "access": [{"namespaceSelector": {}, "projects": {"names": ["*"]}}],
            }
        )
        self.swept = True
        self.tenant: str | None = None
        self.login = 1
        self.absence: str | None = None
        self.leaving = False
        self.rows: dict[str, Workload] = {}
        self.refusal: str | None = None
        self.unswept: set[str] = set()
        """Ids of which no sweep has shown yet that they are missing."""
        self.confirmed_gone: set[str] = set()
        """Ids of which a person said that they are gone."""

    def missed(self, workload_id: str) -> bool:
        return workload_id not in self.unswept

    def confirmed(self, workload_id: str) -> bool:
        return workload_id in self.confirmed_gone

    def row(self, workload_id: str) -> Workload | None:
        return self.rows.get(workload_id)

    def learn(self, row: Workload) -> None:
        self.rows[row.id] = row

    def forget(self, workload_id: str, *, deleted: bool = False) -> None:  # noqa: ARG002 (it counts nothing)
        self.rows.pop(workload_id, None)

    async def project(self, *, project_id: str | None, name: str | None, cluster_name: str | None) -> Project:  # noqa: ARG002
        for known, called in self.client.projects.items():
            if project_id == known or name == called:
                return Project(id=known, name=called)
        raise Problem(Reason.PROJECT_NOT_FOUND, f"no project {name}")

    async def suspend(self, workload_id: str) -> str | None:
        return self._asked("suspend", workload_id)

    async def resume(self, workload_id: str) -> str | None:
        return self._asked("resume", workload_id)

    def _asked(self, verb: str, workload_id: str) -> str | None:
        self.client.calls.append(f"{verb} {workload_id}")
        return self.refusal


class World:
    """A reconciler between both sides, and what a test does to them."""

    def __init__(self, resource: AResource, *, window: float = WINDOW) -> None:
        self.clock = Clock()
        self.window = window
        self.kubernetes = FakeKubernetes()
        self.runai = FakeRunai()
        self.connection = FakeConnection(self.runai)
        self.problem: Problem | None = None
        self.kubernetes.put(resource)
        self.restart()

    def find(self, name: str) -> FakeConnection:  # noqa: ARG002 (there is one)
        if self.problem is not None:
            raise self.problem
        return self.connection

    def restart(self, *, cluster: str = CLUSTER) -> None:
        """The operator stops, and another one starts that remembers nothing."""
        self.ledger = Ledger(window=self.window, now=self.clock)
        self._reconciler = Reconciler(self.kubernetes, self, self.ledger, cluster, now=self.clock.wall)

    def reconcile(self, times: int = 1, *, key: Key = KEY) -> Next:
        after = Next()
        for _ in range(times):
            after = asyncio.run(self._reconciler.reconcile(key))
        return after

    def reconcile_at_once(self, *keys: Key) -> None:
        """A round for each, side by side: one begins where another waits for Kubernetes."""

        async def rounds() -> None:
            await asyncio.gather(*(self._reconciler.reconcile(key) for key in keys))

        asyncio.run(rounds())

    def passes(self, seconds: float) -> None:
        self.clock.time += seconds

    def becomes(self, workload_id: str, **changes: Any) -> None:
        """Something happens to a workload in Run:ai, and a second later the poller lists it."""
        self.passes(1)
        moved = replace(self.runai.workloads[workload_id], updated_at=self.clock.wall().isoformat(), **changes)
        self.runai.holds(moved)
        self.connection.learn(moved.row())

    def vanishes(self, workload_id: str) -> None:
        self.runai.holds(self.runai.workloads[workload_id].deleted())
        self.connection.forget(workload_id)

    def change(self, **spec: Any) -> None:
        """The user applies another spec."""
        resource = self.resource
        self.kubernetes.put(resource.with_spec(**spec).of_generation(resource.metadata["generation"] + 1))

    def settle(self) -> str:
        """Let the first submission run and be told so; its id."""
        self.reconcile()
        (workload_id,) = self.runai.live()
        self.becomes(workload_id, sync_status="Synced", phase="Running")
        self.reconcile()
        assert self.ready["status"] == "True"
        return workload_id

    def forget_what_happened(self) -> None:
        self.runai.calls.clear()
        self.kubernetes.patches.clear()
        self.kubernetes.events.clear()

    @property
    def resource(self) -> AResource:
        return AResource(self.kubernetes.objects[KEY])

    @property
    def status(self) -> Mapping[str, Any]:
        return self.kubernetes.status()

    @property
    def claim(self) -> Claim:
        claim = self.resource.built.claim
        assert claim is not None
        return claim

    @property
    def ready(self) -> Mapping[str, Any]:
        return self.condition("Ready")

    def condition(self, kind: str) -> Mapping[str, Any]:
        condition = self.resource.built.condition(kind)
        assert condition is not None, f"no condition {kind}"
        return condition
