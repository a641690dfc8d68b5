"""Who leads, in virtual time: nobody believes another's clock, and no two may write at the same time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from runai_operator.kube.election import Elector, Lease, LeaseLost, Taken, Timing
from tests.unit.engine.virtual_time import CLOCK, LoopClock, run
from tests.unit.kube.memory_lease import MemoryLease

TIMING = Timing(duration=17, renew_deadline=6, retry_period=1)
NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


def of(holder: str, *, duration: float = 17, renewed: datetime = NOW, transitions: int = 4) -> Lease:
    return Lease(holder, duration, NOW, renewed, transitions)


def an_elector(leases: MemoryLease, name: str = "a", clock: LoopClock = CLOCK) -> Elector:
    return Elector(leases, name, TIMING, clock)


@asynccontextmanager
async def holding(elector: Elector) -> AsyncIterator[asyncio.Task[None]]:
    """It leads, and renews its Lease in the background."""
    await elector.acquire()
    task = asyncio.create_task(elector.hold())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("found", "after"),
    [
        pytest.param(None, 0, id="there is none: at once"),
        pytest.param(of(""), 0, id="given back: at once"),
        pytest.param(of("a"), 0, id="ours, by an update whose answer was lost: at once"),
        pytest.param(of("b"), 17, id="another's: once it has not changed for its duration"),
        pytest.param(of("b", renewed=NOW - YEAR), 17, id="another's whose clock is a year behind"),
        pytest.param(of("b", renewed=NOW + YEAR), 17, id="another's whose clock is a year ahead"),
        pytest.param(of("b", duration=3), 3, id="another's that claims less"),
        pytest.param(of("b", duration=100), 100, id="another's that claims more"),
    ],
)
def test_when_a_lease_is_taken(found: Lease | None, after: float) -> None:
    async def scenario() -> None:
        leases, began = MemoryLease(found), CLOCK.monotonic()
        elector = an_elector(leases)
        await elector.acquire()
        assert CLOCK.monotonic() - began == pytest.approx(after)
        assert elector.why_not() is None
        assert leases.lease is not None
        assert leases.lease.holder == "a"
        assert leases.lease.duration == TIMING.duration

    run(scenario())


@pytest.mark.parametrize(
    ("found", "transitions", "kept"),
    [
        pytest.param(None, 0, False, id="the first"),
        pytest.param(of(""), 5, False, id="after one that gave it back"),
        pytest.param(of("b", duration=1), 5, False, id="after one that died"),
        pytest.param(of("a"), 4, True, id="after itself"),
    ],
)
def test_how_often_the_lead_changed_is_counted(found: Lease | None, transitions: int, kept: bool) -> None:
    leases = MemoryLease(found)
    run(an_elector(leases).acquire())
    assert leases.lease is not None
    assert leases.lease.transitions == transitions
    assert (leases.lease.acquired == NOW) is kept


def test_while_another_renews_nobody_takes_over() -> None:
    async def scenario() -> None:
        leases = MemoryLease()
        async with holding(an_elector(leases, "a")):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(an_elector(leases, "b").acquire(), 1000)

    run(scenario())


def test_one_that_dies_is_followed_once_its_lease_expired() -> None:
    async def scenario() -> None:
        leases = MemoryLease()
        standby = an_elector(leases, "b")
        async with holding(an_elector(leases, "a")):
            following = asyncio.create_task(standby.acquire())
            await CLOCK.sleep(100)
        died = CLOCK.monotonic()
        await following
        assert 16 <= CLOCK.monotonic() - died <= 18

    run(scenario())


def test_of_two_that_see_it_expire_one_leads() -> None:
    async def scenario() -> None:
        leases = MemoryLease(of("c"))
        both = [an_elector(leases, name) for name in ("a", "b")]
        tasks = [asyncio.create_task(each.acquire()) for each in both]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await CLOCK.sleep(0.5)
        assert sum(each.why_not() is None for each in both) == 1
        for task in tasks:
            task.cancel()

    run(scenario())


def test_given_back_it_is_anothers_within_the_retry_period() -> None:
    async def scenario() -> None:
        leases = MemoryLease()
        leader, standby = an_elector(leases, "a"), an_elector(leases, "b")
        async with holding(leader):
            following = asyncio.create_task(standby.acquire())
            await CLOCK.sleep(100.25)
        await leader.release()
        assert leader.why_not() == "this instance does not lead"
        given_back = CLOCK.monotonic()
        await following
        assert CLOCK.monotonic() - given_back <= TIMING.retry_period

    run(scenario())


def test_given_back_in_the_middle_of_a_renewal_it_is_free_all_the_same() -> None:
    async def scenario() -> None:
        leases = MemoryLease()
        elector = an_elector(leases)
        await elector.acquire()
        leases.mute = True
        renewing = asyncio.create_task(elector.hold())
        await CLOCK.sleep(TIMING.retry_period + 0.1)
        renewing.cancel()
        leases.mute = False
        await elector.release()
        assert leases.lease is not None
        assert leases.lease.holder == ""

    run(scenario())


async def _another_takes_it(leases: MemoryLease) -> None:
    leases.lease = Lease("b", 17, NOW, NOW, 1, "of-b")


async def _the_api_server_is_away_for_long(leases: MemoryLease) -> None:
    leases.away = True


async def _answers_are_lost_for_long(leases: MemoryLease) -> None:
    leases.mute = True


@pytest.mark.parametrize(
    ("happens", "within", "why"),
    [
        (_another_takes_it, 1, "b holds the Lease now"),
        (_the_api_server_is_away_for_long, 7, "the Lease was last renewed .* \\(TimeoutError\\)"),
        (_answers_are_lost_for_long, 7, "the Lease was last renewed .* \\(TimeoutError\\)"),
    ],
)
def test_the_lead_is_lost_for_good(happens: Callable[[MemoryLease], Awaitable[None]], within: float, why: str) -> None:
    async def scenario() -> None:
        leases = MemoryLease()
        elector = an_elector(leases)
        async with holding(elector) as task:
            await CLOCK.sleep(10.5)
            await happens(leases)
            with pytest.raises(LeaseLost, match=why):
                await asyncio.wait_for(task, within)
        leases.away = leases.mute = False
        before = leases.lease
        await elector.release()
        assert leases.lease == before, "what is another's is not given back"
        assert elector.why_not() is not None

    run(scenario())


async def _the_api_server_is_away(leases: MemoryLease) -> None:
    leases.away = True
    await CLOCK.sleep(4)
    leases.away = False


async def _an_answer_is_lost(leases: MemoryLease) -> None:
    leases.mute = True
    await CLOCK.sleep(1)
    leases.mute = False


async def _somebody_deletes_it(leases: MemoryLease) -> None:
    leases.lease = None


@pytest.mark.parametrize("happens", [_the_api_server_is_away, _an_answer_is_lost, _somebody_deletes_it])
def test_the_lead_is_kept(happens: Callable[[MemoryLease], Awaitable[None]]) -> None:
    async def scenario() -> None:
        leases = MemoryLease()
        elector = an_elector(leases)
        async with holding(elector) as task:
            await CLOCK.sleep(10.5)
            await happens(leases)
            await CLOCK.sleep(100)
            assert not task.done()
            assert elector.why_not() is None
            assert leases.lease is not None
            assert leases.lease.holder == "a"

    run(scenario())


class Suspended(LoopClock):
    """Goes on while the machine is suspended, in which nothing else does."""

    slept = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.slept


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (4, True), (5.9, False), (3600, False)])
def test_a_machine_that_was_suspended_writes_only_within_the_deadline(seconds: float, may: bool) -> None:
    """The newest renewal is up to a retry period old when it happens."""

    async def scenario() -> None:
        clock = Suspended()
        elector = an_elector(MemoryLease(), clock=clock)
        async with holding(elector) as task:
            await CLOCK.sleep(10.5)
            clock.slept += seconds
            assert (elector.why_not() is None) is may
            await asyncio.wait([task], timeout=2)
            assert task.done() is not may, "who slept too long has no claim to the Lease, though nobody took it"

    run(scenario())


class Unreliable(MemoryLease):
    """Slow as chance will have it, refusing, losing answers, and carrying out late what was given up."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    async def get(self) -> Lease | None:
        await self._way()
        return await super().get()

    async def create(self, lease: Lease) -> Lease:
        await self._way()
        return await self._carried_out(lambda: MemoryLease.create(self, lease))

    async def update(self, lease: Lease) -> Lease:
        await self._way()
        return await self._carried_out(lambda: MemoryLease.update(self, lease))

    async def _carried_out(self, write: Callable[[], Awaitable[Lease]]) -> Lease:
        if self._chance.random() < 0.1:
            asyncio.get_running_loop().call_later(
                self._chance.uniform(0, 60), lambda: asyncio.create_task(_quiet(write))
            )
            raise TimeoutError
        written = await write()
        await self._way()
        return written

    async def _way(self) -> None:
        """There, or back."""
        await CLOCK.sleep(self._chance.choice([0, 0.01, 0.5, 3]))
        if self._chance.random() < 0.2:
            raise TimeoutError


