"""What a client writes is read out of its bytes, however they are cut."""

from __future__ import annotations

import pytest

from tests.chaos.live.requests import Requests, Write, between

POST = b"POST /api/v2/workloads?dryRun=true HTTP/1.1\r\nHost: runai\r\nContent-Length: 9\r\n\r\nPUT / a\r\n"
GET = b"GET /api/v1/workloads?limit=500 HTTP/1.1\r\nHost: runai\r\n\r\n"
DELETE = b"DELETE /api/v2/workloads/1 HTTP/1.1\r\nHost: runai\r\n\r\n"


def sent(*chunks: bytes) -> tuple[list[str], bytes]:
    """The writes that were seen, and what was handed on."""
    writes: list[Write] = []
    requests = Requests(writes.append)
    handed_on = b"".join(requests.passed(chunk) for chunk in chunks)
    return between(writes, 0), handed_on


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_writes_are_seen_and_handed_on_as_they_were_in_whatever_pieces_they_come(size: int) -> None:
    whole = POST + GET + DELETE
    writes, handed_on = sent(*(whole[at : at + size] for at in range(0, len(whole), size)))
    assert writes == ["POST /api/v2/workloads", "DELETE /api/v2/workloads/1"]
    assert handed_on == whole


def test_a_target_as_proxies_are_told_it_is_handed_on_as_servers_are() -> None:
    asked = DELETE.replace(b" /api", b" http://runai.example:8000/api")
    assert sent(asked) == (["DELETE /api/v2/workloads/1"], DELETE)
    assert sent(GET.replace(b" /api", b" http://runai.example/api")) == ([], GET)


def test_what_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="without a length"):
        sent(POST.replace(b"Content-Length: 9", b"Transfer-Encoding: chunked"))


def test_what_was_sent_in_a_time_is_told() -> None:
    writes = [Write(1.0, "PUT", "/a"), Write(2.0, "PUT", "/b"), Write(3.0, "PUT", "/c")]
    assert between(writes, 2.0) == ["PUT /b", "PUT /c"]
    assert between(writes, 1.0, 3.0) == ["PUT /a", "PUT /b"]
