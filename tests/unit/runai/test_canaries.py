"""Secrets that are told apart at a glance go through whatever can go wrong; no text that comes of it holds a piece."""

from __future__ import annotations

import base64
import html
import io
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, unquote_plus

import httpx
import pytest
import structlog

from runai_operator.runai import Credentials, RunaiClient, RunaiError, Token
from runai_operator.runai.calls import Call, Reply
from runai_operator.runai.requests import UpdateWorkload
from runai_operator.telemetry import configure_logging

from .servers import WORKLOAD_ID, raw_server

PIECES = ("k4nar1envog3l", "s33nem1ngend")
SECRET = f"{PIECES[0]}&<\"\\/+%é='{PIECES[1]}"
TOKEN = "0paqu3t0k3nl0ng/with+odd=signs.9f3c2a1b"
PROXY_PASSWORD = "pr0xyp4ssw0rd"
CANARIES = (*PIECES, "0paqu3t0k3nl0ng", "9f3c2a1b", PROXY_PASSWORD)
AUTHORITY = Path(__file__).with_name("authority.pem")

Handler = Callable[[httpx.Request], httpx.Response]


def in_base64(text: str) -> Iterator[str]:
    """How base64 shows a text, wherever it begins in what was encoded."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + text.encode()).decode()
        yield encoded[4 if offset else 0 : -4]


FORMS = tuple(form for canary in CANARIES for form in (canary, canary[:9], *in_base64(canary)))


def pieces_in(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


@pytest.fixture
def log() -> Iterator[Callable[[], str]]:
    """All that is logged, by anybody, at debug, in both formats."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    told = {"json": io.StringIO(), "console": io.StringIO()}
    handlers = []
    for log_format, stream in told.items():
        configure_logging(log_format, "debug", stream)
        handlers += root.handlers
    root.handlers[:] = handlers
    yield lambda: "".join(stream.getvalue() for stream in told.values())
    structlog.reset_defaults()
    root.handlers[:], root.level = before


def said(request: httpx.Request) -> str:
    """What was sent, as a server might quote it: to the letter, and as it reads a form."""
    content = request.content.decode(errors="replace")
    return f"{dict(request.headers)} {content} {unquote_plus(content)}"


def cut_short(text: str) -> str:
    """A text whose thousandth character lies in the midst of what was sent."""
    begins = [text.index(start) for start in (PIECES[0], TOKEN[:16]) if start in text]
    return "x" * 988 + text[min(begins, default=0) :]


def document(request: httpx.Request, status: int, told: Callable[[str], str] = str) -> httpx.Response:
    message = told(said(request))
    return httpx.Response(status, json={"code": status, "message": message, "details": message})


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it was sent": str,
    "URL-encoded": quote,
    "form-encoded": quote_plus,
    "JSON-escaped": json.dumps,
    "JSON-escaped twice": lambda text: json.dumps(json.dumps(text)),
    "HTML-escaped": html.escape,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "cut short": cut_short,
}
ECHOES: dict[str, Handler] = {
    **{
        f"{status} {name}": lambda request, status=status, told=told: document(request, status, told)
        for name, told in ENCODINGS.items()
        for status in (400, 401, 403, 404, 409, 422, 429, 500)
    },
    "a page": lambda request: httpx.Response(502, html=f"<html>{said(request)}</html>"),
    "text": lambda request: httpx.Response(503, text=said(request)),
    "a redirect": lambda request: httpx.Response(
        302, headers={"location": f"https://else.test/?{quote(said(request))}"}
    ),
    "an OAuth error": lambda request: httpx.Response(
        401, json={"error": "invalid_client", "error_description": said(request)}
    ),
    "JSON of another shape": lambda request: httpx.Response(
        200, json={"access_token": [said(request)], said(request): TOKEN}
    ),
    "half of it": lambda request: httpx.Response(200, text=json.dumps({"access_token": said(request)})[:-9]),
    "a body that is not what it says": lambda request: httpx.Response(
        200, content=said(request).encode(), headers={"content-encoding": "gzip"}
    ),
    "a token that cannot be sent": lambda request: httpx.Response(
        200, json={"access_token": f"{TOKEN}\n{said(request)}"}
    ),
    "a number that is none": lambda request: httpx.Response(
        200, json={"access_token": TOKEN, "expires_in": said(request)}
    ),
    "an error": lambda request: _raise(httpx.ReadError(f"while sending to {request.url}")),
    "a fault of ours": lambda _: _raise(RuntimeError("a fault of ours")),
}


