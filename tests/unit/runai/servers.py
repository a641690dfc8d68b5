"""Control planes for the tests: a scripted one in memory, and a raw one on the loopback that misbehaves on the wire."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

from runai_operator.runai import Credentials, RunaiClient

WORKLOAD_ID = "1d5f4c1c-8f4e-4b0e-9a51-0f5f0f3f7a01"
V2 = {"metadata": {"id": WORKLOAD_ID, "name": "trainer", "projectId": "7"}, "desiredPhase": "Running"}
CREDENTIALS = Credentials("operator", "s3cr3t-value")


def error(code: int, message: str = "no", **more: str) -> httpx.Response:
    """Run:ai's own error document."""
    return httpx.Response(code, json={"code": code, "message": message, **more})


def token(value: str = "token-1", expires_in: int = 3600) -> httpx.Response:
    return httpx.Response(200, json={"access_token": value, "token_type": "Bearer", "expires_in": expires_in})


class Scripted:
    """Answers what it is told, and remembers what it was asked; tokens are given freely unless told otherwise."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | httpx.Response | Exception) -> None:
        self.answer = answer
        self.requests: list[httpx.Request] = []
        self.tokens = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            self.tokens += 1
            return token(f"token-{self.tokens}")
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(request) if callable(self.answer) else self.answer

    def client(self, url: str = "https://runai.test", **options: object) -> RunaiClient:
        return RunaiClient(url, CREDENTIALS, transport=httpx.MockTransport(self), **options)  # type: ignore[arg-type]


Handler = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class RawServer:
    """HTTP by hand: `handle` is given the head of each request; the heads are kept."""

    def __init__(self, handle: Handler) -> None:
        self.handle = handle
        self.heads: list[bytes] = []
        self.connections = 0
        self.url = ""
        self.asked = asyncio.Event()
        self.listening: asyncio.Server | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                if b"/api/v2/token" in head.split(b"\r\n")[0]:
                    writer.write(answer({"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}))
                else:
                    self.heads.append(head)
                    self.asked.set()
                    await self.handle(head, reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_server(handle: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawServer]:
    """A RawServer on a free port of the loopback."""
    raw = RawServer(handle)
    server = await asyncio.start_server(raw.serve, "127.0.0.1", 0, ssl=tls)
    raw.listening = server
    scheme = "https" if tls else "http"
    raw.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield raw
    finally:
        server.close()


def answer(document: object, status: str = "200 OK", headers: str = "") -> bytes:
    body = json.dumps(document).encode()
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {len(body)}\r\n\r\n".encode()
        + body
    )


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0
