"""Connections that end without an answer: really closed, not a 500 in disguise."""

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

RAW_SEND = "runai_simulator.raw_send"


class ConnectionCut(ConnectionError):
    """Raised where there is no connection to close, as when a test calls the application directly."""


class CutConnection(Response):
    """Closes the connection; with `half_of`, after the headers and the first half of that answer."""

    def __init__(self, half_of: Response | None = None) -> None:
        super().__init__()
        self.status_code = 499
        self._half_of = half_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = _transport_of(scope)
        if transport is None:
            raise ConnectionCut("the simulator cut the connection")
        if self._half_of is None:
            transport.abort()
        else:
            await _send_half(self._half_of, send)
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def _transport_of(scope: Scope) -> asyncio.Transport | None:
    """uvicorn's `send` is a method of the request's cycle, which holds the transport."""
    cycle: Any = getattr(scope.get(RAW_SEND), "__self__", None)
    transport = getattr(cycle, "transport", None)
    return transport if isinstance(transport, asyncio.Transport) else None


async def _send_half(answer: Response, send: Send) -> None:
    body = bytes(answer.body)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
