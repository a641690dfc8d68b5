"""When the watching begins anew: with a Kopf that sees nothing but the CRDs that it is shown."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from runai_operator.kube import watch
from runai_operator.kube.index import Index

ENOUGH, A_MOMENT = 10.0, 0.2
ESTABLISHED = {"type": "Established", "status": "True"}
ACCEPTED = {"type": "NamesAccepted", "status": "True"}


class Kopf:
    """Shows what it is given each time it starts, and then watches until it is stopped."""

    def __init__(self, *shown: tuple[str | None, str, dict[str, str]]) -> None:
        self._shown = shown
        self.starts = 0
        self.twice = threading.Event()

    async def operator(self, *, registry: Any, stop_flag: asyncio.Event, **_: Any) -> None:
        self.starts += 1
        if self.starts == 2:
            self.twice.set()
            return
        for kind, name, condition in self._shown:
            event = {"type": kind, "object": {"metadata": {"name": name}, "status": {"conditions": [condition]}}}
            for handler in registry._watching.get_all_handlers():
                selector = handler.selector
                if selector.group == "apiextensions.k8s.io" and handler.when(name=name):
                    await handler.fn(event=event)
        await stop_flag.wait()


def begins_anew(monkeypatch: pytest.MonkeyPatch, kind: str | None, name: str, condition: dict[str, str]) -> bool:
    fake = Kopf((kind, name, condition))
    monkeypatch.setattr(watch.kopf, "operator", fake.operator)
    monkeypatch.setattr(watch, "SERVED", 0.0)
    monkeypatch.setattr(watch, "PAUSE", 0.0)

    async def watched() -> bool:
        moved = watch.Moved(workload=lambda _: None, connection=lambda _: None)
        watching = watch.Watch(Index(), moved, asyncio.get_running_loop())
        watching.start()
        anew = await asyncio.to_thread(fake.twice.wait, ENOUGH if condition is ESTABLISHED and kind else A_MOMENT)
        await watching.stop()
        return anew

    return asyncio.run(watched())


@pytest.mark.parametrize("kind", ["ADDED", "MODIFIED"])
@pytest.mark.parametrize("name", sorted(watch.OURS))
def test_with_a_crd_of_ours_that_is_established_since_it_began(
    monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    assert begins_anew(monkeypatch, kind, name, ESTABLISHED)


@pytest.mark.parametrize(
    ("kind", "condition"), [(None, ESTABLISHED), ("ADDED", ACCEPTED)], ids=["was there before", "is not served yet"]
)
def test_but_not_with_one_that(monkeypatch: pytest.MonkeyPatch, kind: str | None, condition: dict[str, str]) -> None:
    assert not begins_anew(monkeypatch, kind, sorted(watch.OURS)[0], condition)
