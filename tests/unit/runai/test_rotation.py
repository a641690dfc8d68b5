"""Credentials that change: those in use stay until the new ones have proven good."""

import asyncio
from urllib.parse import parse_qs

import httpx
import pytest

from runai_operator.runai import Credentials, Forbidden, OtherTenant, Unavailable
from runai_operator.runai.tokens import Tokens
from runai_operator.runai.wire import Wire

from .servers import error, token

OLD, NEW, RUBBISH = Credentials("app", "old"), Credentials("app", "new"), Credentials("app", "rubbish")


class Rotation:
    """A token endpoint that accepts some secrets, and a Secret that holds one of them."""

    def __init__(self) -> None:
        self.holds: Credentials | Exception = OLD
        self.accepts = {"old", "new"}
        self.of_another_tenant: set[str] = set()
        self.asked: list[str] = []
        self.proofs: list[str] = []
        self.now = 1000.0
        wire = Wire(httpx.URL("https://runai.test"), httpx.MockTransport(self.serve), timeout=5, user_agent="test")
        self.tokens = Tokens(wire, self.source, prove=self.prove, clock=lambda: self.now, wall=lambda: self.now)

    async def source(self) -> Credentials:
        if isinstance(self.holds, Exception):
            raise self.holds
        return self.holds

    async def prove(self, value: str) -> None:
        self.proofs.append(value)
        if value.split("-")[0] in self.of_another_tenant:
            raise OtherTenant("another tenant")

    def serve(self, request: httpx.Request) -> httpx.Response:
        secret = parse_qs(request.content.decode())["client_secret"][0]
        self.asked.append(secret)
        return token(f"{secret}-{len(self.asked)}", 3600) if secret in self.accepts else error(401)

    async def expires(self) -> str:
        self.now += 3600
        return await self.tokens.token()


@pytest.fixture
def rotation() -> Rotation:
    return Rotation()


async def test_credentials_are_proven_once_and_not_with_every_token(rotation: Rotation) -> None:
    assert await rotation.tokens.token() == "old-1"
    await rotation.expires()
    assert rotation.proofs == ["old-1"]
    assert (rotation.tokens.proven, rotation.tokens.login) == (OLD, 1)


async def test_new_ones_come_into_use_before_the_token_of_the_old_ones_ends(rotation: Rotation) -> None:
    await rotation.tokens.token()
    rotation.holds = NEW
    await rotation.tokens.renew()
    assert await rotation.tokens.token() == "new-2"
    assert (rotation.proofs, rotation.tokens.login) == (["old-1", "new-2"], 2)


async def test_while_new_ones_are_tried_the_token_in_use_serves(rotation: Rotation) -> None:
    await rotation.tokens.token()
    rotation.holds, hold = NEW, asyncio.Event()

    async def slowly(_: str) -> None:
        await hold.wait()

    rotation.tokens._prove = slowly
    renewal = asyncio.create_task(rotation.tokens.renew())
    await asyncio.sleep(0)
    assert await rotation.tokens.token() == "old-1"
    hold.set()
    await renewal
    assert await rotation.tokens.token() == "new-2"


@pytest.mark.parametrize(
    ("holds", "kind"),
    [
        pytest.param(RUBBISH, Forbidden, id="rubbish in it"),
        pytest.param(Unavailable("there is no Secret"), Unavailable, id="no Secret"),
    ],
)
async def test_what_cannot_be_used_changes_nothing_and_is_told(
    rotation: Rotation, holds: Credentials | Exception, kind: type[Exception]
) -> None:
    await rotation.tokens.token()
    rotation.holds = holds
    with pytest.raises(kind):
        await rotation.tokens.renew()
    assert (await rotation.expires()).startswith("old-")
    assert rotation.tokens.proven == OLD


async def test_after_a_401_the_new_ones_serve_the_same_call(rotation: Rotation) -> None:
    value = await rotation.tokens.token()
    rotation.holds, rotation.accepts = NEW, {"new"}
    rotation.tokens.refuse(value)
    assert (await rotation.tokens.token()).startswith("new-")


async def test_when_neither_can_be_used_the_new_ones_are_what_is_to_be_mended(rotation: Rotation) -> None:
    value = await rotation.tokens.token()
    rotation.holds, rotation.accepts = Unavailable("there is no Secret"), set()
    rotation.tokens.refuse(value)
    with pytest.raises(Unavailable, match="there is no Secret"):
        await rotation.tokens.token()


async def test_the_same_credentials_are_not_tried_twice(rotation: Rotation) -> None:
    value = await rotation.tokens.token()
    rotation.accepts = set()
    rotation.tokens.refuse(value)
    with pytest.raises(Forbidden):
        await rotation.tokens.token()
    assert rotation.asked == ["old", "old"]


async def test_with_credentials_of_another_tenant_nothing_is_sent_any_more(rotation: Rotation) -> None:
    value = await rotation.tokens.token()
    rotation.holds, rotation.of_another_tenant = NEW, {"new"}
    rotation.tokens.refuse(value)
    with pytest.raises(OtherTenant):
        await rotation.tokens.token()
    assert rotation.tokens.proven == OLD