async def _quiet(write: Callable[[], Awaitable[Lease]]) -> None:
    with suppress(Taken, TimeoutError):
        await write()


@pytest.mark.parametrize("seed", range(40))
def test_a_write_is_over_before_another_may_write(seed: int) -> None:
    """Three instances over half an hour of an API server that fails in every way: `grace` lies between any two."""
    permitted: list[tuple[float, str]] = []

    async def scenario() -> None:
        leases = Unreliable(random.Random(seed))
        current: dict[str, Elector] = {}

        async def live(name: str) -> None:
            """Started anew whenever it ended, as a Pod is."""
            for number in range(1000):
                elector = current[name] = an_elector(leases, f"{name}{number}")
                await elector.acquire()
                with pytest.raises(LeaseLost):
                    await elector.hold()

        lives = [asyncio.create_task(live(name)) for name in "abc"]
        for _ in range(18_000):
            await CLOCK.sleep(0.1)
            permitted.extend((CLOCK.monotonic(), each.identity) for each in current.values() if each.why_not() is None)
        for task in lives:
            assert not task.done()
            task.cancel()

    run(scenario())
    changes = [later - earlier for (earlier, one), (later, other) in pairwise(permitted) if one != other]
    assert changes, "nobody ever followed anybody"
    assert min(changes) >= TIMING.grace
