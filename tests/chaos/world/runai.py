"""Run:ai: the simulator in this process, the wire to it, and what people do to its workloads by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import httpx

from runai_simulator import Clock, Settings, Switches, Times, create_app
from runai_simulator.state import State
from runai_simulator.timeline import current
from runai_simulator.workloads import Workload as SimulatedWorkload
from tests.chaos.invariants import FINISHED, Workload, held
from tests.chaos.world.line import Call, Line, Side
from tests.chaos.world.time import NEVER

T = TypeVar("T")
URL = "https://runai.example"
OTHER_TENANT, OTHER_CLIENT = 2002, "demo-elsewhere"
READING_POSTS = ("/api/v2/token", "/api/v1/token")


class Witness(Protocol):
    """Who sees what is written."""

    def looks(self) -> Mapping[str, Any]: ...

    def wrote(
        self, during: Any, request: httpx.Request, response: httpx.Response, before: Mapping[str, Any]
    ) -> None: ...


class Runai:
    """One control plane, and its tenants: a request is of the one whose credentials or token it carries, which is the
    one that is `answering`. `ask` carries it out at once, `control` does what a person of the `home` tenant wants."""

    def __init__(self, wall: Callable[[], float], ids: Callable[[], str], switches: Switches, times: Times) -> None:
        settings = Settings(switches=switches, times=times)
        self.home = self.answering = settings.tenant_id
        self._tenants = {self.home: _Tenant(settings, Clock(wall), ids)}
        other = settings.model_copy(update={"tenant_id": OTHER_TENANT, "client_id": OTHER_CLIENT})
        self._tenants[OTHER_TENANT] = _Tenant(other, Clock(wall), ids)
        self.state = self._tenants[self.home].state
        self._known: dict[str, _Known] = {}
        self._witness: Witness | None = None
        self.hides = False
        """Whether the operators' credentials see nothing of what is there: no project, and no workload."""
        self.not_found: set[str] = set()
        """Ids of workloads that are listed, and that a GET does not find."""

    def witnessed_by(self, witness: Witness) -> None:
        self._witness = witness

    def ask(self, request: httpx.Request, *, during: object) -> httpx.Response:
        """A request of an operator; `during` is for the witness: the round in which it was sent."""
        if self.hides and (answer := _hidden(request)) is not None:
            return answer
        if request.method == "GET" and request.url.path.rpartition("/")[2] in self.not_found:
            return _refused(404)
        if request.method == "GET" or request.url.path in READING_POSTS or self._witness is None:
            return self._answer(request)
        before = self._witness.looks()
        response = self._answer(request)
        self._witness.wrote(during, request, response, before)
        return response

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """A request to /control; its answer's document. Raises RuntimeError where it is refused."""
        content = None if body is None else json.dumps(body).encode()
        if method != "GET" and self._witness is not None:
            self._witness.looks()
        response = self._tenants[self.home].answers(httpx.Request(method, f"{URL}/control{path}", content=content))
        if method != "GET" and self._witness is not None:
            self._witness.looks()
        if response.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {response.text}")
        return response.json() if response.content else None

    def workloads(self) -> list[Workload]:
        """Every workload of every tenant as it is now. The same as out of /control/workloads, at a tenth of the
        price."""
        now, states = self.state.now(), [tenant.state for tenant in self._tenants.values()]
        return [self._as_it_is(each, now) for state in states for each in state.workloads.values()]

    def _as_it_is(self, workload: SimulatedWorkload, now: float) -> Workload:
        """Read once for as long as nobody writes to it, and the clock leaves it as it is: looks are many."""
        known = self._known.get(workload.id)
        if known is None or known.of is not workload or now >= known.until:
            moments = [step.at for step in (*workload.sync, *workload.phases)] + [workload.deleted_at or 0.0]
            until = min((each for each in moments if each > now), default=NEVER)
            known = self._known[workload.id] = _Known(workload, until, _seen(workload, now))
        return known.seen

    def revoke_tokens(self) -> None:
        """Those of every tenant."""
        for tenant in self._tenants.values():
            tenant.state.tokens.revoke_all()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.answering = next((id_ for id_, each in self._tenants.items() if each.opens_to(request)), self.home)
        return self._tenants[self.answering].answers(request)


