"""Finding the project that is meant, once for many resources that mean the same."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.engine import Clock
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import NotFound, Rejected
from runai_operator.runai.models import Project
from runai_operator.sync.ports import Problem

KEPT = 60.0
"""Seconds for which a project that was found is believed to be there; nothing is kept of one that was not."""


class Projects:
    """Projects by id, or by name and cluster."""

    def __init__(self, client: RunaiClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._found: dict[tuple[str | None, ...], tuple[float, Project]] = {}

    async def find(self, *, project_id: str | None, name: str | None, cluster_name: str | None) -> Project:
        """Raises Problem where there is no such project, or several; RunaiError where nobody can tell."""
        key = (project_id, name, cluster_name)
        kept = self._found.get(key)
        if kept is not None and self._clock.monotonic() - kept[0] < KEPT:
            return kept[1]
        project = await (self._by_id(project_id) if project_id else self._by_name(name or "", cluster_name))
        self._found[key] = self._found[(project.id, None, None)] = (self._clock.monotonic(), project)
        return project

    async def _by_id(self, project_id: str) -> Project:
        try:
            return await self._client.project(project_id)
        except (NotFound, Rejected):
            message = f"Run:ai knows no project with the id {project_id}: correct spec.projectId"
            raise Problem(Reason.PROJECT_NOT_FOUND, message) from None

    async def _by_name(self, name: str, cluster_name: str | None) -> Project:
        found = [project for project in await self._client.projects(name=name) if project.name == name]
        if cluster_name is not None:
            cluster_id = await self._cluster(cluster_name)
            found = [project for project in found if project.cluster_id == cluster_id]
        if not found:
            where = f" in the cluster {cluster_name}" if cluster_name else ""
            message = (
                f"Run:ai shows these credentials no project named {name}{where}: correct spec.projectName, or the "
                "namespace's label runai/queue, or create the project"
            )
            raise Problem(Reason.PROJECT_NOT_FOUND, message)
        if len(found) > 1:
            message = f"{len(found)} projects are named {name}: set spec.clusterName, or spec.projectId"
            raise Problem(Reason.PROJECT_AMBIGUOUS, message)
        return found[0]

    async def _cluster(self, name: str) -> str:
        clusters = await self._client.clusters()
        ids = [cluster.uuid for cluster in clusters if cluster.name == name]
        if len(ids) > 1:
            message = f"{len(ids)} clusters are named {name}: set spec.projectId instead of spec.clusterName"
            raise Problem(Reason.PROJECT_AMBIGUOUS, message)
        if ids:
            return ids[0]
        known = ", ".join(sorted(cluster.name for cluster in clusters)) or "none"
        message = f"Run:ai shows these credentials no cluster named {name}, but {known}: correct spec.clusterName"
        raise Problem(Reason.PROJECT_NOT_FOUND, message)
