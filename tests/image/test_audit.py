"""Advisories are told, and an answer that did not come is not taken for a good one. Against a small OSV of our own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from .audit import NotAnswered, advisories
from .sbom import Locked

BAD, GOOD = Locked("aiohttp", "3.0.0"), Locked("httpx", "0.28.1")


@contextmanager
def osv(answer: Any, status: int = 200) -> Iterator[tuple[str, list[Any]]]:
    """Its address, and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: Any) -> None:
            """Not at the terminal."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_each_package_is_asked_for_and_what_is_known_is_told() -> None:
    with osv({"results": [{"vulns": [{"id": "GHSA-1"}, {"id": "GHSA-2"}]}, {}]}) as (url, asked):
        assert advisories([BAD, GOOD], url) == {BAD: ["GHSA-1", "GHSA-2"]}
    purls = [query["package"]["purl"] for query in asked[0][1]["queries"]]
    assert (asked[0][0], purls) == ("/v1/querybatch", ["pkg:pypi/aiohttp@3.0.0", "pkg:pypi/httpx@0.28.1"])


@pytest.mark.parametrize(
    ("answer", "status"),
    [({"results": []}, 503), ({"results": [{}]}, 200), ({"message": "hello"}, 200), ([], 200)],
)
def test_an_answer_that_says_nothing_is_an_error(answer: Any, status: int) -> None:
    with osv(answer, status) as (url, _), pytest.raises(NotAnswered, match="nothing is known"):
        advisories([BAD, GOOD], url)


def test_a_database_that_is_not_reached_is_an_error_that_says_so() -> None:
    with pytest.raises(NotAnswered, match="was not reached"):
        advisories([GOOD], "http://127.0.0.1:9")
