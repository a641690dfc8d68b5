import asyncio
from collections import Counter

import pytest

from runai_operator.engine import KeyedQueue, Priority, QueueShutDown
from runai_operator.engine.lanes import PATIENCE

from .virtual_time import CLOCK, run

USER, FOLLOW_UP, BACKGROUND = Priority


def namespace(key: str) -> str:
    return key.partition("/")[0]


def a_queue() -> KeyedQueue[str]:
    return KeyedQueue(group=namespace, clock=CLOCK)


async def drain(queue: KeyedQueue[str]) -> list[str]:
    """Everything that is due now, in the order in which it comes."""
    keys = []
    while queue.due():
        keys.append(await queue.get())
        queue.done(keys[-1])
    return keys


ORDERS = [
    ("first come, first served", [("a/1", USER), ("a/2", USER)], ["a/1", "a/2"]),
    ("what is added twice comes once", [("a/1", USER), ("a/1", USER)], ["a/1"]),
    (
        "what a user did goes ahead",
        [("a/1", BACKGROUND), ("a/2", FOLLOW_UP), ("a/3", USER)],
        ["a/3", "a/2", "a/1"],
    ),
    ("a higher priority wins", [("a/1", FOLLOW_UP), ("a/2", BACKGROUND), ("a/2", USER)], ["a/2", "a/1"]),
    ("a lower priority does not", [("a/1", USER), ("a/2", FOLLOW_UP), ("a/1", BACKGROUND)], ["a/1", "a/2"]),
    (
        "namespaces take turns",
        [("a/1", USER), ("a/2", USER), ("a/3", USER), ("b/1", USER), ("c/1", USER)],
        ["a/1", "b/1", "c/1", "a/2", "a/3"],
    ),
    (
        "turns are taken within a priority only",
        [("a/1", USER), ("a/2", USER), ("b/1", BACKGROUND)],
        ["a/1", "a/2", "b/1"],
    ),
]


@pytest.mark.parametrize(("added", "taken"), [case[1:] for case in ORDERS], ids=[case[0] for case in ORDERS])
def test_order(added, taken):
    async def scenario():
        queue = a_queue()
        for key, priority in added:
            queue.add(key, priority=priority)
        return await drain(queue)

    assert run(scenario()) == taken


DELAYS = [
    ("a delayed key comes when it is due", [("a/1", 10)], 10),
    ("the earlier time wins over a later one", [("a/1", 10), ("a/1", 20)], 10),
    ("an earlier time wins over one set before", [("a/1", 20), ("a/1", 10)], 10),
    ("at once wins over later", [("a/1", 20), ("a/1", 0)], 0),
    ("later does not put off what is due", [("a/1", 0), ("a/1", 20)], 0),
    ("a time in the past is now", [("a/1", -5)], 0),
]


@pytest.mark.parametrize(("added", "due"), [case[1:] for case in DELAYS], ids=[case[0] for case in DELAYS])
def test_delay(added, due):
    async def scenario():
        queue, start = a_queue(), CLOCK.monotonic()
        for key, after in added:
            queue.add(key, after=after)
        assert await queue.get() == "a/1"
        assert queue.waiting() == 0
        return CLOCK.monotonic() - start

    assert run(scenario()) == pytest.approx(due)


def test_a_superseded_time_brings_a_key_no_second_time():
    async def scenario():
        queue = a_queue()
        queue.add("a/1", after=20)
        queue.add("a/1", after=10)
        queue.done(await queue.get())
        queue.add("a/1", after=50)
        start = CLOCK.monotonic()
        await queue.get()
        return CLOCK.monotonic() - start

    assert run(scenario()) == pytest.approx(50)


def test_a_key_in_hand_is_not_given_out_and_comes_round_again_once_it_is_done():
    async def scenario():
        queue = a_queue()
        queue.add("a/1")
        await queue.get()
        queue.add("a/1", priority=BACKGROUND, after=30)
        queue.add("a/1", priority=USER, after=60)
        assert queue.due() == 0
        await CLOCK.sleep(100)
        assert queue.due() == 0
        queue.done("a/1")
        assert queue.due() == 1
        await queue.get()
        return queue.priority("a/1")

    assert run(scenario()) == USER