class _Known(NamedTuple):
    """What was `seen` of a workload, which is never changed, but put in the place of the one before: it is so `until`
    the clock makes something else of it."""

    of: SimulatedWorkload
    until: float
    seen: Workload


class _Tenant:
    """One tenant's part of it: the other has projects of the same ids, and takes what is posted to them."""

    def __init__(self, settings: Settings, clock: Clock, ids: Callable[[], str]) -> None:
        self.state = State(settings, clock, ids)
        self._app = create_app(state=self.state)

    def opens_to(self, request: httpx.Request) -> bool:
        """Whether the credentials or the token of a request are of this tenant."""
        if request.url.path in READING_POSTS:
            return self.state.settings.client_id.encode() in re.split(b"[^a-z-]", request.content)
        return self.state.tokens.problem(request.headers.get("authorization"), self.state.now()) is None

    def answers(self, request: httpx.Request) -> httpx.Response:
        answer = _Answer(request)
        at_once(self._app(answer.scope, answer.receive, answer.send))
        return httpx.Response(answer.status, headers=answer.headers, content=bytes(answer.body))


class _Answer:
    """One exchange with an ASGI application, as a server leads it."""

    def __init__(self, request: httpx.Request) -> None:
        self.status, self.headers, self.body = 0, [], bytearray()
        self._content = request.content
        self.scope = {
            "type": "http",
            "method": request.method,
            "path": request.url.path,
            "raw_path": request.url.raw_path.partition(b"?")[0],
            "query_string": request.url.query,
            "headers": [(key.lower(), value) for key, value in request.headers.raw],
        }

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self._content, "more_body": False}

    async def send(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message.get("body", b"")


def _seen(workload: SimulatedWorkload, now: float) -> Workload:
    metadata = workload.metadata
    return held(
        id=workload.id,
        name=workload.name,
        project_id=workload.project_id,
        raw=workload.manifest,
        scheduling={
            "priority": workload.priority,
            "category": workload.category,
            "preemptibility": workload.preemptibility,
            "mnnvl": metadata.mnnvl or "None",  # as it is told
        },
        synced=current(workload.sync, now).value == "Synced",
        leaving=workload.deleted_at is not None,
        gone=workload.is_deleted(now),
        finished=workload.phase(now) in FINISHED or workload.completed_at(now) is not None,
        stopped=workload.desired == "Stopped",
        by_hand=workload.by_hand,
    )


class Wire(httpx.AsyncBaseTransport):
    """The network between one process and Run:ai. `during` tells, when asked, in which round a request is sent."""

    def __init__(self, runai: Runai, line: Line, during: Callable[[], object]) -> None:
        self._runai = runai
        self._line = line
        self._during = during

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        call = Call(Side.RUNAI, _named(request), request.method != "GET" and path not in READING_POSTS)
        during = self._during()
        await request.aread()
        try:
            return await self._line.call(call, lambda: self._runai.ask(request, during=during), _refused)
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error)) from error


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits: the simulator does only where latency was ordered."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    coroutine.close()
    raise AssertionError("the simulator waited for something")


def _refused(status: int) -> httpx.Response:
    """As Run:ai says no."""
    document = {"code": status, "message": f"struck with {status}"}
    headers = {"retry-after": "2"} if status == 429 else {}
    return httpx.Response(status, json=document, headers=headers)


def _hidden(request: httpx.Request) -> httpx.Response | None:
    """What credentials without a role on anything get; None for what needs none."""
    path = request.url.path
    for listed, key in (("/api/v1/workloads", "workloads"), ("/api/v1/org-unit/projects", "projects")):
        if path == listed:
            return httpx.Response(200, json={key: []})
    if path.startswith(("/api/v1/workloads", "/api/v2/workloads", "/api/v1/org-unit/projects")):
        return _refused(403 if request.method == "POST" else 404)
    return None


def _named(request: httpx.Request) -> str:
    query = request.url.params
    what = ", ".join(f"{key}={query[key]}" for key in ("filterBy", "sortBy", "deleted") if key in query)
    return f"{request.method} {request.url.path}{f' ({what})' if what else ''}"
