"""Applications as a user has them: declared by a manifest, watched and acted upon through argocd-server."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

import httpx

from tests.control_plane import ControlPlane, Kubectl, KubectlFailed
from tests.demo.stage import REPOSITORY, read
from tests.e2e.argocd.programs import NAMESPACE, Programs
from tests.e2e.checks import CommandFailed

APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{NAMESPACE}/applications"
NOT_FOUND = 404
EXAMPLE = REPOSITORY / "deploy" / "argocd" / "example"
(EXAMPLE_APPLICATION,) = read(EXAMPLE / "application.yaml")
RETRY = {
    **EXAMPLE_APPLICATION["spec"]["syncPolicy"]["retry"],
    "backoff": {"duration": "2s", "factor": 2, "maxDuration": "15s"},
}
"""As in the example of the kit, but for its pauses."""


def declared(name: str, repository: str, path: str, project: str) -> dict[str, Any]:
    """An Application that keeps its own namespace equal to a folder of the repository; the namespace belongs to a
    project of Run:ai."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": repository, "targetRevision": "main", "path": path},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": ["CreateNamespace=true", "ServerSideApply=true"],
                "managedNamespaceMetadata": {"labels": {"runai/queue": project}},
                "retry": RETRY,
            },
        },
    }


@dataclass(frozen=True)
class Argo:
    """Asks the API server and argocd-server, and tells argocd-server what to do."""

    plane: ControlPlane
    programs: Programs

    def found(self, name: str) -> dict[str, Any] | None:
        """The Application, None where there is none."""
        return find(self.plane, f"{APPLICATIONS}/{name}")

    def all(self) -> dict[str, dict[str, Any]]:
        return {each["metadata"]["name"]: each for each in self.plane.read(APPLICATIONS)["items"]}

    def standing(self, name: str) -> tuple[str, str, str]:
        """Health, sync status, and the phase of the last sync; ("", "", "") before they are told."""
        status = (self.found(name) or {}).get("status", {})
        operation = status.get("operationState", {})
        return (
            status.get("health", {}).get("status", ""),
            status.get("sync", {}).get("status", ""),
            operation.get("phase", ""),
        )

    def health(self, name: str) -> str:
        return self.standing(name)[0]

    def revision(self, name: str) -> str:
        """Of git, that was compared last."""
        return str((self.found(name) or {}).get("status", {}).get("sync", {}).get("revision", ""))

    def sync(self, name: str) -> tuple[str, str]:
        """When the last sync began, and what is told of it. Attempts of one sync have one beginning."""
        operation = (self.found(name) or {}).get("status", {}).get("operationState", {})
        return operation.get("startedAt", ""), operation.get("message", "")

    def began(self, name: str) -> str:
        return self.sync(name)[0]

    def succeeded(self, name: str) -> list[str]:
        """When each sync began that went through, and was of the whole application."""
        history = (self.found(name) or {}).get("status", {}).get("history", [])
        return [each["deployStartedAt"] for each in history]

    def health_of(self, name: str, resource: str) -> tuple[str, str]:
        """What our Lua says of one resource, status and message, as the user interface shows it."""
        nodes = self._ask(f"/api/v1/applications/{name}/resource-tree").get("nodes") or []
        told: dict[str, str] = next((node.get("health", {}) for node in nodes if node["name"] == resource), {})
        return told.get("status", ""), told.get("message", "")

    def refresh(self, name: str, *, hard: bool = False) -> None:
        """Have git and cluster compared now, as a webhook would; returns when they were. A hard one renders what is in
        git anew, too, past all caches.

        A sync can end before Argo CD has seen what it wrote: then all seems out of sync, and is synced once more. What
        is settled after a refresh is settled.
        """
        self._ask(f"/api/v1/applications/{name}?refresh={'hard' if hard else 'normal'}")

    def actions(self, name: str, resource: str) -> dict[str, bool]:
        """By name, whether each is offered."""
        told = json.loads(self.command("app", "actions", "list", name, *_kind(resource), "--out", "json"))
        return {each["Action"]: not each["Disabled"] for each in told or []}  # null, where there is no action

    def act(self, name: str, action: str, resource: str) -> None:
        self.command("app", "actions", "run", name, action, *_kind(resource))

    def confirm(self, name: str) -> None:
        """Confirm what its resources want confirmed before they are pruned."""
        self.command("app", "confirm-deletion", name)

    def terminate(self, name: str) -> None:
        """End the sync that is under way, whatever it waits for."""
        self.command("app", "terminate-op", name)

    def command(self, *args: str) -> str:
        """What `argocd` prints. Raises CommandFailed when it refuses."""
        command = self.programs.command_line(*args)
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise CommandFailed(f"argocd {' '.join(args)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _ask(self, path: str) -> dict[str, Any]:
        answer = httpx.get(f"http://{self.programs.address}{path}", timeout=60, trust_env=False)
        answer.raise_for_status()
        return dict(answer.json())


def apply(kubectl: Kubectl, application: dict[str, Any]) -> None:
    kubectl("apply", "--server-side", "-f", "-", input=application)


def find(plane: ControlPlane, path: str) -> dict[str, Any] | None:
    """The object at a path of the API server, None where there is none."""
    status, body = plane.reader.ask("GET", path)
    if status == NOT_FOUND:
        return None
    if status != httpx.codes.OK:
        raise KubectlFailed(("get", "--raw", path), body.decode(errors="replace"))
    return dict(json.loads(body))


def _kind(resource: str) -> list[str]:
    return ["--kind", "RunaiWorkload", "--resource-name", resource]
