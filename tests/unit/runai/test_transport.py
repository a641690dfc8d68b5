"""The transport on real sockets: what was sent, what was not, and how long it may take."""

import asyncio
import gc
import os
import ssl
from pathlib import Path

import pytest

from runai_operator.runai import (
    Ambiguous,
    Credentials,
    RunaiClient,
    RunaiError,
    Unavailable,
    Unreadable,
    UpdateWorkload,
)

from .servers import CREDENTIALS, V2, WORKLOAD_ID, RawServer, answer, raw_server

AUTHORITY = Path(__file__).with_name("authority.pem")
VIEW = {"workload": V2}


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def client_of(server: RawServer, **options: object) -> RunaiClient:
    return RunaiClient(server.url, CREDENTIALS, **options)  # type: ignore[arg-type]


async def well(_head, _reader, writer):
    writer.write(answer(VIEW))


async def cut(_head, _reader, writer):
    writer.close()


async def reset(_head, _reader, writer):
    writer.transport.abort()


async def half(_head, _reader, writer):
    writer.write(answer(VIEW)[:-10])
    await writer.drain()
    writer.close()


async def garbage(_head, _reader, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    await writer.drain()
    writer.close()


async def silence(_head, reader, _writer):
    await reader.read()


async def drip(_head, _reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\n \r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def drip_of_the_head(_head, _reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        writer.write(f"x-{number}: 1\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(_head, _reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


MISBEHAVIOUR = {f.__name__: f for f in (cut, reset, half, garbage, silence, drip, drip_of_the_head, flood)}


@pytest.mark.parametrize("handle", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
async def test_a_read_that_gets_no_whole_answer_is_unavailable(handle):
    async with raw_server(handle) as server, client_of(server, timeout=0.5) as client:
        with pytest.raises(Unavailable):
            await client.get(WORKLOAD_ID)


@pytest.mark.parametrize("write", ["put", "delete", "batch"])
@pytest.mark.parametrize("handle", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
async def test_a_write_that_gets_no_whole_answer_is_ambiguous_and_sent_once(handle, write):
    async with raw_server(handle) as server, client_of(server, timeout=0.5) as client:
        with pytest.raises(Ambiguous):
            await write_of(client, write)
        assert len(server.heads) == 1


@pytest.mark.parametrize("handle", [cut, reset])
async def test_a_write_on_a_pooled_connection_is_not_sent_again_either(handle):
    async def first_well(head, reader, writer):
        await (well if head.startswith(b"GET") else handle)(head, reader, writer)

    async with raw_server(first_well) as server, client_of(server) as client:
        await client.get(WORKLOAD_ID)
        with pytest.raises(Ambiguous):
            await client.delete(WORKLOAD_ID)
        assert len(server.heads) == 2


async def write_of(client: RunaiClient, write: str) -> None:
    if write == "put":
        await client.update(WORKLOAD_ID, UpdateWorkload(manifest={}))
    elif write == "delete":
        await client.delete(WORKLOAD_ID)
    else:
        await client.batch("suspend", [WORKLOAD_ID])


async def test_a_refused_connection_was_never_sent():
    async with raw_server(well) as server:
        client = client_of(server)
        await client.get(WORKLOAD_ID)
        server.handle = cut
        with pytest.raises(Unavailable):
            await client.get(WORKLOAD_ID)
    await refused(client)
    await client.aclose()


async def refused(client: RunaiClient) -> None:
    with pytest.raises(RunaiError) as raised:
        await client.delete(WORKLOAD_ID)
    assert type(raised.value) is Unavailable
    assert "cannot connect" in raised.value.message


async def test_a_request_that_was_sent_and_could_not_be_sent_again_is_not_one_that_never_was():
    async with raw_server(well) as server, client_of(server) as client:
        await client.get(WORKLOAD_ID)

        async def last(_head, _reader, writer):
            server.listening.close()
            writer.close()

        server.handle = last
        with pytest.raises(Unavailable, match="cut before an answer"):
            await client.get(WORKLOAD_ID)


async def test_a_name_that_does_not_resolve_was_never_sent():
    async with RunaiClient("http://runai.invalid", CREDENTIALS) as client:
        await refused(client)


async def test_plain_http_behind_https_is_a_failed_connect():
    async with raw_server(well) as server:
        url = server.url.replace("http:", "https:")
        async with RunaiClient(url, CREDENTIALS, timeout=0.5) as client:
            await refused(client)


async def test_connections_are_reused_and_no_cookie_is_kept():
    async def with_cookie(_head, _reader, writer):
        writer.write(answer(VIEW, headers="set-cookie: session=1; Path=/\r\n"))

    async with raw_server(with_cookie) as server, client_of(server) as client:
        for _ in range(5):
            await client.get(WORKLOAD_ID)
        assert server.connections == 1
        assert not [head for head in server.heads if b"cookie" in head.lower()]


async def test_redirects_are_not_followed():
    async def elsewhere(_head, _reader, writer):
        writer.write(b"HTTP/1.1 307 Go\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")

    async with raw_server(elsewhere) as server, client_of(server) as client:
        with pytest.raises(Unreadable):
            await client.get(WORKLOAD_ID)
        assert len(server.heads) == 1


async def test_the_query_is_sent_as_it_was_encoded():
    async def page(_head, _reader, writer):
        writer.write(answer({"workloads": []}))

    async with raw_server(page) as server, client_of(server, user_agent="runai-operator/9") as client:
        await client.list(filter_by=["name==a,b", "createdAt>=2024-01-01T00:00:00+00:00"], deleted=False)
        head = server.heads[0].decode().lower()
    line = server.heads[0].decode().split("\r\n")[0]
    assert line.split("filterBy=")[1] == "name%3D%3Da%2Cb,createdAt%3E%3D2024-01-01T00%3A00%3A00%2B00%3A00 HTTP/1.1"
    assert "user-agent: runai-operator/9" in head
    assert "authorization: bearer token-1" in head


async def test_a_manifest_above_a_megabyte_is_sent_whole():
    sizes = []

    async def measure(head, _reader, writer):
        sizes.append(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.write(answer(V2, "202 Accepted"))

    async with raw_server(measure) as server, client_of(server) as client:
        await client.update(WORKLOAD_ID, UpdateWorkload(manifest={"data": "x" * 2_000_000}))
    assert sizes[0] > 2_000_000


async def test_a_proxy_of_the_environment_is_used(monkeypatch):
    async with raw_server(well) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:pass@"))
        async with RunaiClient("http://runai.test", CREDENTIALS) as client:
            await client.get(WORKLOAD_ID)
        head = proxy.heads[0]
    assert head.startswith(b"GET http://runai.test/api/v2/workloads/")
    assert b"proxy-authorization: basic" in head.lower()


async def test_a_proxy_that_refuses_the_tunnel_means_never_sent(monkeypatch):
    async def refuse(_head, _reader, writer):
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")

    async with raw_server(refuse) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//user:pass@"))
        async with RunaiClient("https://runai.test", CREDENTIALS) as client:
            await refused(client)
    assert proxy.heads[0].startswith(b"CONNECT runai.test:443")
    assert b"proxy-authorization: basic" in proxy.heads[0].lower()


async def test_no_proxy_is_honoured(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    async with raw_server(well) as server, client_of(server) as client:
        await client.get(WORKLOAD_ID)


def test_a_socks_proxy_is_refused_at_once(monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(ValueError, match="socks5"):
        RunaiClient("https://runai.test", CREDENTIALS)


async def test_a_private_authority_is_trusted_when_its_certificate_is_given():
    private = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    private.load_cert_chain(AUTHORITY)
    async with raw_server(well, tls=private) as server:
        async with client_of(server) as suspicious:
            await refused(suspicious)
        async with client_of(server, ca_bundle=AUTHORITY.read_text()) as trusting:
            await trusting.get(WORKLOAD_ID)


def test_a_bundle_without_certificates_is_refused_at_once():
    with pytest.raises(ValueError, match="CA bundle"):
        RunaiClient("https://runai.test", CREDENTIALS, ca_bundle="nonsense")


async def test_cancelling_a_call_ends_it_and_leaves_the_client_usable():
    async with raw_server(silence) as server, client_of(server) as client:
        call = asyncio.create_task(client.delete(WORKLOAD_ID))
        async with asyncio.timeout(5):
            await server.asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        server.handle = well
        await client.get(WORKLOAD_ID)


async def test_the_observer_and_the_gate_see_each_request():
    seen: list[tuple[str, int | None]] = []
    gated: list[type | None] = []

    class Gate:
        async def __aenter__(self) -> None: ...

        async def __aexit__(self, kind, _error, _traceback) -> None:
            gated.append(kind)

    def observe(route: str, status: int | None, seconds: float) -> None:
        assert seconds >= 0
        seen.append((route, status))

    async with raw_server(well) as server, client_of(server, gate=Gate, observer=observe) as client:
        await client.get(WORKLOAD_ID)
        server.handle = cut
        with pytest.raises(Ambiguous):
            await client.delete(WORKLOAD_ID)
    assert seen == [
        ("POST /api/v2/token", 200),
        ("GET /api/v2/workloads/{id}", 200),
        ("DELETE /api/v2/workloads/{id}", None),
    ]
    assert gated == [None, Ambiguous]


async def test_a_closed_client_leaves_nothing_behind(recwarn):
    async with raw_server(well) as server, client_of(server) as client:
        await client.get(WORKLOAD_ID)
    gc.collect()
    assert not [warning for warning in recwarn if issubclass(warning.category, ResourceWarning)]


async def test_credentials_may_come_from_a_source_that_fails():
    async def missing() -> Credentials:
        raise LookupError("no Secret")

    async with raw_server(well) as server, RunaiClient(server.url, missing) as client:
        with pytest.raises(LookupError, match="no Secret"):
            await client.get(WORKLOAD_ID)
