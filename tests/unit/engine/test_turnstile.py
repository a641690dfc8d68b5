import asyncio

from runai_operator.engine.turnstile import Turnstile

from .virtual_time import CLOCK, run


def test_one_who_is_cancelled_in_the_moment_of_getting_the_turn_passes_it_on():
    async def scenario():
        turnstile = Turnstile()

        async def one():
            async with turnstile.turn():
                pass

        async with turnstile.turn():
            cancelled, other = (asyncio.create_task(one()) for _ in range(2))
            await CLOCK.sleep(1)
        cancelled.cancel()  # the turn is already its own, but it has not run yet
        async with asyncio.timeout(60):
            await other
            await one()
        return cancelled.cancelled()

    assert run(scenario())


def test_one_who_gave_up_waiting_is_passed_by():
    async def scenario():
        turnstile = Turnstile()
        async with turnstile.turn():
            waiting = asyncio.create_task(turnstile.turn().__aenter__())
            await CLOCK.sleep(1)
            waiting.cancel()
            await asyncio.wait([waiting])
        async with asyncio.timeout(60), turnstile.turn():
            return True

    assert run(scenario())
