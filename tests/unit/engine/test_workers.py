import asyncio
import logging

import pytest

from runai_operator.engine import Backoff, KeyedQueue, Priority, Result, current_priority, run_workers

from .virtual_time import CLOCK, run


class Crew:
    """A queue, and a handler that plays what each key was given to play, one step a call."""

    def __init__(self, **script):
        self.queue = KeyedQueue(clock=CLOCK)
        self.backoff = Backoff(random=lambda: 0.5)
        self.script = {key: iter(steps) for key, steps in script.items()}
        self.calls = []
        self.start = CLOCK.monotonic()
        self.running = set()
        self.errors = []

    async def handler(self, key):
        assert key not in self.running, "two workers on one key"
        self.running.add(key)
        self.calls.append((key, round(CLOCK.monotonic() - self.start, 3), current_priority.get()))
        try:
            return await self.play(next(self.script.get(key, iter(())), Result()))
        finally:
            self.running.remove(key)

    async def play(self, step):
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, float):
            await CLOCK.sleep(step)
            return Result()
        return step

    def at_work(self, workers=2, **options):
        options = {"on_error": lambda key, error: self.errors.append((key, error))} | options
        return run_workers(self.queue, self.handler, workers=workers, backoff=self.backoff, clock=CLOCK, **options)

    def times(self, key):
        return [time for called, time, _ in self.calls if called == key]


def test_every_key_is_seen_to_by_as_many_hands_as_there_are():
    async def scenario():
        crew = Crew(**{f"key-{number}": [10.0] for number in range(6)})
        for key in crew.script:
            crew.queue.add(key)
        async with crew.at_work(workers=3) as workers:
            await CLOCK.sleep(5)
            assert workers.longest() == pytest.approx(5)
            await CLOCK.sleep(20)
            assert workers.longest() == 0
        return [time for _, time, _ in crew.calls]

    assert run(scenario()) == [0, 0, 0, 10, 10, 10]


def test_a_key_added_while_in_hand_is_run_again_afterwards():
    async def scenario():
        crew = Crew(key=[10.0])
        crew.queue.add("key")
        async with crew.at_work():
            await CLOCK.sleep(3)
            crew.queue.add("key")
            await CLOCK.sleep(60)
        return crew.times("key")

    assert run(scenario()) == [0, 10]


RESULTS = [
    ("nothing more", [Result()], [0]),
    ("again after so many seconds", [Result(after=7), Result(after=0)], [0, 7, 7]),
    ("retried by backoff when the handler says so", [Result(retry=True)] * 3, [0, 0.5, 1.5, 7.5]),
    ("an error is retried by backoff", [ValueError()] * 4, [0, 0.5, 1.5, 7.5, 14.5]),
    ("success starts the backoff over", [ValueError(), Result()], [0, 0.5]),
    ("looking again later leaves the backoff", [ValueError(), Result(after=3), ValueError()], [0, 0.5, 3.5, 4.5]),
]


@pytest.mark.parametrize(("steps", "times"), [case[1:] for case in RESULTS], ids=[case[0] for case in RESULTS])
def test_result(steps, times):
    async def scenario():
        crew = Crew(key=steps)
        crew.queue.add("key")
        async with crew.at_work():
            await CLOCK.sleep(600)
        return crew.times("key"), crew.backoff.failures("key")

    assert run(scenario()) == (times, 0)


PRIORITIES = [
    ("as asked", Priority.BACKGROUND, Result(after=1, priority=Priority.USER), Priority.USER),
    ("a failure of a user's follows up", Priority.USER, ValueError(), Priority.FOLLOW_UP),
    ("a failure in the background stays there", Priority.BACKGROUND, ValueError(), Priority.BACKGROUND),
]


@pytest.mark.parametrize(
    ("first", "step", "then"), [case[1:] for case in PRIORITIES], ids=[case[0] for case in PRIORITIES]
)
def test_the_handler_runs_with_the_priority_of_its_key(first, step, then):
    async def scenario():
        crew = Crew(key=[step])
        crew.queue.add("key", priority=first)
        async with crew.at_work():
            await CLOCK.sleep(60)
        return [priority for _, _, priority in crew.calls]

    assert run(scenario()) == [first, then]


def test_an_error_is_told_once_with_its_key_and_disturbs_no_other(caplog):
    async def scenario():
        crew = Crew(bad=[ValueError("no such project")], good=[Result()])
        for key in ("bad", "good"):
            crew.queue.add(key)
        async with run_workers(crew.queue, crew.handler, workers=1, backoff=crew.backoff, clock=CLOCK):
            await CLOCK.sleep(0.25)
        return crew.times("good")

    with caplog.at_level(logging.INFO):
        assert run(scenario()) == [0]
    (record,) = caplog.records
    assert "bad" in record.getMessage()
    assert "no such project" in caplog.text


def test_a_cancelled_future_of_the_handlers_costs_no_worker():
    async def scenario():
        crew = Crew(key=[asyncio.CancelledError()])
        crew.queue.add("key")
        async with crew.at_work(workers=1):
            await CLOCK.sleep(60)
        return len(crew.calls), [key for key, _ in crew.errors]

    assert run(scenario()) == (2, ["key"])


def test_stopping_finishes_what_is_in_hand_and_takes_nothing_more():
    async def scenario():
        crew = Crew(slow=[5.0])
        crew.queue.add("slow")
        async with crew.at_work(workers=1) as workers:
            await CLOCK.sleep(1)
            crew.queue.add("waiting")
            clean = await workers.stop(within=8)
        return clean, crew.times("waiting"), crew.running, CLOCK.monotonic() - crew.start

    assert run(scenario()) == (True, [], set(), pytest.approx(5))


def test_stopping_cancels_what_is_not_finished_within_the_deadline():
    async def scenario():
        crew = Crew(slow=[500.0], quick=[2.0])
        for key in ("slow", "quick"):
            crew.queue.add(key)
        async with crew.at_work() as workers:
            await CLOCK.sleep(1)
            clean = await workers.stop(within=8)
        return clean, crew.running, crew.errors, CLOCK.monotonic() - crew.start

    assert run(scenario()) == (False, set(), [], pytest.approx(9))


def test_leaving_the_block_stops_within_the_given_time():
    async def scenario():
        crew = Crew(slow=[500.0])
        crew.queue.add("slow")
        async with crew.at_work(stop_within=4):
            await CLOCK.sleep(1)
        return CLOCK.monotonic() - crew.start

    assert run(scenario()) == pytest.approx(5)


def test_an_error_in_the_block_leaves_no_worker_behind():
    async def a_failing_block(crew):
        async with crew.at_work():
            await CLOCK.sleep(1)
            assert crew.running == {"slow"}
            raise ValueError("the block failed")

    async def scenario():
        crew = Crew(slow=[500.0])
        crew.queue.add("slow")
        with pytest.raises(ExceptionGroup) as group:
            await a_failing_block(crew)
        return crew.running, len(asyncio.all_tasks()), str(group.value.exceptions[0])

    assert run(scenario()) == (set(), 1, "the block failed")
