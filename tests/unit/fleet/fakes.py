"""A Run:ai of a few rows, for the parts that only read lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from runai_operator.runai.errors import NotFound, RunaiError
from runai_operator.runai.models import BatchResult, Cluster, Page, Project, Workload

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_row(id_: str, phase: str = "Running", *, minute: int = 0) -> Workload:
    """A row that last changed so many minutes past noon."""
    at = NOON + timedelta(minutes=minute)
    return Workload.model_validate({"id": id_, "phase": phase, "phaseUpdatedAt": at, "updatedAt": at})


class FakeRunai:
    """Answers as told, and keeps what it was asked."""

    def __init__(self, *rows: Workload) -> None:
        self.rows = list(rows)
        self.asked: list[dict[str, Any]] = []
        self.batches: list[tuple[str, list[str]]] = []
        self.refuses: dict[str, str] = {}
        self.failing: RunaiError | None = None
        self.known_projects: list[Project] = []
        self.known_clusters: list[Cluster] = []
        self.page_size = 500

    async def list(self, **query: Any) -> Page:
        self.asked.append(query)
        if self.failing is not None:
            raise self.failing
        begin = query["offset"]
        rows = self.rows[begin : begin + self.page_size]
        more = begin + self.page_size < len(self.rows)
        return Page(workloads=tuple(rows), next=begin + self.page_size if more else None)

    async def batch(self, action: str, ids: list[str]) -> BatchResult:
        self.batches.append((action, ids))
        if self.failing is not None:
            raise self.failing
        failed = [{"id": each, "code": 400, "message": self.refuses[each]} for each in ids if each in self.refuses]
        done = [each for each in ids if each not in self.refuses]
        return BatchResult.model_validate({"succeeded": done, "failed": failed})

    async def project(self, project_id: str) -> Project:
        self.asked.append({"project": project_id})
        for each in self.known_projects:
            if each.id == project_id:
                return each
        raise NotFound("no such project", status=404)

    async def projects(self, *, name: str) -> tuple[Project, ...]:
        self.asked.append({"projects": name})
        return tuple(each for each in self.known_projects if each.name == name)

    async def clusters(self) -> tuple[Cluster, ...]:
        return tuple(self.known_clusters)

    @property
    def sweeps(self) -> int:
        return sum(query.get("sort_by") == "createdAt" and query["offset"] == 0 for query in self.asked)

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [query for query in self.asked if query.get("sort_by") == "phaseUpdatedAt"]
