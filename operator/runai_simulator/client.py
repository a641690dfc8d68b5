"""A client of the control API, for tests and demonstrations. One method, one request."""

from typing import Any

import httpx


class ControlClient:
    """Speaks to /control of a simulator; raises httpx.HTTPStatusError when it refuses."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/control", timeout=30, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def settings(self, **changes: Any) -> dict[str, Any]:
        return self._changed("/settings", changes)

    def switches(self, **changes: Any) -> dict[str, Any]:
        """All switches, after these changes: `switches(put="merge")`."""
        return self._changed("/switches", changes)

    def times(self, **changes: float | None) -> dict[str, Any]:
        """All times, after these changes: `times(deleting=5)`. They hold for what happens from now on."""
        return self._changed("/times", changes)

    def advance(self, seconds: float) -> None:
        self._ask("POST", "/clock", {"advance": seconds})

    def revoke_tokens(self) -> None:
        self._ask("DELETE", "/tokens")

    def add_fault(self, kind: str, **fault: Any) -> str:
        """`add_fault("cut", operation="create_workload_v2", when="after", count=1)`; returns its id."""
        return str(self._ask("POST", "/faults", {"kind": kind, **fault})["id"])

    def faults(self) -> dict[str, Any]:
        return self._object("GET", "/faults")

    def remove_fault(self, id_: str) -> None:
        self._ask("DELETE", f"/faults/{id_}")

    def clear_faults(self) -> None:
        self._ask("DELETE", "/faults")

    def fail_sync(self, message: str, *, name: str | None = None, count: int | None = None) -> None:
        """What is applied next fails: workloads of this name, or the next so many."""
        self._ask("POST", "/sync-failures", {"message": message, "name": name, "count": count})

    def clear_sync_failures(self) -> None:
        self._ask("DELETE", "/sync-failures")

    def requests(self) -> dict[str, Any]:
        """{total, byOperation, byStatus, peakInFlight} since the start or the last reset."""
        return self._object("GET", "/requests")

    def reset_requests(self) -> None:
        """Empties counters, log and writes."""
        self._ask("DELETE", "/requests")

    def log(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/log")["requests"])

    def writes(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Every write received, oldest first: {at, operation, method, path, query, body, status}."""
        found = self._ask("GET", "/writes")["writes"]
        return [write for write in found if operation in (None, write["operation"])]

    def workloads(self, name: str | None = None) -> list[dict[str, Any]]:
        """Everything, foreign and deleted too: {row, v2, syncInfo, foreign, deleted, byHand} each."""
        found = self._ask("GET", "/workloads")["workloads"]
        return [workload for workload in found if name in (None, workload["row"]["name"])]

    def workload(self, id_: str) -> dict[str, Any]:
        return self._object("GET", f"/workloads/{id_}")

    def history(self, id_: str) -> list[dict[str, Any]]:
        """Every state that it was in, oldest first: as `workload` tells it, and `since` when."""
        return list(self._ask("GET", f"/workloads/{id_}/history")["history"])

    def create_foreign(self, name: str, project_id: str, **more: Any) -> dict[str, Any]:
        """A workload that somebody made otherwise; with `foreign=False`, through V2."""
        return self._object("POST", "/workloads", {"name": name, "projectId": project_id, **more})

    def edit(self, id_: str, **changes: Any) -> dict[str, Any]:
        return self._object("PUT", f"/workloads/{id_}", changes)

    def act(self, id_: str, action: str, **more: Any) -> dict[str, Any]:
        """suspend, resume, delete, complete, fail, phase (phase=...), fail-sync (message=...), sync."""
        return self._object("POST", f"/workloads/{id_}/{action}", more)

    def vanish(self, id_: str) -> None:
        """No trace is left of it."""
        self._ask("DELETE", f"/workloads/{id_}")

    def add_cluster(self, name: str) -> str:
        return str(self._ask("POST", "/clusters", {"name": name})["uuid"])

    def clusters(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/clusters")["clusters"])

    def rename_cluster(self, id_: str, name: str) -> None:
        self._ask("PUT", f"/clusters/{id_}", {"name": name})

    def remove_cluster(self, id_: str) -> None:
        self._ask("DELETE", f"/clusters/{id_}")

    def projects(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", "/projects")["projects"])

    def add_project(self, name: str, cluster_id: str, **more: Any) -> str:
        return str(self._ask("POST", "/projects", {"name": name, "clusterId": cluster_id, **more})["id"])

    def rename_project(self, id_: str, name: str) -> None:
        self._ask("PUT", f"/projects/{id_}", {"name": name})

    def remove_project(self, id_: str) -> None:
        self._ask("DELETE", f"/projects/{id_}")

    def reset(self) -> None:
        """As freshly started; tokens stay good."""
        self._ask("DELETE", "/state")

    def _changed(self, path: str, changes: dict[str, Any]) -> dict[str, Any]:
        return self._object("PUT", path, changes)

    def _object(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        response = self._http.request(method, path, json=body)
        response.raise_for_status()
        return response.json() if response.content else None
