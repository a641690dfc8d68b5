"""The operations of Run:ai that the operator uses, one method each."""

import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Literal, Protocol, Self, TypeVar
from urllib.parse import quote

import httpx

from runai_operator import __version__

from .calls import Call, Reply, expect_acknowledgement, judge, parse
from .errors import Forbidden, Rejected
from .models import (
    AN_ID,
    BatchResult,
    Cluster,
    Clusters,
    Endpoint,
    Endpoints,
    Page,
    Project,
    ProjectPage,
    WorkloadDetailed,
    WorkloadType,
    WorkloadTypes,
    WorkloadV2,
    WorkloadView,
)
from .pages import pages
from .requests import CreateWorkload, UpdateWorkload
from .tenant import tenant_of
from .tokens import Credentials, CredentialsSource, Tokens
from .transport import Transport, proxy_for, tls_context
from .wire import Observer, Permit, Wire

WORKLOADS_V1, WORKLOADS_V2 = "/api/v1/workloads", "/api/v2/workloads"
PROJECTS = "/api/v1/org-unit/projects"
CLUSTERS = "/api/v1/clusters"
TYPES = "/api/v1/workload-types"
LARGEST_BATCH, LARGEST_PAGE, MOST_FILTERS = 100, 500, 10

BatchAction = Literal["delete", "suspend", "resume"]
Result = TypeVar("Result")
Approve = Callable[[str | None], None]
"""Is told the tenant that new credentials show, None where they show none. Raises RunaiError where that is wrong."""


class Gate(Protocol):
    """A budget: entered around each request, tokens excepted. Its __aexit__ sees the RunaiError of the request."""

    def __call__(self) -> AbstractAsyncContextManager[None]: ...


