"""Answers that are hostile on the wire, to each operation, on real sockets: in bounded time and bounded memory."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import os
import tracemalloc
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager

import pytest

from runai_operator.runai import Ambiguous, RunaiClient, RunaiError, Unavailable, Unreadable
from runai_operator.runai.wire import LARGEST_BODY

from .operations import OPERATIONS
from .servers import CREDENTIALS, V2, WORKLOAD_ID, Handler, answer, raw_server

TIMEOUT = 4.0
"""Seconds that a request may take in these tests, all twelve at once: what is slow or without end is given up then."""
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n"
PIECE = b"10000\r\n" + b" " * 0x10000 + b"\r\n"


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def sending(*pieces: bytes, forever: bytes = b"", every: float = 0.0, close: bool = True) -> Handler:
    """Sends the pieces, then the last one over and over; closes after it, or keeps silent."""

    async def handle(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in itertools.chain(pieces, itertools.repeat(forever) if forever else ()):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every)
        if close:
            writer.close()
        else:
            await reader.read()

    return handle


def of_length(length: int | str, body: bytes) -> bytes:
    return HEAD + f"content-length: {length}\r\n\r\n".encode() + body


# what is sent: (handler, error of a read)
MISBEHAVIOUR: dict[str, tuple[Handler, type[RunaiError]]] = {
    "a body without end": (sending(CHUNKED + b"\r\n", forever=PIECE), Unavailable),
    "a text without end": (sending(CHUNKED + b'\r\n2\r\n{"\r\n', forever=PIECE), Unavailable),
    "headers without end": (sending(HEAD, forever=b"x-more: " + b"1" * 4000 + b"\r\n"), Unavailable),
    "a header of a megabyte": (sending(HEAD + b"x-big: " + b"1" * 2**20 + b"\r\n\r\n{}"), Unavailable),
    "a status line of a megabyte": (sending(b"HTTP/1.1 200 " + b"K" * 2**20 + b"\r\n\r\n{}"), Unavailable),
    "100 Continue without end": (sending(forever=b"HTTP/1.1 100 Continue\r\n\r\n", every=0.001), Unavailable),
    "more promised than sent": (sending(of_length(10**9, b"{}")), Unavailable),
    "more promised, and silence": (sending(of_length(10**9, b"{}"), close=False), Unavailable),
    "a negative length": (sending(of_length(-1, b"{}")), Unavailable),
    "a length that is no number": (sending(of_length("1e3", b"{}")), Unavailable),
    "two lengths": (sending(HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}"), Unavailable),
    "a chunk of 2**60 bytes": (sending(CHUNKED + b"\r\n1000000000000000\r\n{}"), Unavailable),
    "a chunk that is no number": (sending(CHUNKED + b"\r\nzz\r\n{}\r\n0\r\n\r\n"), Unavailable),
    "half a page": (sending(of_length(500, b"<html>")), Unavailable),
    "a status of four digits": (sending(b"HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}"), Unavailable),
    "another protocol": (sending(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), Unavailable),
    "bytes that are no text": (sending(b"\x16\x03\x01\x00\xff" * 100), Unavailable),
}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
async def test_what_is_hostile_on_the_wire_ends_in_time_in_the_right_branch_whatever_was_asked(case: str) -> None:
    handle, read = MISBEHAVIOUR[case]
    async with raw_server(handle) as server, RunaiClient(server.url, CREDENTIALS, timeout=TIMEOUT) as client:
        ended = await asyncio.gather(*(failing(operation.call(client)) for operation in OPERATIONS.values()))
        assert len(server.heads) >= len(OPERATIONS)
        writes = [head for head in server.heads if not head.startswith(b"GET ") and b"dryRun" not in head]
        assert len(writes) == sum(each.writes for each in OPERATIONS.values()), "a write was sent again"
    for (name, operation), raised in zip(OPERATIONS.items(), ended, strict=True):
        assert type(raised) is (Ambiguous if operation.writes else read), f"{name}: {raised!r}"
        assert len(raised.message) <= 400, name


async def failing(call: Awaitable[object]) -> RunaiError:
    with pytest.raises(RunaiError) as raised:
        await call
    return raised.value


BOMB = gzip.compress(bytes(256 * 2**20), compresslevel=1)
TWICE = gzip.compress(BOMB)
PACKED = HEAD + b"content-encoding: gzip\r\n"

# what is sent: (handler, error of a read)
LARGE: dict[str, tuple[Handler, type[RunaiError]]] = {
    "a body without end": (sending(CHUNKED + b"\r\n", forever=PIECE), Unavailable),
    "a packed body that unpacks to 256 MB": (
        sending(PACKED + f"content-length: {len(BOMB)}\r\n\r\n".encode() + BOMB),
        Unavailable,
    ),
    "one that is packed twice": (
        sending(HEAD + b"content-encoding: gzip, gzip\r\n" + f"content-length: {len(TWICE)}\r\n\r\n".encode() + TWICE),
        Unreadable,
    ),
    "packed pieces without end": (sending(PACKED + b"connection: close\r\n\r\n", forever=BOMB), Unavailable),
}


@pytest.mark.parametrize("case", LARGE)
async def test_whatever_is_sent_no_more_is_held_than_the_largest_answer(case: str) -> None:
    handle, read = LARGE[case]
    async with raw_server(handle) as server, RunaiClient(server.url, CREDENTIALS, timeout=10) as client:
        for operation in (OPERATIONS["get"], OPERATIONS["create"]):
            with peak_below(3 * LARGEST_BODY):
                raised = await failing(operation.call(client))
            assert type(raised) is (Ambiguous if operation.writes else read), raised


@contextmanager
def peak_below(most: int) -> Iterator[None]:
    """That no more bytes are held at any moment, of what Python allocates."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < most, f"{(peak - before) / 2**20:.0f} MB"


