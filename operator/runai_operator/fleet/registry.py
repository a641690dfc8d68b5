"""The connections of this process, and what keeps each as its RunaiConnection says."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from runai_operator.api.connection import AccessRule, RunaiConnectionSpec
from runai_operator.api.parsing import InvalidSpec, parse_connection_spec
from runai_operator.api.reasons import Reason
from runai_operator.engine import Budget, Clock
from runai_operator.fleet.connection import Listeners, LiveConnection, same_client
from runai_operator.fleet.material import Material, Vault, credentials_now, read_material
from runai_operator.fleet.standing import Standing, standing
from runai_operator.fleet.tenancy import Tenancy
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import Forbidden, OtherTenant, RunaiError, Throttled, Unavailable, Unreadable
from runai_operator.runai.tokens import Credentials
from runai_operator.runai.wire import Observer, Permit
from runai_operator.sync.ports import NotYet, Problem

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tools:
    """What every connection is built with; `timeout` of a request in seconds, `wall` the time of day in seconds since
    the epoch; `permit` is asked before each write. `transport` makes what replaces the network, for tests."""

    vault: Vault
    clock: Clock
    timeout: float
    observer: Observer | None = None
    wall: Callable[[], float] = time.time
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None
    permit: Permit = lambda: None


@dataclass
class _Entry:
    """`uid` is that of the RunaiConnection; `remark` what is to be said of one that works."""

    uid: str
    live: LiveConnection
    material: Material
    remark: str = ""


class Registry:
    """Connections by name. `listeners(name)` makes those whom a connection tells."""

    def __init__(self, tools: Tools, listeners: Callable[[str], Listeners]) -> None:
        self._tools = tools
        self._listeners = listeners
        self._entries: dict[str, _Entry] = {}
        self._broken: dict[str, tuple[Standing, Sequence[AccessRule]]] = {}
        self._untold: set[str] = set()
        self._draining: dict[asyncio.Task[None], LiveConnection] = {}
        self._known = False

    def all_known(self) -> None:
        """Every RunaiConnection was looked at once: one that is not here is not there."""
        self._known = True

    def find(self, name: str) -> LiveConnection:
        """As sync's port says."""
        if name in self._broken:
            how, access = self._broken[name]
            raise _not_ready(name, how.message, access)
        entry = self._entries.get(name)
        if entry is None and (not self._known or name in self._untold):
            raise NotYet
        if entry is None:
            message = f"there is no RunaiConnection named {name}: create it, or correct spec.connectionRef.name"
            raise Problem(Reason.CONNECTION_NOT_FOUND, message)
        if entry.live.error is not None:
            raise _not_ready(name, entry.live.error.message, entry.live.spec.access)
        if not (entry.live.swept and entry.live.tenancy.settled):
            raise NotYet
        return entry.live

    async def apply(self, name: str, body: Mapping[str, Any]) -> Standing | None:
        """Makes the connection what its resource says; how it stands then, None while it is being tried."""
        self._untold.add(name)
        access: Sequence[AccessRule] = ()
        try:
            spec = parse_connection_spec(body)
            access = spec.access
            if spec.paused:
                raise Problem(Reason.PAUSED, "spec.paused is true: nothing is sent to Run:ai")
            self._put(name, await self._entry(name, spec, body))
        except InvalidSpec as error:
            return self._break(name, Standing(Reason.INVALID_SPEC, error.message), access)
        except Problem as problem:
            return self._break(name, Standing(problem.reason, problem.message), access)
        self._broken.pop(name, None)
        self._untold.discard(name)
        entry = self._entries[name]
        entry.live.leaving = "deletionTimestamp" in body["metadata"]
        return standing(entry.live, entry.remark)

    def tenant(self, name: str) -> str | None:
        """The tenant that it is to be pinned to; None while none was seen."""
        entry = self._entries.get(name)
        return entry.live.tenant if entry else None

    def recorded(self, name: str, tenant: str | None) -> bool:
        """Its status says which tenant it is pinned to; whether that was waited for."""
        entry = self._entries.get(name)
        if entry is None or entry.live.tenancy.settled:
            return False
        entry.live.tenancy.recorded = tenant
        return entry.live.tenancy.settled

    def swept(self, name: str) -> bool:
        """Whether all of its fleet was read once: only then is there anything to confirm."""
        entry = self._entries.get(name)
        return entry is not None and entry.live.swept

    def confirm_absence(self, name: str) -> None:
        """A person says that what is missing from its fleet is gone."""
        entry = self._entries.get(name)
        if entry is not None:
            entry.live.confirm_absence()

    def remove(self, name: str) -> None:
        self._broken.pop(name, None)
        self._untold.discard(name)
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._retire(entry.live)

    async def aclose(self) -> None:
        for name in [*self._entries]:
            self.remove(name)
        draining = dict(self._draining)
        for task in draining:
            task.cancel()
        await asyncio.gather(*draining, return_exceptions=True)
        for live in draining.values():
            await live.aclose()

    def _retire(self, live: LiveConnection) -> None:
        """Polls no more, and lets what is under way have its answer: a write cut short would be in doubt."""
        task = asyncio.create_task(self._drain(live))
        self._draining[task] = live
        task.add_done_callback(lambda _: self._draining.pop(task))

    async def _drain(self, live: LiveConnection) -> None:
        await live.stop_polling()
        await self._tools.clock.sleep(self._tools.timeout)
        await live.aclose()

    def usable(self, name: str) -> bool:
        """Whether it works, as far as was seen."""
        entry = self._entries.get(name)
        return entry is not None and entry.live.swept and entry.live.error is None and entry.live.absence is None

    def ended(self) -> str | None:
        """For `/livez`: whose poller ended, which none does by itself."""
        names = [name for name, entry in self._entries.items() if entry.live.ended]
        return f"nothing polls {', '.join(names)} any more" if names else None

    def phases(self, name: str) -> dict[str, int]:
        """How many workloads of its fleet are in each phase."""
        entry = self._entries.get(name)
        return entry.live.phases() if entry else {}

    def _break(self, name: str, how: Standing, access: Sequence[AccessRule]) -> Standing:
        """A connection that cannot be used asks nothing of Run:ai any more."""
        self.remove(name)
        self._broken[name] = how, access
        return how

    def _put(self, name: str, entry: _Entry) -> None:
        old = self._entries.get(name)
        self._entries[name] = entry
        if old is None or old.live is not entry.live:
            entry.live.start()
        if old is not None and old.live is not entry.live:
            self._retire(old.live)

    async def _entry(self, name: str, spec: RunaiConnectionSpec, body: Mapping[str, Any]) -> _Entry:
        """The connection that is there, or a new one where only that will do."""
        uid, old = body["metadata"]["uid"], self._entries.get(name)
        if old is not None and old.uid != uid:
            old = None
        material = await read_material(self._tools.vault, spec, before=_in_use(old))
        if old is None or not _serves(old, spec, material):
            return _Entry(uid, self._live(name, spec, body, material.ca_bundle, old), material, material.lack)
        old.live.spec = spec
        old.material, old.remark = material, material.lack or await _unproven(old.live, material.credentials, spec)
        return old

    def _live(
        self,
        name: str,
        spec: RunaiConnectionSpec,
        body: Mapping[str, Any],
        ca_bundle: str | None,
        old: _Entry | None,
    ) -> LiveConnection:
        """A new connection; what was proven for the old one need not be proven again."""
        listeners, status = self._listeners(name), body.get("status") or {}
        tenancy = Tenancy(status.get("tenantId") or None, listeners.changed)
        try:
            client = RunaiClient(
                spec.url,
                lambda: credentials_now(self._tools.vault, spec),
                ca_bundle=ca_bundle,
                timeout=self._tools.timeout,
                gate=budget(spec, self._tools.clock),
                approve=tenancy.approve,
                proven=old.live.client.proven if old and old.live.tenancy.settled else None,
                observer=self._tools.observer,
                permit=self._tools.permit,
                transport=self._tools.transport() if self._tools.transport else None,
                clock=self._tools.clock.monotonic,
                wall=self._tools.wall,
            )
        except ValueError as error:
            raise Problem(Reason.INVALID_SPEC, f"spec.url or spec.caBundleRef: {error}") from None
        told = any(each.get("reason") == Reason.MASS_ABSENCE for each in status.get("conditions") or ())
        return LiveConnection(spec, client, tenancy, self._tools.clock, listeners, told_absent=told)


