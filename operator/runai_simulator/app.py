"""The ASGI application: the API under /api, and the control of the simulator itself under /control."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from runai_simulator.control import control_routes
from runai_simulator.cut import RAW_SEND
from runai_simulator.errors import error_document
from runai_simulator.guard import Endpoint, guarded
from runai_simulator.operations import OPERATIONS
from runai_simulator.settings import Settings
from runai_simulator.state import State

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]


class Simulator(Starlette):
    """Keeps the server's own `send` within reach, through which a connection can be cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[RAW_SEND] = send
        await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None, *, state: State | None = None) -> Starlette:
    """The simulator as an ASGI application; its state is `app.state.simulator`."""
    simulated = state or State(settings)
    app = Simulator(
        routes=[*_api_routes(simulated), *control_routes(simulated)],
        exception_handlers={HTTPException: _as_error_document, Exception: _as_internal_error},
    )
    app.router.redirect_slashes = False
    app.state.simulator = simulated
    return app


def _api_routes(state: State) -> list[Route]:
    """One route per path, in the order of the table: /workloads/batch is never a workload called batch."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = guarded(state, operation)
    return [Route(path, _by_method(endpoints), methods=METHODS) for path, endpoints in by_path.items()]


def _by_method(endpoints: dict[str, Endpoint]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        if request.method not in endpoints:
            raise HTTPException(405, headers={"Allow": ", ".join(endpoints)})
        return await endpoints[request.method](request)

    return endpoint


async def _as_error_document(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse(error_document(error.status_code, error.detail), error.status_code, error.headers)


async def _as_internal_error(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse(error_document(500, f"the simulator failed: {type(error).__name__}"), 500)
