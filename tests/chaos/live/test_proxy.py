"""The proxy does to connections what it is told to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.chaos.live.proxy import Proxy
from tests.chaos.live.requests import between
from tests.control_plane.processes import wait_until


@pytest.fixture
def echo() -> Iterator[Proxy]:
    """Leads to somebody who says everything again."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=again, args=[connection], daemon=True).start()

    def again(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(1000):
                connection.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    with Proxy(listening.getsockname()[1]) as proxy:
        yield proxy
    listening.close()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def says(connection: socket.socket, text: bytes) -> bytes:
    connection.sendall(text)
    return connection.recv(1000)


def ends(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True


def test_what_is_said_arrives(echo: Proxy) -> None:
    with connected(echo) as connection:
        assert says(connection, b"hello") == b"hello"


def test_cut_it_ends_what_there_is_and_what_is_new_until_it_is_mended(echo: Proxy) -> None:
    with connected(echo) as before:
        assert says(before, b"hello") == b"hello"
        echo.cut()
        assert ends(before)
    with connected(echo) as new:
        assert ends(new)
    echo.mend()
    with connected(echo) as after:
        assert says(after, b"hello") == b"hello"


def test_swallowing_it_says_nothing_and_what_lost_bytes_ends_once_it_is_mended(echo: Proxy) -> None:
    with connected(echo) as lossy, connected(echo) as idle:
        assert says(idle, b"hello") == b"hello"
        echo.swallow()
        lossy.settimeout(0.3)
        with pytest.raises(TimeoutError):
            says(lossy, b"hello")
        lossy.settimeout(10)
        echo.mend()
        assert ends(lossy)
        assert says(idle, b"again") == b"again"


def test_delaying_it_says_everything_in_order(echo: Proxy) -> None:
    echo.delay(0.05)
    with connected(echo) as connection:
        assert says(connection, b"hello") == b"hello"
        assert says(connection, b"again") == b"again"


def test_ending_it_ends_what_is_connected(echo: Proxy) -> None:
    with Proxy(echo.port) as outer:
        connection = connected(outer)
        assert says(connection, b"hello") == b"hello"
    with connection:
        assert ends(connection)


def test_one_that_reads_http_remembers_what_was_written_also_what_it_swallowed(echo: Proxy) -> None:
    with Proxy(echo.port, reads_http=True) as proxy, connected(proxy) as connection:
        assert says(connection, b"PUT /a HTTP/1.1\r\n\r\n") == b"PUT /a HTTP/1.1\r\n\r\n"
        assert says(connection, b"GET /b HTTP/1.1\r\n\r\n") == b"GET /b HTTP/1.1\r\n\r\n"
        proxy.swallow()
        connection.sendall(b"DELETE /c HTTP/1.1\r\n\r\n")
        wait_until(lambda: len(proxy.writes) == 2, 10, lambda: f"it saw {proxy.writes}")
    assert between(proxy.writes, 0) == ["PUT /a", "DELETE /c"]