def _in_use(old: _Entry | None) -> Material | None:
    """What stands in for what is missing: credentials that were proven, and not refused since."""
    if old is None or old.live.client.proven is None or isinstance(old.live.error, Forbidden):
        return None
    return replace(old.material, credentials=old.live.client.proven)


def _serves(old: _Entry, spec: RunaiConnectionSpec, material: Material) -> bool:
    """Whether the connection that is there will do: one whose credentials were refused begins afresh with others."""
    same = old.material.ca_bundle == material.ca_bundle and same_client(old.live.spec, spec)
    refused = isinstance(old.live.error, Forbidden | OtherTenant)
    others = material.credentials not in (old.material.credentials, old.live.client.proven)
    return same and not (refused and others)


async def _unproven(live: LiveConnection, credentials: Credentials, spec: RunaiConnectionSpec) -> str:
    """Takes up what the Secret holds now, once that has proven good; or else says why it has not."""
    if live.client.proven in (None, credentials):
        live.tenancy.foreign = None
        return ""
    try:
        await live.client.renew()
    except OtherTenant:
        return ""  # the connection says so itself
    except RunaiError as error:
        name = spec.credentials_secret_ref.name
        return f"the new credentials in the Secret {name} do not work, those of before stay in use: {error.message}"
    return ""


def _not_ready(name: str, why: str, access: Sequence[AccessRule]) -> Problem:
    return Problem(Reason.CONNECTION_NOT_READY, f"RunaiConnection {name}: {why}", access=access)


def budget(spec: RunaiConnectionSpec, clock: Clock) -> Budget:
    """The gate of a connection's client: its limits, and a breaker that opens when Run:ai is away."""
    return Budget(
        spec.limits.requests_per_second,
        spec.limits.max_concurrent,
        clock=clock,
        is_outage=lambda error: isinstance(error, Unavailable | Unreadable),
        retry_after=lambda error: error.retry_after if isinstance(error, Throttled) else None,
        closed_error=lambda seconds: Unavailable(
            "Run:ai failed too often, or asked for patience: nothing is sent for a while", retry_after=seconds
        ),
    )
