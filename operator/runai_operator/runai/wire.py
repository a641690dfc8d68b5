"""Sends one call and reads its answer to the end, within bounds of time and size."""

import asyncio
import time
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx

from .body import UNDERSTOOD, Body, Garbled, TooLong
from .calls import Call, Reply, distrusted, lost, withheld
from .errors import RunaiError, Unavailable
from .transport import Withheld, why

CONNECT_SECONDS = 5.0
LARGEST_BODY = 16 * 2**20
"""Bytes, unpacked. A page of 500 rows has a tenth of it, a workload with the largest manifest a third."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

Observer = Callable[[str, int | None, float], None]
Permit = Callable[[], str | None]
"""Whether a write may be sent now: None, or in a sentence why not."""


class Wire:
    """One HTTP client for one control plane.

    `timeout` is in seconds and covers a whole request, down to the last byte of its answer. `observer` is told the
    route ("GET /api/v1/workloads"), the status (None without an answer) and the seconds of each request. `permit` is
    asked last of all before a write is sent, and again when its connection had to be made first.
    """

    def __init__(
        self,
        base: httpx.URL,
        transport: httpx.AsyncBaseTransport,
        *,
        timeout: float,
        user_agent: str,
        observer: Observer | None = None,
        permit: Permit = lambda: None,
        largest_body: int = LARGEST_BODY,
    ) -> None:
        self._base = str(base).rstrip("/")
        self._timeout = timeout
        self._observer = observer
        self._permit = permit
        self._largest_body = largest_body
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"user-agent": user_agent, "accept": "application/json", "accept-encoding": UNDERSTOOD},
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
        )

    async def send(self, call: Call, headers: Mapping[str, str]) -> Reply:
        """The reply, whatever its status. Raises Unavailable, or Ambiguous for a write that may have been sent."""
        if call.writes and (why_not := self._permit()) is not None:
            raise withheld(call, why_not)
        started, status = time.monotonic(), None
        try:
            reply = await self._exchange(call, headers)
            status = reply.status
            return reply
        except RunaiError as error:
            status = error.status
            raise
        finally:
            if self._observer is not None:
                self._observer(f"{call.method} {call.route}", status, time.monotonic() - started)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _exchange(self, call: Call, headers: Mapping[str, str]) -> Reply:
        request = self._request(call, headers)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._open(call, request)
                try:
                    return await self._read(call, response)
                finally:
                    await response.aclose()
        except TimeoutError:
            progress = request.extensions.get("progress")
            sent = progress is None or progress.connected
            what = "no whole answer" if sent else "cannot connect"
            raise lost(call, f"{what} within {self._timeout:g} s", sent=sent) from None

    def _request(self, call: Call, headers: Mapping[str, str]) -> httpx.Request:
        url = f"{self._base}{call.path}" + (f"?{call.query}" if call.query else "")
        headers = dict(headers)
        if call.body is not None:
            headers["content-type"] = call.content_type
        extensions = {"permit": self._permit} if call.writes else {}
        return self._http.build_request(call.method, url, content=call.body, headers=headers, extensions=extensions)

    async def _open(self, call: Call, request: httpx.Request) -> httpx.Response:
        if self._http.is_closed:
            raise Unavailable(
                "the connection to Run:ai was closed: nothing was sent", method=call.method, path=call.path
            )
        try:
            return await self._http.send(request, stream=True)
        except Withheld as error:
            raise withheld(call, str(error)) from None
        except NEVER_SENT as error:
            raise lost(call, f"cannot connect ({error})", sent=False) from error
        except httpx.TimeoutException as error:
            raise lost(call, f"no answer within {self._timeout:g} s", sent=True) from error
        except httpx.HTTPError as error:
            raise lost(call, f"the connection was cut before an answer ({error})", sent=True) from error

    async def _read(self, call: Call, response: httpx.Response) -> Reply:
        if response.is_stream_consumed:  # by a transport that has no network to read from
            return Reply(response.status_code, response.headers, response.content)
        try:
            body = Body(response.headers.get("content-encoding", ""), self._largest_body)
            async for piece in response.aiter_raw():
                body.add(piece)
            return Reply(response.status_code, response.headers, body.whole())
        except TooLong:
            what = f"an answer longer than {self._largest_body} bytes was not read to its end"
            raise lost(call, what, sent=True, status=response.status_code) from None
        except Garbled:
            empty = Reply(response.status_code, response.headers, b"")
            raise distrusted(call, empty, f"{empty.status} and a body that cannot be decompressed") from None
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            what = f"the answer broke off ({why(error)})"
            raise lost(call, what, sent=True, status=response.status_code) from error
