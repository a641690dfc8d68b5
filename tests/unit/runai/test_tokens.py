"""The token: one refresh at a time, ahead of expiry, after a 401, from either endpoint."""

import asyncio
import base64
import json
from collections.abc import Callable

import httpx
import pytest

from runai_operator.runai import Credentials, Forbidden, RunaiClient, RunaiError, Throttled, Unavailable, Unreadable
from runai_operator.runai.tokens import Tokens, lifetime_of
from runai_operator.runai.wire import Wire

from .servers import CREDENTIALS, V2, WORKLOAD_ID, Scripted, error, token


class Endpoint:
    """The token endpoints, counting who asks, and a clock that only moves when told."""

    def __init__(self, answer: Callable[[httpx.Request, int], httpx.Response]) -> None:
        self.answer = answer
        self.asked: list[httpx.Request] = []
        self.reached = asyncio.Event()
        self.now = 1000.0
        self.credentials = CREDENTIALS
        wire = Wire(httpx.URL("https://runai.test"), httpx.MockTransport(self.serve), timeout=5, user_agent="test")
        self.tokens = Tokens(wire, self.source, clock=lambda: self.now, wall=lambda: self.now)

    async def source(self) -> Credentials:
        return self.credentials

    async def serve(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.reached.set()
        count = len(self.asked)
        await asyncio.sleep(0)
        return self.answer(request, count)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


def numbered(_: httpx.Request, count: int) -> httpx.Response:
    return token(f"token-{count}")


async def test_a_hundred_callers_make_one_request():
    endpoint = Endpoint(numbered)
    assert set(await asyncio.gather(*(endpoint.tokens.token() for _ in range(100)))) == {"token-1"}
    assert len(endpoint.asked) == 1


async def test_a_failed_refresh_fails_all_who_wait_and_is_not_asked_once_each():
    endpoint = Endpoint(lambda *_: error(500))
    outcomes = await asyncio.gather(*(endpoint.tokens.token() for _ in range(100)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    with pytest.raises(Unavailable):
        await endpoint.tokens.token()
    assert len(endpoint.asked) == 1


async def test_a_failure_is_forgotten_after_a_second():
    endpoint = Endpoint(lambda _, count: error(500) if count == 1 else token())
    with pytest.raises(Unavailable):
        await endpoint.tokens.token()
    endpoint.now += 1.0
    assert await endpoint.tokens.token() == "token-1"


async def test_refused_credentials_are_tried_at_most_twelve_times_a_minute():
    endpoint = Endpoint(lambda *_: error(401))
    for _ in range(600):
        with pytest.raises(Forbidden):
            await endpoint.tokens.token()
        endpoint.now += 0.1
    assert len(endpoint.asked) <= 12 + 1


async def test_a_caller_who_gives_up_does_not_end_the_refresh_of_the_others():
    endpoint = Endpoint(numbered)
    impatient, patient = (asyncio.create_task(endpoint.tokens.token()) for _ in range(2))
    await asyncio.wait_for(endpoint.reached.wait(), 5)
    impatient.cancel()
    assert await patient == "token-1"
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_closing_ends_a_refresh_and_tells_who_waits():
    endpoint = Endpoint(numbered)
    never = asyncio.Event()

    async def stuck() -> Credentials:
        await never.wait()
        return CREDENTIALS

    endpoint.tokens = Tokens(endpoint.tokens._wire, stuck)
    waiting = asyncio.create_task(endpoint.tokens.token())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await endpoint.tokens.aclose()
    with pytest.raises(Unavailable, match="closed"):
        await waiting


@pytest.mark.parametrize(("lifetime", "kept_for", "renewed_at"), [(3600, 3539, 3541), (100, 89, 91)])
async def test_a_token_is_renewed_ahead_of_its_expiry(lifetime, kept_for, renewed_at):
    endpoint = Endpoint(lambda _, count: token(f"token-{count}", lifetime))
    await endpoint.tokens.token()
    endpoint.now = 1000.0 + kept_for
    assert await endpoint.tokens.token() == "token-1"
    endpoint.now = 1000.0 + renewed_at
    assert await endpoint.tokens.token() == "token-2"


async def test_a_token_serves_until_it_expires_when_it_cannot_be_renewed():
    endpoint = Endpoint(lambda _, count: token("token-1", 100) if count == 1 else error(503))
    await endpoint.tokens.token()
    endpoint.now += 95
    assert await endpoint.tokens.token() == "token-1"
    endpoint.now += 5
    with pytest.raises(Unavailable):
        await endpoint.tokens.token()


def jwt(**claims: float) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{part}.sig"


@pytest.mark.parametrize(
    ("value", "expires_in", "lifetime"),
    [
        pytest.param(jwt(exp=1100), 3600, 100, id="an earlier exp counts"),
        pytest.param(jwt(exp=9000), 3600, 3600, id="an earlier expires_in counts"),
        pytest.param(jwt(exp=1100), None, 100, id="exp alone"),
        pytest.param(jwt(exp=900, iat=840), None, 60, id="a clock that is ahead"),
        pytest.param(jwt(exp=900), 3600, 3600, id="a clock that is ahead, and no iat"),
        pytest.param("opaque", 3600, 3600, id="no JWT"),
        pytest.param("a.!!.c", 3600, 3600, id="a broken JWT"),
        pytest.param("opaque", None, 300, id="untold"),
        pytest.param("opaque", 0, 300, id="nonsense"),
    ],
)
def test_how_long_a_token_is_valid(value, expires_in, lifetime):
    assert lifetime_of(value, expires_in, 1000.0) == lifetime


@pytest.mark.parametrize("status", [404, 405])
async def test_the_older_endpoint_is_asked_where_the_newer_is_missing_and_remembered(status):
    def old(request: httpx.Request, count: int) -> httpx.Response:
        if request.url.path == "/api/v2/token":
            return httpx.Response(status, html="<html>")
        return httpx.Response(200, json={"accessToken": f"token-{count}", "expiresIn": 3600})

    endpoint = Endpoint(old)
    first = await endpoint.tokens.token()
    endpoint.tokens.refuse(first)
    await endpoint.tokens.token()
    assert endpoint.paths == ["/api/v2/token", "/api/v1/token", "/api/v1/token"]
    assert json.loads(endpoint.asked[1].content)["clientSecret"] == CREDENTIALS.client_secret


async def test_the_newer_endpoint_is_found_after_an_upgrade():
    def upgraded(request: httpx.Request, count: int) -> httpx.Response:
        old = request.url.path == "/api/v1/token"
        return token(f"token-{count}") if old == (count <= 2) else error(404)

    endpoint = Endpoint(upgraded)
    endpoint.tokens.refuse(await endpoint.tokens.token())
    await endpoint.tokens.token()
    assert endpoint.paths == ["/api/v2/token", "/api/v1/token", "/api/v1/token", "/api/v2/token"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(httpx.Response(401, json={"error": "invalid_client"}), Forbidden, id="wrong credentials"),
        pytest.param(error(400), Forbidden, id="400"),
        pytest.param(httpx.Response(404, html="<html>"), Unreadable, id="no token endpoint at all"),
        pytest.param(httpx.Response(302, headers={"location": "/login"}), Unreadable, id="redirect"),
        pytest.param(httpx.Response(200, html="<html>"), Unreadable, id="HTML"),
        pytest.param(httpx.Response(200), Unreadable, id="empty"),
        pytest.param(httpx.Response(200, json={}), Unreadable, id="no token in it"),
        pytest.param(token("line\nbreak"), Unreadable, id="no token that can be sent"),
        pytest.param(httpx.Response(429, headers={"retry-after": "9"}), Throttled, id="429"),
        pytest.param(error(503), Unavailable, id="503"),
    ],
)
async def test_what_a_missing_token_ends_in(answer, kind):
    with pytest.raises(RunaiError) as raised:
        await Endpoint(lambda *_: answer).tokens.token()
    assert type(raised.value) is kind
    assert raised.value.path in raised.value.message


async def test_no_text_holds_the_secret_or_a_token():
    endpoint = Endpoint(lambda *_: httpx.Response(401, json={"error": f"wrong: {CREDENTIALS.client_secret}"}))
    with pytest.raises(Forbidden) as raised:
        await endpoint.tokens.token()
    odd = Endpoint(lambda *_: httpx.Response(200, json={"access_token": ["s3cr3t-value"]}))
    with pytest.raises(Unreadable) as unreadable:
        await odd.tokens.token()
    good = Endpoint(lambda *_: token("s3cr3t-value"))
    await good.tokens.token()
    texts = [repr(raised.value), repr(unreadable.value), repr(CREDENTIALS), repr(good.tokens._held), str(raised.value)]
    assert not [text for text in texts if "s3cr3t-value" in text]


def expired(bad: set[str]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        known = request.headers["authorization"].removeprefix("Bearer ") not in bad
        return httpx.Response(202, json=V2) if known else error(401)

    return answer


async def test_a_hundred_401_lead_to_one_refresh():
    server = Scripted(expired({"token-1"}))
    async with server.client() as client:
        await asyncio.gather(*(client.delete(WORKLOAD_ID) for _ in range(100)))
    assert server.tokens == 2


async def test_a_second_401_is_not_answered_with_a_third_token():
    server = Scripted(error(401))
    async with server.client() as client:
        with pytest.raises(Forbidden):
            await client.delete(WORKLOAD_ID)
    assert (server.tokens, len(server.requests)) == (2, 2)


async def test_rotated_credentials_are_used_after_a_401():
    endpoint = Endpoint(numbered)
    old = await endpoint.tokens.token()
    endpoint.credentials = Credentials("operator", "rotated")
    endpoint.tokens.refuse(old)
    await endpoint.tokens.token()
    assert b"rotated" in endpoint.asked[1].content
    assert b"rotated" not in endpoint.asked[0].content


async def test_a_write_without_a_token_is_never_ambiguous():
    async with RunaiClient(
        "https://runai.test", CREDENTIALS, transport=httpx.MockTransport(lambda _: error(500))
    ) as client:
        with pytest.raises(Unavailable) as raised:
            await client.delete(WORKLOAD_ID)
    assert raised.value.path == "/api/v2/token"
