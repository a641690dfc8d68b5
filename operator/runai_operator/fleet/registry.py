"""The connections of this process, and what keeps each as its RunaiConnection says."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from runai_operator.api.connection import AccessRule, RunaiConnectionSpec
from runai_operator.api.parsing import InvalidSpec, parse_connection_spec
from runai_operator.api.reasons import Reason
from runai_operator.engine import Budget, Clock
from runai_operator.fleet.connection import Listeners, LiveConnection, same_client
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import Forbidden, RunaiError, Throttled, Unavailable, Unreadable
from runai_operator.runai.tokens import Credentials
from runai_operator.runai.wire import Observer
from runai_operator.sync.ports import NotYet, Problem

log = logging.getLogger(__name__)


class Vault(Protocol):
    """Where credentials and certificates are kept: the operator's own namespace, by name."""

    async def secret(self, name: str) -> Mapping[str, str] | None:
        """The decoded data of a Secret; None when there is none."""

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        """The data of a ConfigMap; None when there is none."""


@dataclass(frozen=True)
class Tools:
    """What every connection is built with; `timeout` of a request in seconds, `wall` the time of day in seconds since
    the epoch. `transport` makes what replaces the network, for tests."""

    vault: Vault
    clock: Clock
    timeout: float
    observer: Observer | None = None
    wall: Callable[[], float] = time.time
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None


@dataclass(frozen=True)
class Standing:
    """How a connection stands: what its Ready condition says."""

    reason: Reason
    message: str


@dataclass
class _Entry:
    live: LiveConnection
    credentials: Credentials
    ca_bundle: str | None


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
        if not entry.live.answered:
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
            credentials, ca_bundle = await self._credentials(spec), await self._ca_bundle(spec)
            await self._put(name, _Entry(await self._live(name, spec, credentials, ca_bundle), credentials, ca_bundle))
        except InvalidSpec as error:
            return await self._break(name, Standing(Reason.INVALID_SPEC, error.message), access)
        except Problem as problem:
            return await self._break(name, Standing(problem.reason, problem.message), access)
        self._broken.pop(name, None)
        self._untold.discard(name)
        return standing(self._entries[name].live)

    async def remove(self, name: str) -> None:
        self._broken.pop(name, None)
        self._untold.discard(name)
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._retire(entry.live)

    async def aclose(self) -> None:
        for name in [*self._entries]:
            await self.remove(name)
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
        return entry is not None and entry.live.answered and entry.live.error is None

    def ended(self) -> str | None:
        """For `/livez`: whose poller ended, which none does by itself."""
        names = [name for name, entry in self._entries.items() if entry.live.ended]
        return f"nothing polls {', '.join(names)} any more" if names else None

    def phases(self, name: str) -> dict[str, int]:
        """How many workloads of its fleet are in each phase."""
        entry = self._entries.get(name)
        return entry.live.phases() if entry else {}

    async def _break(self, name: str, how: Standing, access: Sequence[AccessRule]) -> Standing:
        """A connection that cannot be used asks nothing of Run:ai any more."""
        await self.remove(name)
        self._broken[name] = how, access
        return how

    async def _put(self, name: str, entry: _Entry) -> None:
        old = self._entries.get(name)
        self._entries[name] = entry
        if old is None or old.live is not entry.live:
            entry.live.start()
        if old is not None and old.live is not entry.live:
            self._retire(old.live)

    async def _live(
        self, name: str, spec: RunaiConnectionSpec, credentials: Credentials, ca_bundle: str | None
    ) -> LiveConnection:
        """The connection that is there, or a new one where only that will do: a rotated Secret of one that works is
        read at its next token, and what failed with the old one begins afresh."""
        old = self._entries.get(name)
        if old is not None and _serves(old, spec, credentials, ca_bundle):
            old.live.spec = spec
            return old.live
        try:
            client = RunaiClient(
                spec.url,
                lambda: self._credentials_now(spec),
                ca_bundle=ca_bundle,
                timeout=self._tools.timeout,
                gate=budget(spec, self._tools.clock),
                observer=self._tools.observer,
                transport=self._tools.transport() if self._tools.transport else None,
                clock=self._tools.clock.monotonic,
                wall=self._tools.wall,
            )
        except ValueError as error:
            raise Problem(Reason.INVALID_SPEC, f"spec.url or spec.caBundleRef: {error}") from None
        return LiveConnection(spec, client, self._tools.clock, self._listeners(name))

    async def _credentials(self, spec: RunaiConnectionSpec) -> Credentials:
        name = spec.credentials_secret_ref.name
        data = await self._tools.vault.secret(name)
        if data is None:
            message = (
                f"spec.credentialsSecretRef.name: there is no Secret {name} in the operator's own namespace: create it "
                "with the keys clientId and clientSecret"
            )
            raise Problem(Reason.SECRET_NOT_FOUND, message)
        missing = [key for key in ("clientId", "clientSecret") if not data.get(key)]
        if missing:
            message = f"spec.credentialsSecretRef.name: the Secret {name} lacks the key {' and '.join(missing)}: add it"
            raise Problem(Reason.SECRET_KEY_MISSING, message)
        return Credentials(data["clientId"].strip(), data["clientSecret"].strip())

    async def _credentials_now(self, spec: RunaiConnectionSpec) -> Credentials:
        """For the client, in whose terms a missing Secret is a connection that cannot be used."""
        try:
            return await self._credentials(spec)
        except Problem as problem:
            raise Unavailable(problem.message) from None
        except Exception as error:  # of the API server: it passes, and the token that is held still serves
            raise Unavailable(f"the Secret with the credentials cannot be read: {type(error).__name__}") from error

    async def _ca_bundle(self, spec: RunaiConnectionSpec) -> str | None:
        ref = spec.ca_bundle_ref
        if ref is None:
            return None
        read = self._tools.vault.secret if ref.kind == "Secret" else self._tools.vault.config_map
        text = (await read(ref.name) or {}).get(ref.key)
        if not text:
            message = (
                f"spec.caBundleRef: there is no {ref.kind} {ref.name} with the key {ref.key} in the operator's own "
                "namespace: create it, with PEM certificates under that key"
            )
            raise Problem(Reason.CA_BUNDLE_NOT_FOUND, message)
        return text


def _not_ready(name: str, why: str, access: Sequence[AccessRule]) -> Problem:
    return Problem(Reason.CONNECTION_NOT_READY, f"RunaiConnection {name}: {why}", access=access)


def _serves(old: _Entry, spec: RunaiConnectionSpec, credentials: Credentials, ca_bundle: str | None) -> bool:
    same = old.ca_bundle == ca_bundle and same_client(old.live.spec, spec)
    return same and (old.credentials == credentials or old.live.error is None)


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


def standing(live: LiveConnection) -> Standing | None:
    """How a connection with usable credentials stands; None before the first answer."""
    if live.error is not None:
        return Standing(_reason(live.error), live.error.message)
    return Standing(Reason.CONNECTED, "") if live.answered else None


def _reason(error: RunaiError) -> Reason:
    if isinstance(error, Forbidden):
        return Reason.CREDENTIALS_REJECTED
    return Reason.NOT_RUNAI if isinstance(error, Unreadable) else Reason.UNREACHABLE
