import asyncio
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runai_operator.engine import BreakerLimits, Budget, BudgetClosed, Priority, current_priority
from runai_operator.engine.budget import LONGEST_PAUSE

from .virtual_time import CLOCK, run

LIMITS = BreakerLimits(outages=3, first=10, longest=40)


class Outage(Exception):
    pass


class Refused(Exception):
    pass


class Throttled(Exception):
    def __init__(self, seconds):
        self.seconds = seconds


def a_budget(requests_per_second: float = 1000, max_concurrent: int = 100, **changes) -> Budget:
    return Budget(
        requests_per_second,
        max_concurrent,
        **{
            "clock": CLOCK,
            "is_outage": lambda error: isinstance(error, Outage),
            "retry_after": lambda error: error.seconds if isinstance(error, Throttled) else None,
            "limits": LIMITS,
        }
        | changes,
    )


class Remote:
    """The other side: counts who is there, and when they came."""

    def __init__(self):
        self.start = CLOCK.monotonic()
        self.arrivals = []
        self.inside = self.most = 0

    @asynccontextmanager
    async def visit(self):
        self.arrivals.append(CLOCK.monotonic() - self.start)
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            yield
        finally:
            self.inside -= 1


async def ask(budget, *, takes: float = 0, error: BaseException | None = None, remote: Remote | None = None):
    async with budget(), (remote or Remote()).visit():
        await CLOCK.sleep(takes)
        if error:
            raise error


async def an_outage(budget):
    for _ in range(LIMITS.outages):
        with pytest.raises(Outage):
            await ask(budget, error=Outage())


async def is_closed(budget) -> bool:
    try:
        await ask(budget)
    except BudgetClosed:
        return True
    return False


def test_requests_are_spread_over_time_after_a_small_burst():
    async def scenario():
        budget, remote = a_budget(requests_per_second=10), Remote()
        await asyncio.gather(*(ask(budget, remote=remote) for _ in range(6)))
        return remote.arrivals

    assert run(scenario()) == pytest.approx([0, 0, 0.1, 0.2, 0.3, 0.4])


def test_no_more_than_so_many_at_the_same_time():
    async def scenario():
        budget, remote = a_budget(max_concurrent=3), Remote()
        await asyncio.gather(*(ask(budget, takes=1, remote=remote) for _ in range(9)))
        return remote.most, CLOCK.monotonic() - remote.start

    most, seconds = run(scenario())
    assert most == 3
    assert seconds == pytest.approx(3)


def test_a_short_retry_after_holds_everybody_back_for_so_long():
    async def scenario():
        budget, remote = a_budget(), Remote()
        with pytest.raises(Throttled):
            await ask(budget, error=Throttled(1.5), remote=remote)
        assert budget.retry_in() == pytest.approx(1.5)
        await asyncio.gather(*(ask(budget, remote=remote) for _ in range(3)))
        return remote.arrivals

    assert run(scenario()) == pytest.approx([0, 1.5, 1.5, 1.5])


@pytest.mark.parametrize(("asked", "told"), [(60, 60), (10**9, LONGEST_PAUSE)])
def test_a_long_retry_after_turns_callers_away_instead_of_holding_them(asked, told):
    async def scenario():
        budget, start = a_budget(), CLOCK.monotonic()
        with pytest.raises(Throttled):
            await ask(budget, error=Throttled(asked))
        with pytest.raises(BudgetClosed) as closed:
            await ask(budget)
        assert CLOCK.monotonic() == start
        await CLOCK.sleep(closed.value.retry_in)
        return closed.value.retry_in, await is_closed(budget)

    retry_in, still_closed = run(scenario())
    assert retry_in == pytest.approx(told)
    assert not still_closed


def test_a_shorter_retry_after_does_not_cut_a_longer_one():
    async def scenario():
        budget = a_budget()
        asked = [ask(budget, takes=1, error=Throttled(60)), ask(budget, takes=2, error=Throttled(1))]
        await asyncio.gather(*asked, return_exceptions=True)
        return budget.retry_in()

    assert run(scenario()) == pytest.approx(59)


def test_outages_in_a_row_close_it_at_once_and_a_probe_opens_it_again():
    async def scenario():
        budget, start = a_budget(), CLOCK.monotonic()
        await an_outage(budget)
        with pytest.raises(BudgetClosed) as closed:
            await ask(budget)
        assert CLOCK.monotonic() == start
        await CLOCK.sleep(closed.value.retry_in)
        await ask(budget)
        return closed.value.retry_in, budget.retry_in()

    assert run(scenario()) == (pytest.approx(10), 0)


