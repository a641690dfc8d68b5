"""Connections as their resources say, and what is told when they cannot be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.fleet.connection import Listeners
from runai_operator.fleet.keeper import Keeper
from runai_operator.fleet.registry import Registry, Tools
from runai_operator.sync.ports import NotYet, Problem
from runai_simulator import RunningSimulator
from tests.unit.engine.virtual_time import CLOCK, LoopClock

GOOD = {"clientId": "demo", "clientSecret": "demo-secret"}


class FakeCluster:
    """Secrets, ConfigMaps and one RunaiConnection."""

    def __init__(self, url: str) -> None:
        self.secrets: dict[str, dict[str, str]] = {"runai-credentials": dict(GOOD)}
        self.body: dict[str, Any] | None = {
            "metadata": {"name": "default", "uid": "u-1", "generation": 1},
            "spec": {
                "url": url,
                "credentialsSecretRef": {"name": "runai-credentials"},
                "polling": {"interval": "1s", "fullInterval": "1m"},
            },
        }
        self.users: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.events: list[str] = []

    async def secret(self, name: str) -> dict[str, str] | None:
        return self.secrets.get(name)

    async def config_map(self, name: str) -> dict[str, str] | None:
        return self.secrets.get(name)

    async def connection(self, name: str) -> dict[str, Any] | None:
        return self.body if name == "default" else None

    async def resources(self, _: Sequence[str] = ()) -> AsyncIterator[dict[str, Any]]:
        for each in self.users:
            yield each

    async def set_connection_finalizers(self, body: Any, finalizers: Sequence[str]) -> dict[str, Any]:
        body["metadata"]["finalizers"] = [*finalizers]
        if "deletionTimestamp" in body["metadata"] and not finalizers:
            self.body = None
        return dict(body)

    async def write_connection_status(self, body: Any, status: Any) -> None:
        self.statuses.append(dict(status))
        body["status"] = dict(status)

    async def tell(self, _body: Any, _namespace: str, reason: str, _message: str, *, warning: bool = False) -> None:
        assert warning == (reason != "Connected")
        self.events.append(reason)

    @property
    def ready(self) -> dict[str, Any]:
        return next(each for each in self.statuses[-1]["conditions"] if each["type"] == "Ready")


class NoSleep(LoopClock):
    """A clock whose alarm is broken."""

    async def sleep(self, _seconds: float, /) -> None:
        raise RuntimeError("no alarm")


class Office:
    """A registry and its keeper over a fake cluster and a real simulator."""

    def __init__(self, url: str) -> None:
        self.cluster = FakeCluster(url)
        self.heard: list[str] = []
        self.answered = asyncio.Event()
        self.registry = Registry(Tools(vault=self.cluster, clock=CLOCK, timeout=5), self._listeners)
        self.keeper = Keeper(
            self.cluster,
            self.registry,
            CLOCK,
            namespace="runai-operator",
            changed=self.heard.append,
            owned=lambda _: 3,
            bound=lambda _: len(self.cluster.users),
        )

    def _listeners(self, _name: str) -> Listeners:
        return Listeners(moved=lambda _: None, swept=lambda: None, changed=self.answered.set)

    async def settle(self) -> float | None:
        """Reconciles, and again when there is news, until it is known how the connection stands."""
        async with asyncio.timeout(10):
            while True:
                self.answered.clear()
                after = await self.keeper.reconcile("default")
                if after is None or self.known:
                    return after
                await self.answered.wait()

    @property
    def known(self) -> bool:
        entry = self.registry._entries.get("default")
        return entry is None or entry.live.error is not None or entry.live.swept

    def spec(self, **changes: Any) -> None:
        assert self.cluster.body is not None
        self.cluster.body["spec"] |= changes
        self.cluster.body["metadata"]["generation"] += 1


def in_office(story: Callable[[Office], Awaitable[None]]) -> None:
    async def run() -> None:
        with RunningSimulator() as simulator:
            office = Office(simulator.url)
            try:
                await story(office)
            finally:
                await office.registry.aclose()

    asyncio.run(run())


def test_a_connection_that_works_is_found_and_told_once() -> None:
    async def story(office: Office) -> None:
        with pytest.raises(NotYet):
            office.registry.find("default")
        await office.settle()
        assert office.registry.find("default").answered
        assert office.cluster.ready["reason"] == "Connected"
        await office.keeper.reconcile("default")
        assert len(office.cluster.statuses) == 1
        assert office.cluster.events == ["Connected"]

    in_office(story)


def test_a_poller_that_ended_by_itself_is_told_to_the_probe() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        assert office.registry.ended() is None
        await office.registry.aclose()
        office.registry = Registry(Tools(vault=office.cluster, clock=NoSleep(), timeout=5), office._listeners)
        assert office.cluster.body is not None
        await office.registry.apply("default", office.cluster.body)
        async with asyncio.timeout(10):
            await asyncio.wait([office.registry._entries["default"].live._task])
        assert office.registry.ended() == "nothing polls default any more"

    in_office(story)


def test_a_connection_that_is_not_there_is_told_once_all_are_known() -> None:
    async def story(office: Office) -> None:
        with pytest.raises(NotYet):
            office.registry.find("other")
        office.registry.all_known()
        with pytest.raises(Problem) as caught:
            office.registry.find("other")
        assert caught.value.reason is Reason.CONNECTION_NOT_FOUND

    in_office(story)


@pytest.mark.parametrize(
    ("secrets", "spec", "reason", "text"),
    [
        pytest.param({}, {}, "SecretNotFound", "credentialsSecretRef", id="no Secret"),
        pytest.param({"runai-credentials": {"clientId": "demo"}}, {}, "SecretKeyMissing", "clientSecret", id="no key"),
        pytest.param(
            {"runai-credentials": {"clientId": "demo", "clientSecret": "wrong"}},
            {},
            "CredentialsRejected",
            "",
            id="wrong",
        ),
        pytest.param(
            {"runai-credentials": GOOD}, {"caBundleRef": {"name": "ca"}}, "CABundleNotFound", "caBundleRef", id="no CA"
        ),
        pytest.param({"runai-credentials": GOOD}, {"paused": True}, "Paused", "spec.paused", id="paused"),
        pytest.param({"runai-credentials": GOOD}, {"url": "http://127.0.0.1:1"}, "Unreachable", "", id="nobody there"),
    ],
)
def test_a_connection_that_cannot_be_used_says_why_and_heals(
    secrets: dict[str, dict[str, str]], spec: dict[str, Any], reason: str, text: str
) -> None:
    async def story(office: Office) -> None:
        assert office.cluster.body is not None
        healthy = {**office.cluster.body["spec"], "paused": False, "caBundleRef": None}
        office.cluster.secrets = {name: dict(data) for name, data in secrets.items()}
        office.spec(**spec)
        await office.settle()
        assert office.cluster.ready["reason"] == reason
        assert text in office.cluster.ready["message"]
        with pytest.raises(Problem) as caught:
            office.registry.find("default")
        assert caught.value.reason is Reason.CONNECTION_NOT_READY
        office.cluster.secrets = {"runai-credentials": dict(GOOD)}
        office.spec(**healthy)
        await office.settle()
        assert office.cluster.ready["reason"] == "Connected"

    in_office(story)


def test_who_may_use_it_changes_without_a_new_client() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        before = office.registry.find("default")
        office.spec(access=[{"namespaceSelector": {}, "projects": {"names": ["*"]}}])
        await office.keeper.reconcile("default")
        assert office.registry.find("default") is before
        assert len(before.spec.access) == 1
        assert office.heard == ["default"] * len(office.heard)

    in_office(story)


def test_nothing_is_left_of_a_connection_that_is_gone() -> None:
    async def story(office: Office) -> None:
        await office.settle()
        office.registry.all_known()
        office.cluster.body = None
        assert await office.keeper.reconcile("default") is None
        with pytest.raises(Problem) as caught:
            office.registry.find("default")
        assert caught.value.reason is Reason.CONNECTION_NOT_FOUND

    in_office(story)


def test_no_secret_is_in_what_is_told() -> None:
    async def story(office: Office) -> None:
        office.cluster.secrets["runai-credentials"]["clientSecret"] = "hush-hush"
        await office.settle()
        assert "hush-hush" not in str(office.cluster.statuses)

    in_office(story)
