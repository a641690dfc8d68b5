"""When the watching begins anew: with a Kopf that sees nothing but the CRDs that it is shown."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from runai_operator.kube import watch
from runai_operator.kube.index import Index

ENOUGH, A_MOMENT = 10.0, 0.2
DAYS = 86400.0
WORKLOADS, CONNECTIONS = sorted(watch.OURS, reverse=True)


class Shown(NamedTuple):
    """An event of a CRD that holds a condition for so many seconds."""

    kind: str | None
    seconds: float
    condition: str = "Established"
    name: str = WORKLOADS

    def event(self) -> dict[str, Any]:
        since = (datetime.now(UTC) - timedelta(seconds=self.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"type": self.condition, "status": "True", "lastTransitionTime": since}
        metadata = {"name": self.name, "uid": f"uid of {self.name}"}
        return {"type": self.kind, "object": {"metadata": metadata, "status": {"conditions": [condition]}}}


class Kopf:
    """Shows what it is given when it first starts, and then watches until it is stopped; or `breaks` after that."""

    def __init__(self, *shown: Shown, starts: int = 2, breaks: bool = False) -> None:
        self._shown = [(each.name, each.event()) for each in shown]
        self._breaks = breaks
        self._last = starts
        self.starts = 0
        self.enough = threading.Event()

    async def operator(self, *, registry: Any, stop_flag: asyncio.Event, **_: Any) -> None:
        self.starts += 1
        if self.starts >= self._last:
            self.enough.set()
            return
        if self.starts > 1:
            await stop_flag.wait()
            return
        for name, event in self._shown:
            for handler in registry._watching.get_all_handlers():
                if handler.selector.group == "apiextensions.k8s.io" and handler.when(name=name):
                    await handler.fn(event=event)
        if self._breaks:
            raise OSError("the API server is away")
        await stop_flag.wait()


def begins_anew(monkeypatch: pytest.MonkeyPatch, *shown: Shown, within: float) -> bool:
    return reached(Kopf(*shown), monkeypatch, within=within)


def reached(fake: Kopf, monkeypatch: pytest.MonkeyPatch, *, within: float, served: float = 0.0) -> bool:
    """Whether it was started as often as it waits for."""
    monkeypatch.setattr(watch.kopf, "operator", fake.operator)
    monkeypatch.setattr(watch, "SERVED", served)
    monkeypatch.setattr(watch, "PAUSE", 0.0)

    async def watched() -> bool:
        moved = watch.Moved(workload=lambda _: None, connection=lambda _: None)
        watching = watch.Watch(Index(), moved, asyncio.get_running_loop())
        watching.start()
        anew = await asyncio.to_thread(fake.enough.wait, within)
        await watching.stop()
        return anew

    return asyncio.run(watched())


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param((Shown("ADDED", 0),), id="is installed"),
        pytest.param((Shown("ADDED", 0, name=CONNECTIONS),), id="is installed, the other kind"),
        pytest.param((Shown("MODIFIED", 0),), id="comes to be served"),
        pytest.param((Shown(None, 0),), id="was installed a moment before"),
        pytest.param((Shown(None, DAYS), Shown("MODIFIED", 0)), id="is installed anew"),
    ],
)
def test_with_a_crd_of_ours_that(monkeypatch: pytest.MonkeyPatch, shown: tuple[Shown, ...]) -> None:
    assert begins_anew(monkeypatch, *shown, within=ENOUGH)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param((Shown(None, DAYS),), id="was there for long"),
        pytest.param((Shown(None, DAYS), Shown("MODIFIED", DAYS)), id="merely moves"),
        pytest.param((Shown("ADDED", 0, "NamesAccepted"),), id="is not served yet"),
        pytest.param((Shown("DELETED", 0),), id="goes"),
        pytest.param((Shown("ADDED", 0, name="jobs.batch.example"),), id="is another's"),
    ],
)
def test_but_not_with_one_that(monkeypatch: pytest.MonkeyPatch, shown: tuple[Shown, ...]) -> None:
    assert not begins_anew(monkeypatch, *shown, within=A_MOMENT)


def test_one_that_broke_and_began_by_itself_begins_anew_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have been as early: discovery need not show by then what was installed."""
    assert reached(Kopf(Shown("ADDED", 0), starts=3, breaks=True), monkeypatch, within=ENOUGH, served=A_MOMENT)
