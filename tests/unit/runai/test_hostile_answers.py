"""Answers that no Run:ai gives, to each operation: the right branch of the tree of errors, and no other exception.

What may be concluded: from a read nothing (Unreadable, Unavailable), from a write that it may have been carried out
(Ambiguous).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from pydantic import BaseModel

from runai_operator.runai import (
    Ambiguous,
    Forbidden,
    RunaiClient,
    RunaiError,
    Unavailable,
    Unreadable,
)
from runai_operator.runai.calls import Call, Reply, judge, parse, retry_after
from runai_operator.runai.tokens import LONGEST_TOKEN

from .operations import OPERATIONS, READABLE, Operation
from .servers import CREDENTIALS, WORKLOAD_ID, error
from .spoiling import spoiled

LONGEST_MESSAGE = 4096
"""Characters: what a condition holds."""
MANY = 10 * 2**20
PAGE = b"<!doctype html><html><title>502</title>nginx</html>"
ELSEWHERE = "https://elsewhere.test/api/v2/workloads"


@dataclass(frozen=True)
class Broken:
    """An answer made of a good one; `read` and `write` are what an operation ends in."""

    body: Callable[[bytes], bytes]
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    read: type[RunaiError] = Unreadable
    write: type[RunaiError] = Ambiguous

    def expected(self, operation: Operation) -> type[RunaiError]:
        return self.write if operation.writes else self.read


def packed(*encodings: str) -> tuple[tuple[str, str], ...]:
    return (("content-type", "application/json"), ("content-encoding", ", ".join(encodings)))


def to(location: str) -> tuple[tuple[str, str], ...]:
    return (("location", location),)


HTML = (("content-type", "text/html"),)
BROKEN = {
    "without its last byte": Broken(lambda good: good[:-1]),
    "cut in half": Broken(lambda good: good[: len(good) // 2 or 1]),
    "twice": Broken(lambda good: good + good),
    "with a comma too many": Broken(lambda good: good[:-1] + b"," + good[-1:]),
    "a login page with 200": Broken(lambda _: PAGE, headers=HTML),
    "a page that calls itself JSON": Broken(lambda _: PAGE),
    "a gateway's 502": Broken(lambda _: PAGE, 502, HTML, Unavailable),
    "a gateway's 504": Broken(lambda _: b"", 504, (), Unavailable),
    "nothing": Broken(lambda _: b""),
    "white space": Broken(lambda _: b" \r\n\t"),
    "null": Broken(lambda _: b"null"),
    "true": Broken(lambda _: b"true"),
    "NaN": Broken(lambda _: b"NaN"),
    "a text": Broken(lambda _: b'"OK"'),
    "a number of 5,000 digits": Broken(lambda _: b"9" * 5000),
    "100,000 lists in one another": Broken(lambda _: b"[" * 100_000),
    "100,000 objects in one another": Broken(lambda _: b'{"a":' * 100_000),
    "half a surrogate": Broken(lambda good: good[:-1] + b',"x":"\\ud800"}' if good[:1] == b"{" else b'["\\ud800"]'),
    "bytes that are no UTF-8": Broken(lambda good: good.replace(b"1", b"\xff") if b"1" in good else b'{"a":"\xff"}'),
    "UTF-16": Broken(lambda good: good.decode().encode("utf-16")),
    "a text of 10 MB": Broken(lambda _: b'"' + b"x" * MANY + b'"'),
    "a redirect to another host": Broken(lambda _: b"", 302, to(ELSEWHERE)),
    "a redirect that keeps the method": Broken(lambda _: b"", 307, to(ELSEWHERE)),
    "a permanent one, with an answer": Broken(lambda good: good, 308, to(ELSEWHERE)),
    "a redirect to nowhere": Broken(lambda _: b"", 302, ()),
    "not packed as it says": Broken(lambda good: good, headers=packed("gzip")),
    "packed and cut": Broken(lambda good: gzip.compress(good)[:-4], headers=packed("gzip")),
    "packed twice": Broken(lambda good: gzip.compress(gzip.compress(good)), headers=packed("gzip", "gzip")),
    "packed as nobody asked for": Broken(lambda good: good, headers=packed("br")),
    "of an unknown status": Broken(lambda good: good, 299 + 300, (), Unavailable),
    "206, a part": Broken(lambda good: good[:-1], 206),
    "304, with nothing": Broken(lambda _: b"", 304, ()),
    "404 of somebody else": Broken(lambda _: b'{"code":"404","message":"no"}', 404),
    "404 with a null for its message": Broken(lambda _: b'{"code":404,"message":null}', 404),
    "404 with a fraction for its code": Broken(lambda _: b'{"code":404.0,"message":"no"}', 404),
}
# To a DELETE any JSON object is an acknowledgement, and 202 and 204 need none.
NO_BODY_DUE = {"204, without a body": Broken(lambda _: b"", 204, ())}


class Answering:
    """A control plane whose every answer, but for tokens, is this one; it keeps the hosts that it was asked for."""

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self._made = (status, [*headers], body)
        self.hosts: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "token-1", "expires_in": 3600})
        self.hosts.append(request.url.host)
        status, headers, body = self._made
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


async def ended(serve: Callable[[httpx.Request], httpx.Response], operation: Operation) -> RunaiError:
    """What the operation raises; anything but a RunaiError fails the test."""
    async with RunaiClient("https://runai.test", CREDENTIALS, transport=httpx.MockTransport(serve)) as client:
        with pytest.raises(RunaiError) as raised:
            await operation.call(client)
    return raised.value


@pytest.mark.parametrize("case", [*BROKEN, *NO_BODY_DUE])
async def test_a_broken_answer_ends_in_the_right_branch_whatever_was_asked(case: str) -> None:
    broken = {**BROKEN, **NO_BODY_DUE}[case]
    for name, operation in (READABLE if case in NO_BODY_DUE else OPERATIONS).items():
        good = json.dumps(operation.answer).encode()
        server = Answering(broken.status, broken.headers, broken.body(good))
        raised = await ended(server, operation)
        assert type(raised) is broken.expected(operation), f"{name}: {raised!r}"
        assert raised.path in raised.message, name
        assert "spec.url" in raised.message or operation.writes or raised.status, f"{name}: {raised.message}"
        assert len(raised.message) <= LONGEST_MESSAGE, name
        assert server.hosts == ["runai.test"], f"{name} went elsewhere, or was asked again"


async def test_the_answers_that_are_broken_here_are_good_ones_before() -> None:
    for operation in OPERATIONS.values():
        server = Answering(200, (("content-type", "text/plain"),), json.dumps(operation.answer).encode())
        async with RunaiClient("https://runai.test", CREDENTIALS, transport=httpx.MockTransport(server)) as client:
            await operation.call(client)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 429, 500, 503])
async def test_an_error_of_ten_megabytes_is_told_in_a_sentence(status: int) -> None:
    document = error(status, "x" * MANY, details="x" * MANY).content
    for operation in (OPERATIONS["get"], OPERATIONS["delete"]):
        raised = await ended(Answering(status, (), document), operation)
        assert len(raised.message) <= LONGEST_MESSAGE
        assert len(raised.details or "") <= LONGEST_MESSAGE


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_value_in_any_field_is_read_as_missing_or_ends_in_the_right_branch(name: str) -> None:
    operation = OPERATIONS[name]
    read = 0
    for where, body in spoiled(operation.answer):
        outcome = read_or_refused(operation, body)
        if isinstance(outcome, RunaiError):
            assert type(outcome) is (Ambiguous if operation.writes else Unreadable), where
            assert len(outcome.message) <= LONGEST_MESSAGE, where
        else:
            read += 1
    assert read > 10, "nothing was read leniently"


def read_or_refused(operation: Operation, body: bytes) -> BaseModel | RunaiError:
    call = Call(method="GET", route="/api/x", path="/api/x", writes=operation.writes)
    assert operation.model is not None
    try:
        return parse(call, Reply(200, {}, body), operation.model)
    except RunaiError as error:
        return error


@pytest.mark.parametrize(
    "value",
    [
        *("Wed, 21 Oct 99999999999 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 -0100", "Sat, 01 Jan 0000 00:00:00 GMT"),
        *("Wed, 21 Oct 2015 07:28:00 +9999", "9" * 400, "-1", "1e9", "NaN", "\x00", "7, 9", ","),
    ],
)
def test_no_retry_after_silences_a_connection_or_ends_in_an_exception(value: str) -> None:
    for status in (429, 503):
        reply = Reply(status, {"retry-after": value}, b"")
        call = Call(method="GET", route="/x", path="/x")
        assert isinstance(judge(call, reply), RunaiError)
        assert 0 <= (retry_after(reply) or 0) <= 300


class Granting:
    """A control plane whose token endpoints answer so; whatever else is asked is kept."""

    def __init__(self, response: Callable[[], httpx.Response]) -> None:
        self.response = response
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return self.response()
        self.asked.append(request.url.path)
        return httpx.Response(202)


GOOD_TOKEN = b'{"access_token":"token-1","token_type":"Bearer","expires_in":3600}'


@pytest.mark.parametrize("case", {**BROKEN, **NO_BODY_DUE})
async def test_a_broken_answer_for_a_token_is_never_ambiguous_and_nothing_is_sent_without_one(case: str) -> None:
    broken = {**BROKEN, **NO_BODY_DUE}[case]
    body = broken.body(GOOD_TOKEN)
    server = Granting(lambda: httpx.Response(broken.status, headers=[*broken.headers], stream=httpx.ByteStream(body)))
    raised = await ended(server, OPERATIONS["delete"])
    assert isinstance(raised, Unreadable | Unavailable), raised
    assert raised.path in ("/api/v2/token", "/api/v1/token")
    assert server.asked == []


def jwt(claims: str) -> str:
    return f"e30.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.c2ln"


TOKENS = {
    "empty": '{"access_token":""}',
    "null": '{"access_token":null}',
    "with a line break": '{"access_token":"a\\r\\nx-admin: 1"}',
    "with a space": '{"access_token":"a b"}',
    "of other letters": '{"access_token":"жетон"}',
    "longer than any header": json.dumps({"access_token": "x" * (LONGEST_TOKEN + 1)}),
    "of 10 MB": json.dumps({"access_token": "x" * MANY}),
}


@pytest.mark.parametrize("case", TOKENS)
async def test_what_cannot_be_sent_as_a_token_is_none(case: str) -> None:
    server = Granting(lambda: httpx.Response(200, content=TOKENS[case].encode()))
    raised = await ended(server, OPERATIONS["get"])
    assert type(raised) is Unreadable
    assert server.asked == []
    assert len(raised.message) <= LONGEST_MESSAGE


LIFETIMES = ["null", "0", "-1", "NaN", "Infinity", "1e400", "-1e400", "9" * 4000, '"soon"', "[]", "{}", "true", "1e-9"]


@pytest.mark.parametrize("lifetime", LIFETIMES)
@pytest.mark.parametrize("place", ["expires_in", "exp", "iat", "exp and iat"])
async def test_a_token_whose_lifetime_cannot_be_told_serves_all_the_same(place: str, lifetime: str) -> None:
    claims = {"exp": f'{{"exp":{lifetime}}}', "iat": f'{{"exp":1,"iat":{lifetime}}}'}
    claims["exp and iat"] = f'{{"exp":{lifetime},"iat":{lifetime}}}'
    expires = f',"expires_in":{lifetime}' if place == "expires_in" else ""
    body = f'{{"access_token":"{jwt(claims.get(place, "{}"))}"{expires}}}'
    server = Granting(lambda: httpx.Response(200, content=body.encode()))
    async with RunaiClient("https://runai.test", CREDENTIALS, transport=httpx.MockTransport(server)) as client:
        for _ in range(3):
            await client.delete(WORKLOAD_ID)
    assert len(server.asked) == 3


async def test_credentials_that_are_refused_by_a_page_are_a_matter_of_the_credentials() -> None:
    server = Granting(lambda: httpx.Response(401, html=PAGE.decode()))
    assert isinstance(await ended(server, OPERATIONS["delete"]), Forbidden)


@pytest.mark.parametrize("rows", ["the same", "others"])
async def test_projects_whose_pages_never_end_are_not_read_for_ever(rows: str) -> None:
    asked = 0

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        if request.url.path.endswith("/token"):
            return httpx.Response(200, content=GOOD_TOKEN)
        asked += 1
        offset = int(request.url.params["offset"])
        id_ = "1" if rows == "the same" else str(offset)
        return httpx.Response(200, json={"projects": [{"id": id_}], "next": offset + 1})

    raised = await ended(serve, OPERATIONS["projects"])
    assert type(raised) is Unreadable
    assert "does not end" in raised.message
    assert asked <= 400
