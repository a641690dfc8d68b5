"""Which error each kind of answer amounts to, for reads and for writes."""

import asyncio

import httpx
import pytest

from runai_operator.runai import (
    Ambiguous,
    Conflict,
    CreateWorkload,
    Forbidden,
    NotFound,
    Rejected,
    RunaiClient,
    RunaiError,
    Throttled,
    Unavailable,
    Unreadable,
    UpdateWorkload,
)

from .servers import V2, WORKLOAD_ID, Scripted, error

HTML = httpx.Response(200, html="<html>Sign in</html>")
REDIRECT = httpx.Response(302, headers={"location": "https://login.test/"})
CREATE = CreateWorkload(name="trainer", project_id="7", manifest={"kind": "Job"})

READS = {
    "get": lambda client: client.get(WORKLOAD_ID),
    "read": lambda client: client.read(WORKLOAD_ID),
    "list": lambda client: client.list(),
    "endpoints": lambda client: client.endpoints(WORKLOAD_ID),
    "projects": lambda client: client.projects(name="team-a"),
    "project": lambda client: client.project("7"),
    "a dry run": lambda client: client.create(CREATE, dry_run=True),
}
WRITES = {
    "create": lambda client: client.create(CREATE),
    "update": lambda client: client.update(WORKLOAD_ID, UpdateWorkload(manifest={})),
    "delete": lambda client: client.delete(WORKLOAD_ID),
    "batch": lambda client: client.batch("suspend", [WORKLOAD_ID]),
}

# what happens: (answer, error of a read, error of a write)
CASES: dict[str, tuple[httpx.Response | Exception, type[RunaiError], type[RunaiError]]] = {
    "400 of Run:ai": (error(400), Rejected, Rejected),
    "422 of Run:ai": (error(422), Rejected, Rejected),
    "401 of Run:ai, twice": (error(401), Forbidden, Forbidden),
    "401 of a gateway, twice": (httpx.Response(401, html="<html>"), Forbidden, Forbidden),
    "403 of Run:ai": (error(403), Forbidden, Forbidden),
    "403 of a firewall": (httpx.Response(403, html="<html>"), Unreadable, Ambiguous),
    "404 of Run:ai": (error(404), NotFound, NotFound),
    "404 of a gateway": (httpx.Response(404, html="<html>"), Unreadable, Ambiguous),
    "404 without a body": (httpx.Response(404), Unreadable, Ambiguous),
    "404 with other JSON": (httpx.Response(404, json={"detail": "Not Found"}), Unreadable, Ambiguous),
    "404 with a code that is no integer": (
        httpx.Response(404, json={"code": True, "message": "x"}),
        Unreadable,
        Ambiguous,
    ),
    "409 of Run:ai": (error(409), Conflict, Conflict),
    "409 of something else": (httpx.Response(409, text="conflict"), Unreadable, Ambiguous),
    "413 of a gateway": (httpx.Response(413, html="<html>"), Rejected, Rejected),
    "429": (httpx.Response(429, headers={"retry-after": "7"}), Throttled, Throttled),
    "407 of a proxy": (httpx.Response(407), Unavailable, Unavailable),
    "408": (httpx.Response(408), Unavailable, Ambiguous),
    "500 of Run:ai": (error(500), Unavailable, Ambiguous),
    "502 of a gateway": (httpx.Response(502, html="<html>"), Unavailable, Ambiguous),
    "503 with Retry-After": (httpx.Response(503, headers={"retry-after": "7"}), Throttled, Ambiguous),
    "a redirect": (REDIRECT, Unreadable, Ambiguous),
    "not modified": (httpx.Response(304), Unreadable, Ambiguous),
    "200 and HTML": (HTML, Unreadable, Ambiguous),
    "200 and no body": (httpx.Response(200), Unreadable, Ambiguous),
    "200 and a list": (httpx.Response(200, json=[]), Unreadable, Ambiguous),
    "200 and half a JSON": (httpx.Response(200, text='{"workload"'), Unreadable, Ambiguous),
    "200 and a body that does not unpack": (
        lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"plain")),
        Unreadable,
        Ambiguous,
    ),
    "connection refused": (httpx.ConnectError("refused"), Unavailable, Unavailable),
    "no connection in time": (httpx.ConnectTimeout("slow"), Unavailable, Unavailable),
    "no answer in time": (httpx.ReadTimeout("slow"), Unavailable, Ambiguous),
    "cut while being sent": (httpx.WriteError("cut"), Unavailable, Ambiguous),
    "cut before the answer": (httpx.ReadError("cut"), Unavailable, Ambiguous),
    "an answer that is no HTTP": (httpx.RemoteProtocolError("?"), Unavailable, Ambiguous),
}


def outcome(server: Scripted, call: object) -> RunaiError:
    async def run() -> None:
        async with server.client() as client:
            await call(client)  # type: ignore[operator]

    with pytest.raises(RunaiError) as raised:
        asyncio.run(run())
    return raised.value


@pytest.mark.parametrize("call", READS.values(), ids=READS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_read_ends_in(case, call):
    assert type(named(outcome(Scripted(case[0]), call))) is case[1]


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_write_ends_in(case, call):
    assert type(named(outcome(Scripted(case[0]), call))) is case[2]


def named(raised: RunaiError) -> RunaiError:
    """The error, having checked that it says where and, to a person, what."""
    assert raised.path.startswith("/api/")
    assert raised.path in raised.message
    assert "token-" not in raised.message
    if isinstance(raised, Forbidden):
        return Forbidden(raised.message)
    return raised


@pytest.mark.parametrize("call", [WRITES["create"], WRITES["update"]])
@pytest.mark.parametrize("status", [200, 201, 202])
def test_any_2xx_is_a_success(status, call):
    asyncio.run(run_one(Scripted(httpx.Response(status, json=V2)), call))


@pytest.mark.parametrize("answer", [httpx.Response(202), httpx.Response(204), httpx.Response(200, json={})])
def test_a_delete_needs_no_body(answer):
    asyncio.run(run_one(Scripted(answer), WRITES["delete"]))


async def run_one(server: Scripted, call: object) -> None:
    async with server.client() as client:
        await call(client)  # type: ignore[operator]


def test_an_error_carries_what_run_ai_said():
    raised = outcome(Scripted(error(400, "bad manifest", details="spec.foo")), WRITES["create"])
    assert (raised.status, raised.method, raised.path) == (400, "POST", "/api/v2/workloads")
    assert raised.details == "spec.foo"
    assert "bad manifest" in raised.message


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("", None), ("²", None)]
)
def test_retry_after_is_read_in_both_its_forms(header, seconds):
    raised = outcome(Scripted(httpx.Response(429, headers={"retry-after": header.encode()})), READS["list"])
    assert raised.retry_after == seconds


@pytest.mark.parametrize(
    "url", ["ftp://x", "runai.test", "https://", "https://user:pw@x", "https://x?a=b", "https://x:99999999"]
)
def test_a_url_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError):
        RunaiClient(url, Scripted(HTML).client)  # type: ignore[arg-type]


def test_a_token_that_an_answer_repeats_is_not_told_on():
    raised = outcome(Scripted(error(403, "no role for Bearer token-1", details="token-1")), READS["list"])
    assert "token-1" not in f"{raised!r} {raised.message} {raised.details}"