async def test_what_is_packed_as_asked_is_read() -> None:
    body = gzip.compress(json.dumps({"workload": V2}).encode())
    async with raw_server(sending(PACKED + f"content-length: {len(body)}\r\n\r\n".encode() + body)) as server:
        async with RunaiClient(server.url, CREDENTIALS) as client:
            assert (await client.get(WORKLOAD_ID)).workload.metadata.name == "trainer"
        assert b"accept-encoding: gzip, deflate\r\n" in server.heads[0].lower()


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() -> None:
    """A body longer than its length says: what is left over must not answer the next request on that connection."""
    smuggled = answer({"workload": {"metadata": {"id": WORKLOAD_ID, "name": "smuggled"}}})

    async def both(_head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer({"workload": V2}) + smuggled)

    async with raw_server(both) as server, RunaiClient(server.url, CREDENTIALS, timeout=TIMEOUT) as client:
        for _ in range(5):
            assert (await outcome(client.get(WORKLOAD_ID))) in ("trainer", "Unavailable")


async def outcome(call: Awaitable[object]) -> str:
    try:
        found = await call
    except RunaiError as error:
        return type(error).__name__
    return str(found.workload.metadata.name)  # type: ignore[attr-defined]


async def test_a_connection_that_hangs_in_the_handshake_was_never_sent() -> None:
    """A server that takes the connection and says nothing to the TLS greeting."""

    async def deaf(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    try:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with RunaiClient(url, CREDENTIALS, timeout=TIMEOUT) as client:
            raised = await failing(client.delete(WORKLOAD_ID))
    finally:
        server.close()
    assert type(raised) is Unavailable


@pytest.mark.parametrize("where", ["the status line", "a header", "a chunk"])
async def test_a_token_that_is_repeated_in_what_is_no_http_is_not_told_on(where: str) -> None:
    secret = b"token-1"
    pieces = {
        "the status line": b"HTP " + secret + b"\r\n\r\n",
        "a header": HEAD + b"content-length: " + secret + b"\r\n\r\n",
        "a chunk": CHUNKED + b"\r\n" + secret + b"\r\n",
    }
    async with raw_server(sending(pieces[where])) as server, RunaiClient(server.url, CREDENTIALS) as client:
        for operation in (OPERATIONS["get"], OPERATIONS["delete"]):
            raised = await failing(operation.call(client))
            assert "token-1" not in f"{raised!r} {raised.message} {raised.details}"
