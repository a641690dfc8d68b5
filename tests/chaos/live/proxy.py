"""A port that leads to another, until it is told to cut, to swallow or to delay what passes; one that can read HTTP
remembers what was written."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from tests.chaos.live.requests import Requests, Write

CHUNK = 65536


@dataclass(eq=False)
class Line:
    """One connection: its two ends, and whether bytes of it were lost, so that it is of no use any more."""

    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    lossy: bool = False

    def abort(self) -> None:
        for end in self.ends:
            end.transport.abort()

    def close(self) -> None:
        for end in self.ends:
            end.close()


class Proxy:
    """Listens on a port of the loopback interface; `with Proxy(8000) as proxy: connect to proxy.port`.

    With `reads_http`, `writes` are the requests that were sent and are none for reading, be it that they were
    swallowed. `tls` is what the way on from here is secured with; the way to here is not.
    """

    def __init__(self, target: int, *, reads_http: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.writes: list[Write] = []
        self._target = target
        self._tls = tls
        self._reads_http = reads_http
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name=f"proxy-to-{target}", daemon=True
        )
        self._listening = threading.Event()
        self._lines: set[Line] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._refuses = False
        self._swallows = False
        self._delay = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError("the proxy does not listen")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def cut(self) -> None:
        """Every connection ends at once, and so does each new one."""
        self._change(refuses=True)

    def swallow(self) -> None:
        """Connections stay, and new ones are accepted; nothing comes through, in neither direction."""
        self._change(swallows=True)

    def delay(self, seconds: float) -> None:
        """Whatever passes takes so long, each way."""
        self._change(delay=seconds)

    def mend(self) -> None:
        """As if nothing had been; what was cut or lost bytes has to connect anew."""
        self._change()

    def _change(self, *, refuses: bool = False, swallows: bool = False, delay: float = 0.0) -> None:
        def changed() -> None:
            self._refuses, self._swallows, self._delay = refuses, swallows, delay
            for line in [each for each in self._lines if refuses or each.lossy]:
                line.abort()

        self._loop.call_soon_threadsafe(changed)

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._over.wait()
        server.close()
        while self._serving:  # each ends by itself: one that was cancelled would be complained about
            for line in self._lines:
                line.abort()
            await asyncio.wait(self._serving)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            if self._refuses:
                raise ConnectionRefusedError
            there, back = await asyncio.open_connection("127.0.0.1", self._target, ssl=self._tls)
            await self._connect(Line((writer, back)), (reader, there))
        except OSError:
            writer.transport.abort()
        finally:
            self._serving.discard(task)

    async def _connect(self, line: Line, readers: tuple[asyncio.StreamReader, asyncio.StreamReader]) -> None:
        """Until either side ends it."""
        self._lines.add(line)
        there = Requests(self.writes.append).passed if self._reads_http else _as_it_is
        ways = zip(readers, reversed(line.ends), (there, _as_it_is), strict=True)
        pumps = [asyncio.create_task(self._pump(reader, writer, line, passed)) for reader, writer, passed in ways]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        ended = await asyncio.gather(*pumps, return_exceptions=True)
        line.abort() if line.lossy else line.close()
        self._lines.discard(line)
        for error in ended:
            if isinstance(error, ValueError):  # what could not be read must not pass unseen
                raise error

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line, passed: Callable[[bytes], bytes]
    ) -> None:
        while data := await reader.read(CHUNK):
            data = passed(data)
            if self._delay:
                await asyncio.sleep(self._delay)
            if self._swallows:
                line.lossy = True
                continue
            writer.write(data)
            await writer.drain()


def _as_it_is(data: bytes) -> bytes:
    return data
