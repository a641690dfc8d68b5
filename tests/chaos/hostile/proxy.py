"""A proxy before a simulated Run:ai that passes answers on, until it is told to break them: a way for each path.

`http://127.0.0.1:<port>/<way>/api/...`: the first part of the path says in which way what follows is broken.
"""

from __future__ import annotations

import gzip
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runai_simulator import RunningSimulator

Send = Callable[[bytes], object]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n"
PIECE = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
ELSEWHERE = b"HTTP/1.1 302 Found\r\nlocation: http://elsewhere.invalid/\r\ncontent-length: 0\r\n\r\n"
PAGE = b"<!doctype html><title>Sign in</title>"
LONGEST = 30.0
"""Seconds after which the proxy itself ends what has no end."""


def whole(body: bytes, more: bytes = b"") -> bytes:
    return HEAD + more + f"content-length: {len(body)}\r\n\r\n".encode() + body


def _until_late() -> Iterator[None]:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        yield


def _endless(send: Send, _: bytes) -> None:
    send(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    for _ in _until_late():
        send(PIECE)


def _slow(send: Send, _: bytes) -> None:
    send(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    for _ in _until_late():
        send(b"1\r\n \r\n")
        time.sleep(0.1)


def _headers(send: Send, _: bytes) -> None:
    send(HEAD)
    for _ in _until_late():
        send(b"x-more: " + b"1" * 4000 + b"\r\n")


BOMB = gzip.compress(bytes(64 * 2**20))


def _without_ids(good: bytes) -> bytes:
    """Every id, and every time, is something else."""
    return json.dumps(_odd(json.loads(good))).encode()


def _odd(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: 0.5 if key in ("id", "uuid", "deletedAt") else _odd(each) for key, each in value.items()}
    return [_odd(each) for each in value] if isinstance(value, list) else value


WAYS: dict[str, Callable[[Send, bytes], object]] = {
    "page": lambda send, _: send(whole(PAGE)),
    "empty": lambda send, _: send(whole(b"")),
    "half": lambda send, good: send(whole(good[: len(good) // 2])),
    "types": lambda send, good: send(whole(_without_ids(good))),
    "nan": lambda send, _: send(whole(b'{"workloads":NaN,"projects":NaN}')),
    "redirect": lambda send, _: send(ELSEWHERE),
    "bomb": lambda send, _: send(whole(BOMB, b"content-encoding: gzip\r\n")),
    "endless": _endless,
    "slow": _slow,
    "headers": _headers,
}


@dataclass
class Proxy:
    """`asked` are the requests that came while answers were broken: when, which way, method and path."""

    url: str
    broken: bool = False
    asked: list[tuple[float, str, str]] = field(default_factory=list)

    def way(self, name: str) -> str:
        """The address at which answers are broken so."""
        return f"{self.url}/{name}"


class BreakingProxy:
    """A context manager that serves in a thread."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self._simulator = simulator

    def __enter__(self) -> Proxy:
        proxy = Proxy("")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy, self._simulator))
        self._server.daemon_threads = True
        proxy.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="breaking proxy", daemon=True).start()
        return proxy

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(proxy: Proxy, simulator: RunningSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            way, path = self.path[1:].partition("/")[::2]
            status, kind, body = self._passed_on(f"/{path}")
            if not proxy.broken or path.endswith("/token"):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            proxy.asked.append((time.time(), way, f"{self.command} {path.partition('?')[0]}"))
            self.close_connection = True
            with suppress(TimeoutError, ConnectionError):  # given up, as it should be
                WAYS[way](self.wfile.write, body)

        def _passed_on(self, path: str) -> tuple[int, str, bytes]:
            length = int(self.headers.get("content-length") or 0)
            given = self.rfile.read(length) if length else None
            upstream = http.client.HTTPConnection("127.0.0.1", simulator.port, timeout=10)
            try:
                upstream.request(self.command, path, given, dict(self.headers.items()))
                answer = upstream.getresponse()
                return answer.status, answer.getheader("content-type", ""), answer.read()
            finally:
                upstream.close()

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

    return Handler
