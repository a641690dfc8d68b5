"""What stands between a request and its handler: counting, faults, the token, and reading the body."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from runai_simulator.calls import Answer, Call, Operation
from runai_simulator.cut import CutConnection
from runai_simulator.errors import ApiError, OAuthError, bad_request, error_document, not_found
from runai_simulator.faults import AnyFault, Cut, Latency, Redirect, Status
from runai_simulator.ledger import Write
from runai_simulator.manifests import parsed_json
from runai_simulator.state import State

Endpoint = Callable[[Request], Awaitable[Response]]
NEVER_HANDLED = JSONResponse(error_document(500, "never handled"), 500)
GATEWAY_PAGE = "<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>gateway</body></html>"


def guarded(state: State, operation: Operation) -> Endpoint:
    """The endpoint of an operation."""

    async def endpoint(request: Request) -> Response:
        state.ledger.began(operation.id)
        status = "cut"
        try:
            response = await _handled(state, operation, request)
            status = "cut" if isinstance(response, CutConnection) else str(response.status_code)
        finally:
            state.ledger.ended(operation.id, state.now(), request.url.path, request.url.query, status)
        return response

    return endpoint


async def _handled(state: State, operation: Operation, request: Request) -> Response:
    raw = await request.body()
    write = _logged(state, operation, request, raw)
    faults = state.faults.strike(operation=operation.id, method=operation.method, path=operation.path)
    instead = await _struck(state, [fault for fault in faults if fault.when == "before"], NEVER_HANDLED)
    if instead is not None:
        return instead
    response = _response(_answered(state, operation, request, raw))
    if write is not None:
        write.status = response.status_code
    return await _struck(state, [fault for fault in faults if fault.when == "after"], response) or response


def _answered(state: State, operation: Operation, request: Request, raw: bytes) -> Answer:
    try:
        problem = state.tokens.problem(request.headers.get("authorization"), state.now())
        if operation.secured and problem is not None:
            raise ApiError(401, f"Unauthorized: {problem}")
        _seen(state, request)
        body = _parsed(raw, operation) if operation.method in ("POST", "PUT") else None
        return operation.handler(Call(state, dict(request.path_params), dict(request.query_params), body))
    except (ApiError, OAuthError) as error:
        return Answer(error.code, error.document())


def _seen(state: State, request: Request) -> None:
    """Raises 404 for a workload that the settings hide."""
    for parameter in ("workloadId", "WorkloadV2Id"):
        id_ = request.path_params.get(parameter)
        workload = state.workloads.get(id_ or "")
        if workload is not None and not state.shows(workload):
            raise not_found("workload", str(id_))


def _parsed(raw: bytes, operation: Operation) -> Any:
    try:
        text = raw.decode()
        if operation.form:
            return dict(parse_qsl(text, keep_blank_values=True))
        return parsed_json(text)
    except (ValueError, RecursionError):
        raise bad_request("the body is not valid JSON") from None


def _response(answer: Answer) -> Response:
    if answer.document is None:
        return Response(status_code=answer.status)
    return JSONResponse(answer.document, answer.status)


def _logged(state: State, operation: Operation, request: Request, raw: bytes) -> Write | None:
    """Token requests are left out: they carry secrets."""
    if operation.method == "GET" or not operation.secured:
        return None
    try:
        body = parsed_json(raw.decode()) if raw else None
    except (ValueError, RecursionError):
        body = raw.decode(errors="replace")
    query = dict(request.query_params)
    write = Write(state.now(), operation.id, operation.method, request.url.path, query, body)
    state.ledger.writes.append(write)
    return write


async def _struck(state: State, faults: list[AnyFault], response: Response) -> Response | None:
    """What the client gets instead of `response`, None when only time is lost."""
    for fault in faults:
        if isinstance(fault, Latency):
            await asyncio.sleep(state.faults.latency(fault))
    for fault in faults:
        match fault:
            case Cut():
                return CutConnection(half_of=response if fault.midway else None)
            case Redirect():
                return Response(status_code=fault.status, headers={"Location": fault.location})
            case Status():
                return _faulty(fault)
    return None


def _faulty(fault: Status) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.body == "html":
        return HTMLResponse(GATEWAY_PAGE.format(status=fault.status), fault.status, headers)
    if fault.body == "empty":
        return Response(status_code=fault.status, headers=headers)
    return JSONResponse(error_document(fault.status, fault.message), fault.status, headers)
