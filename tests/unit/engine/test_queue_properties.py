"""The queue against a model: a dictionary of what was asked for, and when."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runai_operator.engine import KeyedQueue, Priority
from runai_operator.engine.lanes import PATIENCE

from .virtual_time import CLOCK, VirtualTimeLoop, run

KEYS = st.sampled_from([f"{namespace}/{name}" for namespace in "abc" for name in range(4)])
PRIORITIES = st.sampled_from(Priority)
DELAYS = st.sampled_from([0, 0, 0, 1, 5, 60])


class QueueMachine(RuleBasedStateMachine):
    """Never in two hands, nothing lost, nothing made up, nothing early, the best first or the longest passed over."""

    def __init__(self):
        super().__init__()
        self.loop = VirtualTimeLoop()
        self.queue = self.sync(self.new)
        self.wanted: dict[str, tuple[float, Priority]] = {}
        self.again: dict[str, tuple[float, Priority]] = {}
        self.in_hand: set[str] = set()
        self.passed_over: dict[Priority, int] = {}

    def teardown(self):
        self.loop.close()

    def sync(self, call, *args, **kwargs):
        async def inside():
            return call(*args, **kwargs)

        return self.loop.run_until_complete(inside())

    def new(self):
        return KeyedQueue(group=lambda key: key[0], clock=CLOCK)

    def due(self):
        return {key: priority for key, (due, priority) in self.wanted.items() if due <= self.loop.now}

    @rule(key=KEYS, priority=PRIORITIES, after=DELAYS)
    def add(self, key, priority, after):
        self.sync(self.queue.add, key, priority=priority, after=after)
        wishes = self.again if key in self.in_hand else self.wanted
        due, best = wishes.get(key, (float("inf"), priority))
        wishes[key] = min(due, self.loop.now + after), min(best, priority)

    @rule()
    def get(self):
        async def try_to_get():
            async with asyncio.timeout(0.5):
                return await self.queue.get()

        candidates = self.due()
        try:
            key = self.loop.run_until_complete(try_to_get())
        except TimeoutError:
            assert not candidates, "a key is due, and nobody gets it"
            return
        assert key not in self.in_hand
        assert key in self.due()
        if candidates:
            patient = self.passed_over.get(candidates[key], 0) >= PATIENCE
            assert patient or candidates[key] == min(candidates.values())
        assert self.queue.priority(key) == self.wanted.pop(key)[1]
        self.in_hand.add(key)
        served = candidates.get(key)
        self.passed_over = {
            lane: self.passed_over.get(lane, 0) + 1 for lane in candidates.values() if lane is not served
        }

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data())
    def done(self, data):
        key = data.draw(st.sampled_from(sorted(self.in_hand)))
        self.sync(self.queue.done, key)
        self.in_hand.remove(key)
        if key in self.again:
            self.wanted[key] = self.again.pop(key)

    @rule(seconds=st.sampled_from([0.5, 2, 30]))
    def wait(self, seconds):
        self.loop.run_until_complete(asyncio.sleep(seconds))

    @invariant()
    def counts_agree(self):
        assert self.queue.waiting() == len(self.wanted)
        assert self.sync(self.queue.due) == len(self.due())


QueueMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
TestQueue = QueueMachine.TestCase


LOWER = st.lists(st.sampled_from([Priority.FOLLOW_UP, Priority.BACKGROUND]), min_size=1, max_size=12)


@given(LOWER, st.integers(1, 4))
def test_nobody_starves_under_a_flood_of_better_work(lower, namespaces):
    async def scenario():
        queue = KeyedQueue(group=lambda key: key[0], clock=CLOCK)
        waiting = {(f"ns-{number % namespaces}", number) for number in range(len(lower))}
        for (namespace, number), priority in zip(sorted(waiting, key=lambda key: key[1]), lower, strict=True):
            queue.add((namespace, number), priority=priority)
        taken = 0
        while waiting:
            queue.add(("ns-0", 1000 + taken), priority=Priority.USER)
            waiting.discard(await queue.get())
            taken += 1
        return taken

    assert run(scenario()) <= (PATIENCE + 2) * len(lower)