def test_the_wait_for_a_key_that_returns_counts_from_the_request_and_not_from_done():
    async def scenario():
        queue = a_queue()
        queue.add("a/1")
        await queue.get()
        queue.add("a/1", after=30)
        await CLOCK.sleep(10)
        queue.done("a/1")
        start = CLOCK.monotonic()
        await queue.get()
        return CLOCK.monotonic() - start

    assert run(scenario()) == pytest.approx(20)


@pytest.mark.parametrize("lower", [FOLLOW_UP, BACKGROUND])
def test_a_lower_priority_is_served_although_better_work_never_ends(lower):
    async def scenario():
        queue = a_queue()
        queue.add("a/low", priority=lower)
        for taken in range(100):
            queue.add(f"a/{taken}")
            queue.add(f"b/{taken}")
            if await queue.get() == "a/low":
                return taken
        return None

    assert run(scenario()) == PATIENCE


def test_aging_leaves_most_turns_to_the_user():
    async def scenario():
        queue = a_queue()
        for number in range(200):
            queue.add(f"a/{number}", priority=USER)
            queue.add(f"b/{number}", priority=BACKGROUND)
        return Counter([namespace(await queue.get()) for _ in range(90)])

    assert run(scenario()) == {"a": 80, "b": 10}


def test_waiting_getters_are_woken_one_for_each_key_and_in_turn():
    async def scenario():
        queue = a_queue()
        getters = [asyncio.create_task(queue.get()) for _ in range(3)]
        await CLOCK.sleep(1)
        queue.add("a/now")
        queue.add("a/later", after=5)
        queue.add("a/soon", after=2)
        return await asyncio.gather(*getters)

    assert run(scenario()) == ["a/now", "a/soon", "a/later"]


def test_keys_that_become_due_together_go_to_as_many_getters():
    async def scenario():
        queue = a_queue()
        getters = [asyncio.create_task(queue.get()) for _ in range(3)]
        for number in range(3):
            queue.add(f"a/{number}", after=5)
        return {await getter for getter in getters}

    assert run(scenario()) == {"a/0", "a/1", "a/2"}


@pytest.mark.parametrize("after", [0, 5])
def test_a_cancelled_getter_loses_no_key(after):
    async def scenario():
        queue = a_queue()
        cancelled, other = (asyncio.create_task(queue.get()) for _ in range(2))
        await CLOCK.sleep(1)
        queue.add("a/1", after=after)
        cancelled.cancel()  # with after=0: woken, but not yet running
        async with asyncio.timeout(60):
            return await other

    assert run(scenario()) == "a/1"


def test_the_one_who_waits_longest_is_told_in_seconds():
    async def scenario():
        queue = a_queue()
        waits = [queue.oldest_wait()]
        queue.add("a/1", priority=BACKGROUND, after=10)
        queue.add("b/1", after=12)
        await CLOCK.sleep(15)
        waits.append(queue.oldest_wait())
        await queue.get()
        return [*waits, queue.oldest_wait()]

    assert run(scenario()) == pytest.approx([0, 5, 5]), "the better priority went first"


def test_shut_down_ends_every_wait_and_takes_nothing_more():
    async def scenario():
        queue = a_queue()
        queue.add("a/in-hand")
        await queue.get()
        queue.add("a/in-hand")
        getters = [asyncio.create_task(queue.get()) for _ in range(2)]
        queue.add("a/later", after=5)
        await CLOCK.sleep(1)
        queue.shut_down()
        queue.add("a/new")
        queue.done("a/in-hand")
        with pytest.raises(QueueShutDown):
            await queue.get()
        return await asyncio.gather(*getters, return_exceptions=True), queue.due()

    ended, due = run(scenario())
    assert [type(error) for error in ended] == [QueueShutDown, QueueShutDown]
    assert due == 0


def test_giving_back_what_nobody_holds_is_a_mistake():
    with pytest.raises(KeyError):
        a_queue().done("a/1")


def test_moving_a_key_a_hundred_thousand_times_leaves_no_litter():
    async def scenario():
        queue = a_queue()
        for number in range(100_000):
            queue.add(f"a/{number % 10}", after=200_000 - number)
        return queue.waiting(), len(queue._schedule._heap)

    keys, entries = run(scenario())
    assert keys == 10
    assert entries < 100
