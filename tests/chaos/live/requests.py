"""Reads the requests out of what a client sends through a proxy."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

END_OF_HEAD = b"\r\n\r\n"
READS = ("GET", "HEAD", "OPTIONS")


class Write(NamedTuple):
    """A request that is none for reading: when its head had arrived, in seconds of the monotonic clock."""

    at: float
    method: str
    path: str


class Requests:
    """Of one connection: HTTP/1.1, each body with its length told. `wrote` is told of each write."""

    def __init__(self, wrote: Callable[[Write], None]) -> None:
        self._wrote = wrote
        self._head = b""
        self._body_left = 0

    def passed(self, data: bytes) -> bytes:
        """What to hand on of what arrived: as it was, but that a target as proxies are told it (RFC 9112, 3.2.2) is
        made one as servers are. Raises ValueError for what cannot be read."""
        out = []
        while data:
            if self._body_left:
                out.append(data[: self._body_left])
                self._body_left, data = max(0, self._body_left - len(data)), data[self._body_left :]
            else:
                self._head, found, data = (self._head + data).partition(END_OF_HEAD)
                if found:
                    out.append(self._begun(self._head) + END_OF_HEAD)
                    self._head = b""
        return b"".join(out)

    def _begun(self, head: bytes) -> bytes:
        first, *lines = head.split(b"\r\n")
        method, target, version = first.decode().split(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        if b"transfer-encoding" in headers:
            raise ValueError(f"{method} {target}: a body without a length is not understood here")
        self._body_left = int(headers.get(b"content-length", 0))
        parts = urlsplit(target)
        if method not in READS:
            self._wrote(Write(time.monotonic(), method, parts.path))
        origin = target if not parts.scheme else parts._replace(scheme="", netloc="").geturl()
        return b"\r\n".join([f"{method} {origin} {version}".encode(), *lines])


def between(writes: list[Write], since: float, until: float = math.inf) -> list[str]:
    """What was sent in that time, in words."""
    return [f"{each.method} {each.path}" for each in writes if since <= each.at < until]
