"""How a fleet is read: in virtual time, against a Run:ai of a few rows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from runai_operator.fleet.poller import Poller
from runai_operator.fleet.snapshot import Snapshot
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import Forbidden, RunaiError, Unavailable, Unreadable
from runai_operator.runai.models import Page
from tests.unit.engine.virtual_time import CLOCK, run
from tests.unit.fleet.fakes import FakeRunai, a_row


@dataclass
class Heard:
    moved: list[set[str]] = field(default_factory=list)
    sweeps: int = 0
    states: list[RunaiError | None] = field(default_factory=list)

    def swept(self, _: set[str]) -> None:
        self.sweeps += 1


def polling(runai: FakeRunai, test: Callable[[Poller, Heard], Awaitable[None]]) -> Heard:
    """Runs the test beside a poller with a delta each 5 s and a sweep each 60 s."""
    heard = Heard()

    async def story() -> None:
        poller = Poller(
            cast(RunaiClient, runai),
            Snapshot(),
            CLOCK,
            interval=5,
            full_interval=60,
            check=lambda _: None,
            moved=heard.moved.append,
            swept=heard.swept,
            state=heard.states.append,
        )
        task = asyncio.create_task(poller.run())
        await asyncio.sleep(0.1)
        await test(poller, heard)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(story())
    return heard


class WithoutEnd(FakeRunai):
    """Each page names the next, and each row is a new one."""

    async def list(self, **query: Any) -> Page:
        self.asked.append(query)
        offset = query["offset"]
        return Page(workloads=(a_row(f"{len(self.asked)}-{offset}"),), next=offset + 1)


def test_a_list_without_end_is_a_failure_of_the_connection_and_is_asked_for_less_and_less() -> None:
    runai = WithoutEnd()

    async def for_ten_minutes(_: Poller, heard: Heard) -> None:
        await asyncio.sleep(600)
        assert isinstance(heard.states[-1], Unreadable)
        assert "does not end" in heard.states[-1].message
        assert heard.sweeps == 0
        told = [state is None for state in heard.states]
        assert told == sorted(told, reverse=True), "it is told to work, and to fail, by turns"
        assert 1 < runai.sweeps <= 20

    polling(runai, for_ten_minutes)


def test_it_begins_with_a_sweep_of_all_pages() -> None:
    runai = FakeRunai(*(a_row(str(number)) for number in range(5)))
    runai.page_size = 2

    async def at_once(_: Poller, heard: Heard) -> None:
        assert heard.sweeps == 1
        assert heard.moved == [{"0", "1", "2", "3", "4"}]

    polling(runai, at_once)


def test_a_delta_asks_only_for_what_changed_since_the_newest_change() -> None:
    runai = FakeRunai(a_row("a", minute=10))

    async def story(_: Poller, heard: Heard) -> None:
        runai.rows = [a_row("a", "Completed", minute=11)]
        await asyncio.sleep(5)
        assert runai.deltas[0]["filter_by"] == ("phaseUpdatedAt>=2026-11-21T12:09:50+00:00",)
        assert heard.moved[-1] == {"a"}

    polling(runai, story)


def test_what_vanished_is_a_hint_of_the_next_sweep() -> None:
    runai = FakeRunai(a_row("a"), a_row("b"))

    async def story(_: Poller, heard: Heard) -> None:
        runai.rows.pop()
        await asyncio.sleep(61)
        assert {"b"} in heard.moved
        assert heard.sweeps == 2

    polling(runai, story)


def test_a_settled_fleet_costs_one_request_a_cycle() -> None:
    runai = FakeRunai(*(a_row(str(number)) for number in range(100)))

    async def story(_: Poller, heard: Heard) -> None:
        await asyncio.sleep(54)
        assert len(runai.asked) == 1 + 10
        assert [moved for moved in heard.moved[1:] if moved] == []

    polling(runai, story)


def test_a_connection_that_never_worked_fails_at_once() -> None:
    runai = FakeRunai()
    runai.failing = Unavailable("no route")

    async def story(_: Poller, heard: Heard) -> None:
        assert [type(state) for state in heard.states] == [Unavailable]

    polling(runai, story)


def test_one_failed_poll_of_a_working_connection_is_kept_quiet() -> None:
    runai = FakeRunai()

    async def story(_: Poller, heard: Heard) -> None:
        runai.failing = Unavailable("a hiccup")
        await asyncio.sleep(5)
        runai.failing = None
        await asyncio.sleep(10)
        assert not any(heard.states)

    polling(runai, story)


def test_refused_credentials_are_told_at_once() -> None:
    runai = FakeRunai()

    async def story(_: Poller, heard: Heard) -> None:
        runai.failing = Forbidden("revoked", status=401)
        await asyncio.sleep(5)
        assert isinstance(heard.states[-1], Forbidden)

    polling(runai, story)


def test_a_failing_connection_is_tried_at_most_twelve_times_a_minute_and_less_and_less() -> None:
    runai = FakeRunai()
    runai.failing = Unavailable("away")

    async def story(*_: object) -> None:
        await asyncio.sleep(60)
        in_the_first_minute = len(runai.asked)
        assert in_the_first_minute <= 12
        await asyncio.sleep(600)
        assert len(runai.asked) - in_the_first_minute <= 11

    polling(runai, story)
