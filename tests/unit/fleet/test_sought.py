"""Where many workloads are expected, what a look did not find is gone only once a sweep has missed it too: in virtual
time, against a Run:ai of a few rows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from runai_operator.api.connection import RunaiConnectionSpec
from runai_operator.fleet.absence import Expected
from runai_operator.fleet.connection import SPACING, Listeners, LiveConnection
from runai_operator.fleet.tenancy import Tenancy
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.models import Page
from tests.unit.engine.virtual_time import CLOCK, run
from tests.unit.fleet.fakes import FakeRunai, a_row

INTERVAL = 5.0
SPEC = RunaiConnectionSpec.model_validate(
    {
        "url": "https://runai.example",
        "credentialsSecretRef": {"name": "x"},
        "polling": {"interval": "5s", "fullInterval": "10m"},
    }
)


class Fleet(FakeRunai):
    """`listing` is set while a list is on its way, which then waits for `answer`."""

    def __init__(self, count: int) -> None:
        super().__init__(*(a_row(f"w-{number}") for number in range(count)))
        ids = frozenset(each.id for each in self.rows)
        self.expected = Expected(ids, ids, ids)
        self.moved: list[set[str]] = []
        self.slow = False

    async def list(self, **query: Any) -> Page:
        page = await super().list(**query)
        if self.slow:
            await asyncio.sleep(1)
        return page

    async def aclose(self) -> None:
        pass

    def loses(self, *ids: str) -> None:
        self.rows = [each for each in self.rows if each.id not in ids]

    def told(self, workload_id: str) -> bool:
        return any(workload_id in moved for moved in self.moved)


def living(fleet: Fleet, story: Callable[[LiveConnection], Awaitable[None]]) -> None:
    """The story begins when the first sweep is through."""

    async def play() -> None:
        def nothing() -> None:
            pass

        listeners = Listeners(moved=fleet.moved.append, swept=nothing, changed=nothing, expected=lambda: fleet.expected)
        live = LiveConnection(SPEC, cast(RunaiClient, fleet), Tenancy("1001", nothing), CLOCK, listeners)
        live.start()
        await asyncio.sleep(0.1)
        fleet.moved.clear()
        await story(live)
        await live.aclose()

    run(play())


def test_of_many_one_is_missed_once_a_sweep_has_missed_it_too_and_that_is_told() -> None:
    fleet = Fleet(11)

    async def story(live: LiveConnection) -> None:
        fleet.loses("w-3")
        assert not live.missed("w-3")
        await asyncio.sleep(INTERVAL)
        assert live.missed("w-3")
        assert fleet.told("w-3")
        assert fleet.sweeps == 2

    living(fleet, story)


def test_of_a_few_one_that_is_not_listed_is_missed_at_once_and_nothing_is_read_for_it() -> None:
    fleet = Fleet(10)

    async def story(live: LiveConnection) -> None:
        live.forget("w-3")
        assert live.missed("w-3")
        await asyncio.sleep(2 * SPACING)
        assert fleet.sweeps == 1

    living(fleet, story)


def test_what_a_sweep_has_missed_is_missed_without_another() -> None:
    fleet = Fleet(11)

    async def story(live: LiveConnection) -> None:
        fleet.loses("w-3")
        await asyncio.sleep(SPEC.polling.full_interval_seconds)
        assert fleet.sweeps == 2
        assert live.missed("w-3")
        await asyncio.sleep(2 * SPACING)
        assert fleet.sweeps == 2

    living(fleet, story)


def test_what_was_missed_stays_so_though_nobody_expects_it_any_more_and_costs_nothing_more() -> None:
    """Told to have vanished, it has no phase any more; its resource is there, and is looked at now and then."""
    fleet = Fleet(12)

    async def story(live: LiveConnection) -> None:
        fleet.loses("w-3")
        assert not live.missed("w-3")
        await asyncio.sleep(INTERVAL)
        rest = fleet.expected.held - {"w-3"}
        fleet.expected = Expected(rest, rest, fleet.expected.recorded)
        for _ in range(100):
            assert live.missed("w-3")
            await asyncio.sleep(60)
        assert fleet.sweeps <= 2 + 100 * 60 / SPEC.polling.full_interval_seconds
        fleet.expected = Expected(rest, rest, rest)
        await asyncio.sleep(SPEC.polling.full_interval_seconds)
        assert not live.missed("w-3"), "nobody records it: it is remembered no longer"

    living(fleet, story)


def test_what_is_listed_is_not_missed_however_often_it_is_not_found() -> None:
    fleet = Fleet(11)

    async def story(live: LiveConnection) -> None:
        assert not live.missed("w-3")
        await asyncio.sleep(INTERVAL)
        assert fleet.told("w-3"), "so that it is looked for once more"
        assert not live.missed("w-3")

    living(fleet, story)


def test_of_a_few_too_one_that_is_listed_is_not_missed_before_a_sweep_has_missed_it() -> None:
    fleet = Fleet(3)

    async def story(live: LiveConnection) -> None:
        assert not live.missed("w-1")
        await asyncio.sleep(INTERVAL)
        assert fleet.told("w-1"), "so that it is looked for once more"
        assert not live.missed("w-1"), "it is listed still"
        fleet.loses("w-1")
        await asyncio.sleep(SPACING + INTERVAL)
        assert live.missed("w-1")

    living(fleet, story)


def test_a_sweep_that_had_begun_before_the_look_proves_nothing() -> None:
    fleet = Fleet(11)

    async def story(live: LiveConnection) -> None:
        fleet.loses("w-3")
        fleet.slow = True
        assert not live.missed("w-3")
        await asyncio.sleep(INTERVAL + 0.5)
        assert fleet.sweeps == 2
        fleet.loses("w-4")
        assert not live.missed("w-4")
        await asyncio.sleep(1)
        assert live.missed("w-3")
        assert not fleet.told("w-4")
        await asyncio.sleep(SPACING + INTERVAL + 1)
        assert fleet.sweeps == 3
        assert live.missed("w-4")

    living(fleet, story)


def test_many_looks_share_a_sweep_and_sweeps_keep_their_distance() -> None:
    fleet = Fleet(400)

    async def story(live: LiveConnection) -> None:
        for number in range(300):
            fleet.loses(f"w-{number}")
            fleet.expected = Expected(*[frozenset(each.id for each in fleet.rows) | {f"w-{number}"}] * 3)
            live.missed(f"w-{number}")
            await asyncio.sleep(1)
        assert fleet.sweeps <= 2 + 300 / SPACING
        assert live.absence is None

    living(fleet, story)


def test_a_role_that_goes_blind_is_noticed_at_the_first_look_and_not_at_the_next_sweep() -> None:
    fleet = Fleet(30)

    async def story(live: LiveConnection) -> None:
        fleet.rows.clear()
        for number in range(20):
            assert not live.missed(f"w-{number}")
        await asyncio.sleep(INTERVAL)
        assert "30 of 30" in (live.absence or "")

    living(fleet, story)


def test_what_we_had_deleted_is_missed_at_once() -> None:
    fleet = Fleet(11)

    async def story(live: LiveConnection) -> None:
        live.forget("w-3", deleted=True)
        fleet.loses("w-3")
        assert live.missed("w-3")
        await asyncio.sleep(2 * SPACING)
        assert fleet.sweeps == 1

    living(fleet, story)
