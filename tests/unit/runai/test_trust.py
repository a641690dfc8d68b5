"""Whom the client talks to, and whom it believes: no environment, and no answer, makes it talk to another."""

import os
import ssl
from pathlib import Path

import httpx
import pytest

from runai_operator.runai import RunaiClient, RunaiError, Unavailable, Unreadable, UpdateWorkload
from runai_operator.runai.transport import proxy_for

from .servers import CREDENTIALS, V2, WORKLOAD_ID, answer, raw_server

AUTHORITY = Path(__file__).with_name("authority.pem")
REDIRECTS = {301: "Moved Permanently", 302: "Found", 303: "See Other", 307: "Temporary", 308: "Permanent"}
CALLS = {
    "read": lambda client: client.get(WORKLOAD_ID),
    "list": lambda client: client.list(),
    "write": lambda client: client.update(WORKLOAD_ID, UpdateWorkload(manifest={})),
    "delete": lambda client: client.delete(WORKLOAD_ID),
}


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


async def well(_head, _reader, writer):
    writer.write(answer({"workload": V2}))


def private() -> ssl.SSLContext:
    """Of a server whose certificate, for 127.0.0.1, no authority signed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(AUTHORITY)
    return context


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize("call", CALLS)
async def test_no_redirect_brings_a_request_to_another_host(call, status):
    async with raw_server(well) as other:

        async def elsewhere(_head, _reader, writer):
            head = f"HTTP/1.1 {status} {REDIRECTS[status]}\r\nlocation: {other.url}/api/v2/token\r\nrefresh: 0\r\n"
            writer.write(f"{head}content-length: 0\r\n\r\n".encode())

        async with raw_server(elsewhere) as server, RunaiClient(server.url, CREDENTIALS) as client:
            with pytest.raises(RunaiError, match="a redirect"):
                await CALLS[call](client)
            assert len(server.heads) == 1
        assert other.connections == 0


@pytest.mark.parametrize("status", REDIRECTS)
async def test_no_redirect_brings_the_credentials_to_another_host(status):
    asked = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(status, headers={"location": "http://else.test/api/v2/token"})

    transport = httpx.MockTransport(elsewhere)
    async with RunaiClient("https://runai.test", CREDENTIALS, transport=transport) as client:
        with pytest.raises(Unreadable, match="a redirect"):
            await client.get(WORKLOAD_ID)
    assert asked == ["runai.test"]


async def test_a_netrc_of_this_machine_says_nothing(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password 0f-this-machine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    async with raw_server(well) as server, RunaiClient(server.url, CREDENTIALS) as client:
        await client.get(WORKLOAD_ID)
    heads = [line for line in server.heads[0].lower().split(b"\r\n") if line.startswith(b"authorization")]
    assert heads == [b"authorization: bearer token-1"]


SWITCHES = {
    "SSL_CERT_FILE": str(AUTHORITY),
    "SSL_CERT_DIR": str(AUTHORITY.parent),
    "REQUESTS_CA_BUNDLE": str(AUTHORITY),
    "CURL_CA_BUNDLE": str(AUTHORITY),
    "PYTHONHTTPSVERIFY": "0",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "GIT_SSL_NO_VERIFY": "1",
}


@pytest.mark.parametrize("name", [None, *SWITCHES])
async def test_no_environment_makes_it_believe_a_certificate_that_nobody_signed(monkeypatch, name):
    if name is not None:
        monkeypatch.setenv(name, SWITCHES[name])
    async with raw_server(well, tls=private()) as server:
        async with RunaiClient(server.url, CREDENTIALS) as suspicious:
            with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await suspicious.get(WORKLOAD_ID)
        assert server.heads == []
        async with RunaiClient(server.url, CREDENTIALS, ca_bundle=AUTHORITY.read_text()) as trusting:
            await trusting.get(WORKLOAD_ID)


async def test_a_certificate_for_another_name_is_not_believed():
    async with raw_server(well, tls=private()) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        async with RunaiClient(url, CREDENTIALS, ca_bundle=AUTHORITY.read_text()) as client:
            with pytest.raises(Unavailable, match="certificate is not valid for 'localhost'"):
                await client.get(WORKLOAD_ID)
        assert server.heads == []


async def test_session_keys_are_written_nowhere(monkeypatch, tmp_path):
    async with raw_server(well, tls=private()) as server:
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
        async with RunaiClient(server.url, CREDENTIALS, ca_bundle=AUTHORITY.read_text()) as client:
            await client.get(WORKLOAD_ID)
    assert not (tmp_path / "keys").exists()


async def test_plain_http_is_spoken_where_the_url_says_so_alone():
    """What answers in plain HTTP behind an https:// URL is given nothing; there is no way back from TLS."""
    async with raw_server(well) as server:
        url = server.url.replace("http:", "https:")
        async with RunaiClient(url, CREDENTIALS, timeout=0.5) as client:
            with pytest.raises(Unavailable, match="cannot connect"):
                await client.get(WORKLOAD_ID)
        assert server.heads == []


@pytest.mark.parametrize("proxy", ["http://user:pa55/word@proxy:3128", "http://u:pa55@p:port"])
def test_a_proxy_that_cannot_be_read_is_told_without_its_password(monkeypatch, proxy):
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(ValueError, match="HTTPS_PROXY") as raised:
        proxy_for(httpx.URL("https://runai.test"))
    assert "pa55" not in str(raised.value)
    assert raised.value.__cause__ is None