def test_refusals_are_answers_and_never_close_it():
    async def scenario():
        budget = a_budget()
        for _ in range(20):
            with pytest.raises(Refused):
                await ask(budget, error=Refused())
        return await is_closed(budget)

    assert run(scenario()) is False


def test_only_one_probes_while_the_others_are_turned_away():
    async def scenario():
        budget, remote = a_budget(), Remote()
        await an_outage(budget)
        await CLOCK.sleep(10)
        asked = [ask(budget, takes=5, remote=remote) for _ in range(8)]
        return remote, await asyncio.gather(*asked, return_exceptions=True)

    remote, outcomes = run(scenario())
    assert len(remote.arrivals) == 1
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BudgetClosed"] * 7 + ["NoneType"]


def test_a_cancelled_probe_leaves_the_way_to_the_next_one():
    async def scenario():
        budget = a_budget()
        await an_outage(budget)
        await CLOCK.sleep(10)
        probe = asyncio.create_task(ask(budget, takes=60))
        await CLOCK.sleep(1)
        assert await is_closed(budget)
        probe.cancel()
        await asyncio.wait([probe])
        return await is_closed(budget)

    assert run(scenario()) is False


def test_those_who_wait_in_line_are_turned_away_when_it_closes():
    async def scenario():
        budget, remote = a_budget(max_concurrent=3), Remote()
        failing = [ask(budget, takes=1, error=Outage(), remote=remote) for _ in range(3)]
        waiting = [ask(budget, remote=remote) for _ in range(4)]
        outcomes = await asyncio.gather(*failing, *waiting, return_exceptions=True)
        return len(remote.arrivals), [type(outcome) for outcome in outcomes[3:]]

    # the first in line comes in as the first request fails, before three of them have
    arrivals, outcomes = run(scenario())
    assert arrivals <= 4
    assert outcomes[-3:] == [BudgetClosed] * 3


def test_the_error_for_closed_is_the_callers_choice():
    async def scenario():
        budget = a_budget(closed_error=lambda seconds: ConnectionError(f"away for {seconds:.0f} s"))
        await an_outage(budget)
        await ask(budget)

    with pytest.raises(ConnectionError, match="away for 10 s"):
        run(scenario())


def test_what_a_user_did_goes_ahead_in_line():
    async def scenario():
        budget, order = a_budget(requests_per_second=1), []

        async def one(name, priority):
            current_priority.set(priority)
            async with budget():
                order.append(name)

        names = [("first", Priority.BACKGROUND), ("holds the turn", Priority.BACKGROUND)]
        names += [("background", Priority.BACKGROUND), ("follow-up", Priority.FOLLOW_UP), ("user", Priority.USER)]
        await asyncio.gather(*(one(*name) for name in names))
        return order

    assert run(scenario()) == ["first", "holds the turn", "user", "follow-up", "background"]


def test_the_background_gets_in_although_users_never_stop():
    async def scenario():
        budget, ahead = a_budget(requests_per_second=1), 0

        async def user():
            nonlocal ahead
            async with budget():
                ahead += 1

        async def background():
            async with budget():
                return ahead

        current_priority.set(Priority.USER)
        users = [asyncio.create_task(user()) for _ in range(10)]
        await CLOCK.sleep(0)
        current_priority.set(Priority.BACKGROUND)
        poller = asyncio.create_task(background())
        await CLOCK.sleep(0)
        current_priority.set(Priority.USER)
        users += [asyncio.create_task(user()) for _ in range(500)]
        waited = await poller
        await asyncio.gather(*users)
        return waited

    assert 10 < run(scenario()) < 100


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.floats(0, 3), st.floats(0, 2), st.floats(0, 4), st.sampled_from([None, Refused, Outage])),
        max_size=25,
    ),
)
def test_whatever_is_cancelled_or_fails_no_slot_and_no_turn_is_lost(max_concurrent, requests):
    async def one(budget, remote, begin, takes, cancel_at, error):
        await CLOCK.sleep(begin)
        task = asyncio.create_task(ask(budget, takes=takes, error=error and error(), remote=remote))
        await asyncio.wait([task], timeout=cancel_at)
        task.cancel()
        await asyncio.wait([task])

    async def scenario():
        budget, remote = a_budget(requests_per_second=5, max_concurrent=max_concurrent), Remote()
        await asyncio.gather(*(one(budget, remote, *request) for request in requests))
        assert remote.most <= max_concurrent
        await CLOCK.sleep(LIMITS.longest)
        await ask(budget)  # closes the breaker, where it was open
        afterwards = Remote()
        async with asyncio.timeout(60):
            await asyncio.gather(*(ask(budget, takes=10, remote=afterwards) for _ in range(max_concurrent)))
        return afterwards.most

    assert run(scenario()) == max_concurrent
