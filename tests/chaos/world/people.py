"""What people do: users in a cluster, and whoever works in Run:ai's own interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runai_operator.api.names import (
    API_VERSION,
    CONFIRM_ABSENCE,
    CONNECTION_KIND,
    FINALIZER,
    GROUP,
    WORKLOAD_KIND,
    WORKLOADS_CRD,
)
from tests.chaos.world.apiserver import ApiServer, Body, Ref, merged
from tests.chaos.world.kubernetes import CRD, NAMESPACE, SECRET
from tests.chaos.world.operator import OWN_NAMESPACE
from tests.chaos.world.runai import URL, Runai

CRD_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
LAB, TRAINER = "lab", "trainer"
CONNECTION = "default"
CLIENT = "demo"
"""The application whose credentials are the first, of the home tenant."""
_CREDENTIALS = Ref(SECRET, OWN_NAMESPACE, "runai-credentials")
_CONNECTION = Ref(CONNECTION_KIND, "", CONNECTION)
TEAM_A, TEAM_B = "4501", "4502"
"""Projects that the simulator begins with."""
Note = Callable[[str, str], None]


def a_job(parallelism: int = 1) -> dict[str, Any]:
    return {"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": parallelism}}


class Users:
    """Whoever may edit in one cluster. `note` writes their deeds down; `excuse` is told the name of a resource that
    they took away by force: its workload is nobody's fault."""

    def __init__(self, server: ApiServer, note: Note, excuse: Callable[[str], None]) -> None:
        self._server = server
        self._note = note
        self._excuse = excuse
        self._replaced: set[str] = set()

    def names(self) -> list[str]:
        """Of the resources that there are."""
        return [ref.name for ref in self._server.objects if ref.kind == WORKLOAD_KIND]

    def delete_connection(self) -> None:
        self._told("deletes the connection")
        self._server.delete(_CONNECTION)

    def connected(self) -> bool:
        return _CONNECTION in self._server.objects

    def tenant(self) -> str | None:
        """The one that the connection is pinned to."""
        return (self._server.get(_CONNECTION).get("status") or {}).get("tenantId")

    def connection_reason(self) -> str | None:
        """Why the connection is usable, or is not."""
        conditions = (self._server.get(_CONNECTION).get("status") or {}).get("conditions") or ()
        return next((each["reason"] for each in conditions if each["type"] == "Ready"), None)

    def rotate(self, client_id: str = CLIENT) -> None:
        """The Secret holds the credentials of that application from now on."""
        self._told(f"puts the credentials of {client_id} into the Secret")
        self._server.merge_patch(_CREDENTIALS, {"data": {"clientId": client_id}})

    def confirm_absence(self, value: str) -> None:
        """Says that the workloads that are missing are gone; another value each time."""
        self._told(f"confirms that what is missing is gone: {value}")
        self._server.merge_patch(_CONNECTION, {"metadata": {"annotations": {CONFIRM_ABSENCE: value}}})

    def connect(self, **spec: Any) -> None:
        """The CRD, the connection with its credentials, and a namespace that may use every project."""
        self._server.create(Ref(CRD, "", WORKLOADS_CRD), {"metadata": {"finalizers": [CRD_FINALIZER]}})
        self._server.create(Ref(NAMESPACE, "", LAB), {"metadata": {"labels": {"runai/queue": "team-a"}}})
        self._server.create(
            _CREDENTIALS,
            {"data": {"clientId": CLIENT, "clientSecret": "demo-secret"}},
        )
        whole = {
            "url": URL,
            "credentialsSecretRef": {"name": "runai-credentials"},
            "access": [{"namespaceSelector": {}, "projects": {"names": ["*"]}}],
            "polling": {"interval": "10s", "fullInterval": "60s"},
            **spec,
        }
        body = {"apiVersion": API_VERSION, "kind": CONNECTION_KIND, "spec": whole}
        self._server.create(_CONNECTION, body)

    def get(self, name: str = TRAINER) -> Body | None:
        return self._server.objects.get(_ref(name))

    def create(self, name: str = TRAINER, *, annotations: Mapping[str, str] | None = None, **spec: Any) -> None:
        """Apply a new RunaiWorkload; a Job by default."""
        self._told(f"creates {name}", spec)
        metadata = {"annotations": {f"{GROUP}/{key}": value for key, value in (annotations or {}).items()}}
        body = {"apiVersion": API_VERSION, "kind": WORKLOAD_KIND, "metadata": metadata}
        given = {key: value for key, value in spec.items() if value is not None}
        self._server.create(_ref(name), {**body, "spec": {"manifest": a_job(), **given}})

    def edit(self, name: str = TRAINER, **spec: Any) -> None:
        """Change fields of the spec; None takes one away."""
        self._told(f"edits {name}", spec)
        self._server.merge_patch(_ref(name), {"spec": spec})

    def annotate(self, name: str = TRAINER, **annotations: str | None) -> None:
        """`rerun_at="1"` sets runai-operator.io/rerun-at."""
        self._told(f"annotates {name}", annotations)
        ours = {f"{GROUP}/{key.replace('_', '-')}": value for key, value in annotations.items()}
        self._server.merge_patch(_ref(name), {"metadata": {"annotations": ours}})

    def delete(self, name: str = TRAINER) -> None:
        """At once where a replace took our finalizer away and nobody has put it back: then the workload is left."""
        self._told(f"deletes {name}")
        metadata = self._server.get(_ref(name))["metadata"]
        if metadata["uid"] in self._replaced and FINALIZER not in (metadata.get("finalizers") or ()):
            self._excuse(name)
        self._server.delete(_ref(name))

    def replace(self, name: str = TRAINER, **spec: Any) -> None:
        """`kubectl replace` with a file that knows nothing of our annotations and finalizers."""
        self._told(f"replaces {name}", spec)
        before = self._server.get(_ref(name))
        self._replaced.add(before["metadata"]["uid"])
        bare = {key: value for key, value in before.items() if key not in ("metadata", "status")}
        self._server.replace(_ref(name), {**bare, "metadata": {}, "spec": merged(before["spec"], spec)})

    def uninstall(self) -> None:
        """Deletes the CRD: the API server marks it, and then deletes every resource."""
        self._told("deletes the CRD of RunaiWorkloads")
        self._server.delete(Ref(CRD, "", WORKLOADS_CRD))
        for ref in [ref for ref in self._server.objects if ref.kind == WORKLOAD_KIND]:
            self._server.delete(ref)

    def lose(self, name: str = TRAINER) -> Body:
        """The object is gone without a trace, as when etcd is lost; what a backup of it would say."""
        backup = self._server.get(_ref(name))
        self._told(f"loses {name}")
        self._server.merge_patch(_ref(name), {"metadata": {"finalizers": None}})
        self._excuse(name)
        self._server.delete(_ref(name))
        return backup

    def restore(self, backup: Body, name: str = TRAINER, *, status: bool = False) -> None:
        """From a backup, as Velero does: another uid, and no status, unless its restoreStatus says so."""
        self._told(f"restores {name}{' with its status' if status else ''}")
        self._server.create(_ref(name), backup)
        if status:
            self._server.patch_status(_ref(name), [{"op": "add", "path": "/status", "value": backup["status"]}])

    def _told(self, deed: str, fields: Mapping[str, Any] | None = None) -> None:
        how = ", ".join(f"{key}={value!r}" for key, value in (fields or {}).items())
        self._note("user", f"{deed}{f': {how}' if how else ''}")


