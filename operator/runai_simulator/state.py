"""Everything that one simulator knows, and nothing about HTTP."""

import copy
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from runai_simulator.catalogue import type_views
from runai_simulator.clock import Clock
from runai_simulator.errors import not_found
from runai_simulator.faults import Faults
from runai_simulator.ledger import Ledger
from runai_simulator.organisation import Project, default_clusters, default_projects
from runai_simulator.settings import Settings
from runai_simulator.tokens import Tokens
from runai_simulator.workloads import Rules, Workload

MOST_VERSIONS = 200
"""So many of the last writes to a workload are remembered."""


@dataclass
class SyncFailure:
    """The next workloads to be applied fail with `message`: those called `name`, or the next `count` of any name."""

    message: str
    name: str | None = None
    count: int | None = None


class State:
    """One tenant in memory. Owned by the event loop that serves it. `new_id` names its workloads."""

    def __init__(
        self,
        settings: Settings | None = None,
        clock: Clock | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self.initial = settings or Settings()
        self.clock = clock or Clock()
        self.new_id = new_id
        self.tokens = Tokens()
        self.reset()

    def reset(self) -> None:
        """As freshly started, but for tokens: clients keep theirs."""
        now = self.clock.now()
        self.settings = self.initial
        self.since = now
        self.clusters = default_clusters(now)
        self.projects = default_projects(now)
        self.types = type_views(now)
        self.faults = Faults(self.initial.seed)
        self.ledger = Ledger()
        self.sync_failures: list[SyncFailure] = []
        self.workloads: dict[str, Workload] = {}
        self.versions: defaultdict[str, deque[Workload]] = defaultdict(lambda: deque(maxlen=MOST_VERSIONS))
        self._by_name: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def now(self) -> float:
        return self.clock.now()

    def at(self, moment: float) -> "State":
        """The same at a former moment, for reading what a value that changes by the clock was then."""
        then = copy.copy(self)
        then.clock = Clock(lambda: moment)
        return then

    def put(self, workload: Workload) -> Workload:
        self.workloads[workload.id] = workload
        self.versions[workload.id].append(workload)
        self._by_name[workload.name][workload.id] = None
        return workload

    def named(self, name: str) -> list[Workload]:
        return [self.workloads[id_] for id_ in self._by_name.get(name, ())]

    def workload(self, id_: str) -> Workload:
        """Raises ApiError 404, also 14 days after the deletion."""
        workload = self.workloads.get(id_)
        if workload is None or workload.is_forgotten(self.now()):
            raise not_found("workload", id_)
        return workload

    @property
    def shown_projects(self) -> dict[str, Project]:
        """Those that a client's role covers."""
        hidden = self.settings.hidden_projects
        return {id_: project for id_, project in self.projects.items() if id_ not in hidden}

    def shows(self, workload: Workload) -> bool:
        """Whether a client sees it, by the settings."""
        return not self.settings.blind and workload.project_id not in self.settings.hidden_projects

    def project(self, id_: str) -> Project:
        project = self.projects.get(id_)
        if project is None:
            raise not_found("project", id_)
        return project

    def project_of(self, workload: Workload) -> Project:
        """The project as it is, or as it was when it has been removed since."""
        return self.projects.get(workload.project_id) or Project(
            workload.project_id, "removed", next(iter(self.clusters), ""), self.since, self.since
        )

    def holder_of(self, name: str, project_id: str) -> Workload | None:
        """The workload that has this name in the project, as far as a 409 covers it."""
        now = self.now()
        covers_deleting = self.settings.switches.conflict_covers_deleting
        for workload in self.named(name):
            leaving = workload.deleted_at is not None and not covers_deleting
            if workload.project_id == project_id and not workload.is_deleted(now) and not leaving:
                return workload
        return None

    def rules(self) -> Rules:
        return Rules(self.settings.times, self.settings.switches)

    def rules_for(self, name: str) -> Rules:
        """How the life of a workload of this name goes on; uses up a sync failure that was ordered."""
        return replace(self.rules(), sync_failure=self._ordered_failure(name))

    def _ordered_failure(self, name: str) -> str | None:
        for failure in self.sync_failures:
            if failure.name in (None, name):
                if failure.count is not None:
                    failure.count -= 1
                    if failure.count <= 0:
                        self.sync_failures.remove(failure)
                return failure.message
        return None

    def forget_old_deletions(self) -> None:
        now = self.now()
        self.drop([workload for workload in self.workloads.values() if workload.is_forgotten(now)])

    def drop(self, workloads: Iterable[Workload]) -> None:
        for workload in workloads:
            del self.workloads[workload.id]
            self.versions.pop(workload.id, None)
            self._by_name[workload.name].pop(workload.id, None)

    def rename_project(self, id_: str, name: str) -> Project:
        renamed = replace(self.project(id_), name=name, updated_at=self.now())
        self.projects[id_] = renamed
        return renamed