class RunaiClient:
    """A client of one control plane. Every method raises RunaiError, in the branches that errors.py draws.

    `url` is the control plane's, `ca_bundle` PEM text that is added to the usual roots, `timeout` the seconds that a
    request may take to its last byte. Proxies of the environment are honoured. Raises ValueError for a url or a
    bundle that cannot be used. `approve` decides on each new credentials before they are used; `proven` were approved
    before. `permit` is asked right before a write is sent, after gate and token; where it says why not, the write is
    Unavailable. `transport` replaces the network, `clock` and `wall` the time, for tests.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | CredentialsSource,
        *,
        ca_bundle: str | None = None,
        timeout: float = 30.0,
        user_agent: str = f"runai-operator/{__version__}",
        gate: Gate | None = None,
        approve: Approve | None = None,
        proven: Credentials | None = None,
        observer: Observer | None = None,
        permit: Permit = lambda: None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        base = _control_plane(url)
        transport = transport or Transport(context=tls_context(ca_bundle), proxy=proxy_for(base))
        self._wire = Wire(base, transport, timeout=timeout, user_agent=user_agent, observer=observer, permit=permit)
        self._approve = approve
        self._tokens = Tokens(
            self._wire, _source(credentials), prove=self._prove, proven=proven, clock=clock, wall=wall
        )
        self._gate: Gate = gate or nullcontext

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._tokens.aclose()
        await self._wire.aclose()

    @property
    def proven(self) -> Credentials | None:
        """The credentials in use; None before the first token."""
        return self._tokens.proven

    @property
    def login(self) -> int:
        """Counts the credentials that came into use."""
        return self._tokens.login

    async def renew(self) -> None:
        """Takes the credentials that the source has now, if they prove good; else raises, and those in use stay."""
        await self._tokens.renew()

    async def create(self, workload: CreateWorkload, *, dry_run: bool = False) -> WorkloadV2:
        """Submits a workload; with `dry_run` it is only validated. Conflict: the name is taken in the project."""
        query = "dryRun=true" if dry_run else ""
        call = _call("POST", WORKLOADS_V2, query=query, document=workload.body(), writes=not dry_run)
        return await self._ask(call, lambda reply: parse(call, reply, WorkloadV2))

    async def get(self, workload_id: str) -> WorkloadView:
        """A V2 workload, and how far the cluster is with it. NotFound also for workloads not made through V2."""
        call = _call("GET", WORKLOADS_V2 + "/{id}", workload_id)
        return await self._ask(call, lambda reply: parse(call, reply, WorkloadView))

    async def update(self, workload_id: str, workload: UpdateWorkload) -> WorkloadV2:
        """Replaces manifest, priority and category; one of None is removed."""
        call = _call("PUT", WORKLOADS_V2 + "/{id}", workload_id, document=workload.body(), writes=True)
        return await self._ask(call, lambda reply: parse(call, reply, WorkloadV2))

    async def delete(self, workload_id: str) -> None:
        """Asks for a workload to be deleted: it is gone some time after."""
        call = _call("DELETE", WORKLOADS_V2 + "/{id}", workload_id, writes=True)
        await self._ask(call, lambda reply: expect_acknowledgement(call, reply))

    async def list(
        self,
        *,
        filter_by: Sequence[str] = (),
        deleted: bool | None = None,
        sort_by: str | None = None,
        sort_order: Literal["asc", "desc"] | None = None,
        offset: int = 0,
        limit: int = LARGEST_PAGE,
    ) -> Page:
        """A page of all workloads, whatever made them. `filter_by` holds at most ten "field<operator>value"."""
        if len(filter_by) > MOST_FILTERS or not 1 <= limit <= LARGEST_PAGE or offset < 0:
            raise ValueError("a list takes at most 10 filters, a limit of 1 to 500, and no negative offset")
        query = _query(
            deleted=deleted, offset=offset, limit=limit, sortOrder=sort_order, sortBy=sort_by, filterBy=filter_by
        )
        call = _call("GET", WORKLOADS_V1, query=query)
        return await self._ask(call, lambda reply: parse(call, reply, Page))

    async def read(self, workload_id: str) -> WorkloadDetailed:
        """One workload as the list shows it, and why it is pending."""
        call = _call("GET", WORKLOADS_V1 + "/{id}", workload_id)
        return await self._ask(call, lambda reply: parse(call, reply, WorkloadDetailed))

    async def endpoints(self, workload_id: str) -> tuple[Endpoint, ...]:
        """Where a workload can be reached; needs a 2.25 cluster."""
        call = _call("GET", WORKLOADS_V1 + "/{id}/endpoints", workload_id)
        return (await self._ask(call, lambda reply: parse(call, reply, Endpoints))).endpoints

    async def batch(self, action: BatchAction, ids: Sequence[str]) -> BatchResult:
        """Does one action to 1 to 100 workloads; what failed is told one by one. ValueError for more, or none."""
        if not 1 <= len(ids) <= LARGEST_BATCH:
            raise ValueError(f"a batch takes 1 to {LARGEST_BATCH} ids, not {len(ids)}")
        document = {"action": action, "ids": [*ids]}
        call = _call("POST", WORKLOADS_V1 + "/batch", document=document, writes=True)
        return await self._ask(call, lambda reply: parse(call, reply, BatchResult))

    async def projects(self, *, name: str | None = None) -> tuple[Project, ...]:
        """All projects, or those of a name: it may repeat across clusters."""
        filters = () if name is None else (f"name=={name}",)
        read = pages(lambda offset: self._project_page(filters, offset))
        return tuple([project async for page in read for project in page.projects])

    async def project(self, project_id: str) -> Project:
        """One project."""
        call = _call("GET", PROJECTS + "/{id}", project_id)
        return await self._ask(call, lambda reply: parse(call, reply, Project))

    async def clusters(self) -> tuple[Cluster, ...]:
        """All clusters of the tenant that the credentials see."""
        call = _call("GET", CLUSTERS)
        return (await self._ask(call, lambda reply: parse(call, reply, Clusters))).root

    async def types(self, kind: str) -> tuple[WorkloadType, ...]:
        """What Run:ai makes of workloads of a kind; one for each API group that has it."""
        call = _call("GET", TYPES, query=_query(filterBy=(f"name=={kind}",)))
        return (await self._ask(call, lambda reply: parse(call, reply, WorkloadTypes))).types

    async def _project_page(self, filters: Sequence[str], offset: int) -> ProjectPage:
        query = _query(offset=offset, limit=LARGEST_PAGE, filterBy=filters)
        call = _call("GET", PROJECTS, query=query)
        return await self._ask(call, lambda reply: parse(call, reply, ProjectPage))

    async def _prove(self, token: str) -> None:
        if self._approve is not None:
            self._approve(await tenant_of(self._wire, token))

    async def _ask(self, call: Call, read: Callable[[Reply], Result]) -> Result:
        try:
            return await self._attempt(call, read)
        except _Unauthorized as refused:
            self._tokens.refuse(refused.token)
        return await self._attempt(call, read)

    async def _attempt(self, call: Call, read: Callable[[Reply], Result]) -> Result:
        async with self._gate():
            token = await self._tokens.token()
            reply = await self._wire.send(call, {"authorization": f"Bearer {token}"})
            error = judge(call, reply.without(token))
            if error is not None and reply.status == 401:
                raise _Unauthorized(error, token)
            if error is not None:
                raise error
            return read(reply)
        raise AssertionError("a gate must not swallow what happens in it")


class _Unauthorized(Forbidden):
    """A 401, and the token that earned it."""

    def __init__(self, error: Any, token: str) -> None:
        super().__init__(
            error.message, status=error.status, method=error.method, path=error.path, details=error.details
        )
        self.token = token


def _control_plane(url: str) -> httpx.URL:
    try:
        base = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise ValueError(f"not a URL: {error}") from error
    if base.port is not None and not 0 < base.port < 65536:
        raise ValueError(f"not a URL: no port {base.port} exists")
    if base.scheme not in ("http", "https") or not base.host or base.userinfo or base.query or base.fragment:
        raise ValueError("the URL of a control plane is https://host[:port][/path], without user, query or fragment")
    return base


def _source(credentials: Credentials | CredentialsSource) -> CredentialsSource:
    if not isinstance(credentials, Credentials):
        return credentials

    async def given() -> Credentials:
        return credentials

    return given


def _call(
    method: str, route: str, object_id: str = "", *, query: str = "", document: Any = None, writes: bool = False
) -> Call:
    if "{id}" in route and not re.fullmatch(AN_ID, object_id):
        raise Rejected(f"{object_id!r} is no id of Run:ai: nothing was asked", method=method)
    body = None if document is None else json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    path = route.replace("{id}", quote(object_id, safe=""))
    return Call(method=method, route=route, path=path, query=query, body=body, writes=writes)


def _query(**parameters: bool | int | str | Sequence[str] | None) -> str:
    """A query string; lists are joined by commas (explode: false), a comma within a value is encoded."""
    return "&".join(f"{key}={_encoded(value)}" for key, value in parameters.items() if value not in (None, (), []))


def _encoded(value: bool | int | str | Sequence[str] | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str):
        return quote(str(value), safe="")
    return ",".join(quote(item, safe="") for item in value or ())