class Staff:
    """Whoever works in Run:ai's interface, and what happens to workloads there by itself."""

    def __init__(self, runai: Runai, note: Note) -> None:
        self._runai = runai
        self._note = note

    def does(self, action: str, workload_id: str) -> None:
        """suspend, resume, delete, complete, fail or fail-sync."""
        self._note("Run:ai", f"by hand: {action} {workload_id}")
        self._runai.control("POST", f"/workloads/{workload_id}/{action}", {"message": "by hand"})

    def edits(self, workload_id: str, **changes: Any) -> None:
        """manifest, priority, category."""
        self._note("Run:ai", f"by hand: edit {workload_id}: {changes}")
        self._runai.control("PUT", f"/workloads/{workload_id}", changes)

    def hides(self, *projects: str) -> None:
        """From now on our application's role covers these projects no more, and all others."""
        self._note("Run:ai", f"the role covers all projects{' but ' + ', '.join(projects) if projects else ''}")
        self._runai.control("PUT", "/settings", {"hidden_projects": [*projects]})

    def blinds(self, *, blind: bool = True) -> None:
        """From now on our application's role shows no workload, though projects; or it shows all again."""
        self._note("Run:ai", f"the role shows {'no workload any more' if blind else 'workloads again'}")
        self._runai.control("PUT", "/settings", {"blind": blind})

    def makes(self, name: str, project_id: str, *, foreign: bool = False, **more: Any) -> str:
        """A workload of somebody else's; its id."""
        self._note("Run:ai", f"somebody makes {name} in project {project_id}")
        body = {"name": name, "projectId": project_id, "foreign": foreign, **more}
        return str(self._runai.control("POST", "/workloads", body)["v2"]["metadata"]["id"])


def _ref(name: str) -> Ref:
    return Ref(WORKLOAD_KIND, LAB, name)