def _raise(error: Exception) -> httpx.Response:
    raise error


CALLS: dict[str, Callable[[RunaiClient], Awaitable[object]]] = {
    "read": lambda client: client.get(WORKLOAD_ID),
    "write": lambda client: client.update(WORKLOAD_ID, UpdateWorkload(manifest={})),
    "delete": lambda client: client.delete(WORKLOAD_ID),
    "list": lambda client: client.list(filter_by=["name==a"]),
}


async def texts_of(client: RunaiClient, ask: Callable[[RunaiClient], Awaitable[object]]) -> list[str]:
    """All that a failing call tells of itself, logged as the operator would; nothing where none fails."""
    try:
        await ask(client)
    except Exception as error:
        logging.getLogger("runai_operator.test").exception("a round failed: %s", error)
        told = [str(error), repr(error), *traceback.format_exception(error)]
        return told + ([error.message, str(error.details)] if isinstance(error, RunaiError) else [])
    return []


@pytest.mark.parametrize("echo", ECHOES)
async def test_what_a_token_endpoint_says_tells_no_secret(echo: str, log: Callable[[], str]) -> None:
    transport = httpx.MockTransport(ECHOES[echo])
    async with RunaiClient("https://runai.test", Credentials("app", SECRET), transport=transport) as client:
        texts = await texts_of(client, CALLS["read"])
    assert texts
    assert pieces_in("".join(texts)) == []
    assert pieces_in(log()) == []


@pytest.mark.parametrize("echo", ECHOES)
async def test_what_is_said_to_a_call_tells_no_token(echo: str, log: Callable[[], str]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 3600})
        return ECHOES[echo](request)

    transport = httpx.MockTransport(answer)
    async with RunaiClient("https://runai.test", Credentials("app", SECRET), transport=transport) as client:
        texts = [text for ask in CALLS.values() for text in await texts_of(client, ask)]
    assert texts
    assert pieces_in("".join(texts)) == []
    assert pieces_in(log()) == []


async def refusing(_head, _reader, writer):
    writer.write(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n"
    )


async def echoing(head, _reader, writer):
    writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: %d\r\n\r\n%s" % (len(head), head))


async def rambling(head, _reader, writer):
    writer.write(head)
    await writer.drain()
    writer.close()


async def hanging_up(_head, _reader, writer):
    writer.close()


PROXIES = {each.__name__: each for each in (refusing, echoing, rambling, hanging_up)}


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("proxy", [*PROXIES, "nobody"])
async def test_a_proxy_in_the_way_tells_no_password(
    proxy: str, scheme: str, log: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw_server(PROXIES.get(proxy, hanging_up)) as server:
        port = server.url.rpartition(":")[2]
        where = "127.0.0.1:1" if proxy == "nobody" else f"127.0.0.1:{port}"
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://user:{PROXY_PASSWORD}@{where}")
        monkeypatch.delenv("no_proxy", raising=False)
        async with RunaiClient(f"{scheme}://runai.test", Credentials("app", SECRET), timeout=2) as client:
            texts = await texts_of(client, CALLS["write"])
    assert texts
    assert pieces_in("".join(texts)) == []
    assert pieces_in(log()) == []


def test_what_keeps_secrets_shows_none_of_them() -> None:
    held = [
        Credentials("app", SECRET),
        Reply(200, {"set-cookie": TOKEN}, SECRET.encode(), (SECRET,)),
        Call(method="POST", route="/", path="/", body=SECRET.encode()),
        Token.model_validate({"access_token": TOKEN}),
        httpx.Proxy(f"http://user:{PROXY_PASSWORD}@proxy:1"),
    ]
    assert pieces_in(f"{held!r} {[str(each) for each in held]}") == []
