"""The httpx-aiohttp transport, made fit for writes.

What it changes of its base (httpx-aiohttp 0.2, aiohttp 3.14): a cut connection is a ReadError (the base calls it
ConnectTimeout, as if nothing had been sent); the URL is sent exactly as encoded (the base lets yarl decode a %2C in
a query); a write is never sent again behind our back (aiohttp resends PUT and DELETE once); no cookies are kept; the
request's extension "progress" tells whether a connection was had, so that a timeout can be judged; and its extension
"permit", if it has one, is asked once there is a connection: to make one takes time, in which a permission may lapse.
"""

import io
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
import httpx
import yarl
from httpx_aiohttp.transport import AiohttpResponseStream, AiohttpTransport

IDLE_SECONDS = 30.0
LARGE_BODY = 2**20
READS = frozenset({"GET", "HEAD", "OPTIONS"})
NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError, aiohttp.ConnectionTimeoutError)


@dataclass
class Progress:
    """Whether a connection was had for a request, so that it may have been sent; and whether it may be sent at all."""

    permit: Callable[[], str | None]
    connected: bool = False


class Withheld(httpx.ConnectError):
    """The request's permit refused it: nothing was sent."""


class Cut(aiohttp.ClientError):
    """The connection ended before the answer to a write began."""


class Transport(AiohttpTransport):  # type: ignore[misc]
    """Sends one request over pooled connections. Raises httpx.ConnectError only when nothing can have been sent."""

    def __init__(self, *, context: ssl.SSLContext, proxy: httpx.Proxy | None = None) -> None:
        super().__init__(verify=context, proxy=proxy)
        self._context = context

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        progress = request.extensions["progress"] = Progress(request.extensions.get("permit", lambda: None))
        try:
            response = await self._send(request, progress)
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, NEVER_SENT) and not progress.connected:
                raise httpx.ConnectError(why(error)) from error
            raise httpx.ReadError(why(error)) from error
        return httpx.Response(
            status_code=response.status,
            headers=response.raw_headers,
            stream=AiohttpResponseStream(response),
            request=request,
        )

    def _session(self) -> aiohttp.ClientSession:
        """Opened at the first request, for a session belongs to a running loop; the base closes it."""
        if self.client is None:
            self.client: aiohttp.ClientSession | None = _session(self._context)
        return self.client

    async def _send(self, request: httpx.Request, progress: Progress) -> aiohttp.ClientResponse:
        session = self._session()
        timeout = request.extensions.get("timeout", {})
        body = await request.aread()
        credentials = _proxy_credentials(self.proxy)
        return await session.request(
            request.method,
            yarl.URL(str(request.url), encoded=True),
            headers=[*request.headers.multi_items(), *(credentials if request.url.scheme == "http" else ())],
            data=io.BytesIO(body) if len(body) > LARGE_BODY else body or None,
            allow_redirects=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=timeout.get("connect"),
                sock_connect=timeout.get("connect"),
                sock_read=timeout.get("read"),
            ),
            proxy=str(self.proxy.url) if self.proxy else None,
            proxy_headers=dict(credentials),
            trace_request_ctx=progress,
            middlewares=() if request.method in READS else (_sent_once,),
        )


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """The roots of certifi and of the system, and those of `ca_bundle` (PEM text). Raises ValueError for a bad one.

    Not ssl.create_default_context: it trusts what SSL_CERT_FILE and SSL_CERT_DIR name, and writes its session keys
    where SSLKEYLOGFILE says. What is trusted is the connection's to say, whatever the environment.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=certifi.where())
    system = ssl.get_default_verify_paths()
    if Path(system.openssl_cafile).is_file():
        context.load_verify_locations(cafile=system.openssl_cafile)
    if Path(system.openssl_capath).is_dir():
        context.load_verify_locations(capath=system.openssl_capath)
    if ca_bundle is not None:
        try:
            context.load_verify_locations(cadata=ca_bundle)
        except (ssl.SSLError, ValueError) as error:
            raise ValueError("the CA bundle holds no certificates in PEM form") from error
    return context


def proxy_for(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY ask for. Raises ValueError for a SOCKS proxy."""
    proxies = getproxies()
    found = proxies.get(url.scheme) or proxies.get("all")
    if not found or proxy_bypass(f"{url.host}:{url.port}" if url.port else url.host):
        return None
    try:
        proxy = httpx.Proxy(found if "://" in found else f"http://{found}")
    except (httpx.InvalidURL, ValueError):  # whose text quotes the URL, and that may hold a password
        name = f"{url.scheme}_proxy".upper()
        raise ValueError(
            f"the environment names a proxy whose URL cannot be read: correct {name} or ALL_PROXY"
        ) from None
    if proxy.url.scheme not in ("http", "https"):
        raise ValueError(f"the environment names a {proxy.url.scheme} proxy; only http and https proxies are supported")
    return proxy


def _proxy_credentials(proxy: httpx.Proxy | None) -> list[tuple[str, str]]:
    """The header for a proxy: part of a plain request, and of the CONNECT before one over TLS."""
    if proxy is None or proxy.auth is None:
        return []
    return [("Proxy-Authorization", aiohttp.encode_basic_auth(*proxy.auth))]


def _session(context: ssl.SSLContext) -> aiohttp.ClientSession:
    """A session without a limit of its own: the budget around the requests is the limit."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=0, keepalive_timeout=IDLE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[_tracing()],
    )


def _tracing() -> aiohttp.TraceConfig:
    async def connected(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: object) -> None:
        progress: Progress = context.trace_request_ctx
        if (why_not := progress.permit()) is not None:
            raise Withheld(why_not)
        progress.connected = True

    tracing: aiohttp.TraceConfig = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(connected)
    tracing.on_connection_reuseconn.append(connected)
    return tracing


async def _sent_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    try:
        return await handler(request)
    except NEVER_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Cut(why(error)) from error


def why(error: Exception) -> str:
    """What happened, without the URL of a proxy, which may hold a password, and without bytes of the answer, which may
    repeat the token that was sent."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refused with {error.status}"
    if isinstance(error, aiohttp.ClientResponseError):
        return "what was answered is not HTTP"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "it is not as long, or not in such pieces, as it says"
    return str(error) or type(error).__name__
