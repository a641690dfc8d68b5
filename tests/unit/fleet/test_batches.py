"""Suspends and resumes, many at a time."""

import asyncio
from typing import cast

import pytest

from runai_operator.fleet.batches import Batches
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import Unavailable
from tests.unit.engine.virtual_time import CLOCK, run
from tests.unit.fleet.fakes import FakeRunai


def batches(runai: FakeRunai) -> Batches:
    return Batches(cast(RunaiClient, runai), "suspend", CLOCK)


def test_what_is_asked_together_is_sent_together() -> None:
    runai = FakeRunai()

    async def story() -> None:
        asked = batches(runai)
        assert await asyncio.gather(asked.ask("a"), asked.ask("b"), asked.ask("a")) == [None, None, None]

    run(story())
    assert runai.batches == [("suspend", ["a", "b"])]


def test_no_batch_holds_more_than_a_hundred_ids() -> None:
    runai = FakeRunai()

    async def story() -> None:
        asked = batches(runai)
        await asyncio.gather(*(asked.ask(str(number)) for number in range(250)))

    run(story())
    assert [len(ids) for _, ids in runai.batches] == [100, 100, 50]


def test_a_refusal_is_told_to_the_one_it_concerns() -> None:
    runai = FakeRunai()
    runai.refuses["b"] = "this kind cannot be suspended"

    async def story() -> None:
        asked = batches(runai)
        answers = await asyncio.gather(asked.ask("a"), asked.ask("b"))
        assert answers == [None, "this kind cannot be suspended"]

    run(story())


def test_a_failed_batch_fails_all_of_it_and_the_next_is_sent() -> None:
    runai = FakeRunai()
    runai.failing = Unavailable("away")

    async def story() -> None:
        asked = batches(runai)
        with pytest.raises(Unavailable):
            await asked.ask("a")
        runai.failing = None
        assert await asked.ask("a") is None

    run(story())


def test_closing_leaves_nobody_waiting_for_ever() -> None:
    async def story() -> None:
        asked = batches(FakeRunai())
        waiting = asyncio.create_task(asked.ask("a"))
        await asyncio.sleep(0.06)
        await asked.aclose()
        await asyncio.wait([waiting], timeout=1)
        assert waiting.done()

    run(story())
