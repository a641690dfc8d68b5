"""The simulator's own control, under /control: settings, faults, and what people do in Run:ai's UI."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runai_simulator import hand
from runai_simulator.errors import ApiError, bad_request, not_found
from runai_simulator.faults import Fault
from runai_simulator.settings import Part, Settings
from runai_simulator.state import State

FAULT: TypeAdapter[Any] = TypeAdapter(Fault)
Action = Callable[[State, Request, dict[str, Any]], Any]


def control_routes(state: State) -> list[Route]:
    table: dict[str, dict[str, Action]] = {
        "/control/settings": {"GET": _settings, "PUT": _change_settings},
        "/control/switches": {"GET": _switches, "PUT": _change_switches},
        "/control/times": {"GET": _times, "PUT": _change_times},
        "/control/clock": {"GET": _clock, "POST": _advance},
        "/control/tokens": {"DELETE": _revoke},
        "/control/faults": {"GET": _faults, "POST": _add_fault, "DELETE": _clear_faults},
        "/control/faults/{id}": {"DELETE": _remove_fault},
        "/control/requests": {"GET": _requests, "DELETE": _reset_ledger},
        "/control/log": {"GET": _log},
        "/control/writes": {"GET": _writes},
        "/control/state": {"DELETE": _reset},
        "/control/sync-failures": {"POST": hand.order_sync_failure, "DELETE": hand.clear_sync_failures},
        "/control/workloads": {"GET": _workloads, "POST": hand.create_foreign},
        "/control/workloads/{id}": {"GET": _workload, "PUT": hand.edit, "DELETE": hand.remove},
        "/control/workloads/{id}/history": {"GET": hand.history},
        "/control/workloads/{id}/{action}": {"POST": hand.act},
        "/control/clusters": {"GET": _clusters, "POST": hand.add_cluster},
        "/control/clusters/{id}": {"PUT": hand.rename_cluster, "DELETE": hand.remove_cluster},
        "/control/projects": {"GET": _projects, "POST": hand.add_project},
        "/control/projects/{id}": {"PUT": hand.rename_project, "DELETE": hand.remove_project},
    }
    return [_route(state, path, actions) for path, actions in table.items()]


def _route(state: State, path: str, actions: dict[str, Action]) -> Route:
    return Route(path, _endpoint(state, actions), methods=list(actions))


def _endpoint(state: State, actions: dict[str, Action]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            answer = actions[request.method](state, request, body)
        except ValidationError as error:
            return JSONResponse(bad_request(str(error)).document(), 400)
        except ApiError as error:
            return JSONResponse(error.document(), error.code)
        return Response(status_code=204) if answer is None else JSONResponse(answer)

    return endpoint


async def _body(request: Request) -> dict[str, Any]:
    if not await request.body():
        return {}
    try:
        body = await request.json()
    except ValueError:
        raise bad_request("the body is not JSON") from None
    if not isinstance(body, dict):
        raise bad_request("the body must be a JSON object")
    return body


def _shown(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(exclude={"client_secret"})


def _changed(part: Part, changes: dict[str, Any]) -> Any:
    """The same part with some values changed, validated."""
    return type(part).model_validate(part.model_dump() | changes)


def _settings(state: State, _: Request, __: dict[str, Any]) -> Any:
    return _shown(state.settings)


def _change_settings(state: State, _: Request, body: dict[str, Any]) -> Any:
    state.settings = _changed(state.settings, body)
    return _shown(state.settings)


def _switches(state: State, _: Request, __: dict[str, Any]) -> Any:
    return state.settings.switches.model_dump()


def _change_switches(state: State, request: Request, body: dict[str, Any]) -> Any:
    changed = _changed(state.settings.switches, body)
    state.settings = state.settings.model_copy(update={"switches": changed})
    return _switches(state, request, body)


def _times(state: State, _: Request, __: dict[str, Any]) -> Any:
    return state.settings.times.model_dump()


def _change_times(state: State, request: Request, body: dict[str, Any]) -> Any:
    changed = _changed(state.settings.times, body)
    state.settings = state.settings.model_copy(update={"times": changed})
    return _times(state, request, body)


def _clock(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {"now": state.now()}


def _advance(state: State, request: Request, body: dict[str, Any]) -> Any:
    seconds = body.get("advance")
    if not isinstance(seconds, (int, float)) or seconds < 0:
        raise bad_request("advance must be a number of seconds, not negative")
    state.clock.advance(seconds)
    return _clock(state, request, body)


def _revoke(state: State, _: Request, __: dict[str, Any]) -> None:
    state.tokens.revoke_all()


def _faults(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {id_: fault.model_dump() for id_, fault in state.faults.active.items()}


def _add_fault(state: State, _: Request, body: dict[str, Any]) -> Any:
    return {"id": state.faults.add(FAULT.validate_python(body))}


def _clear_faults(state: State, _: Request, __: dict[str, Any]) -> None:
    state.faults.clear()


def _remove_fault(state: State, request: Request, _: dict[str, Any]) -> None:
    if not state.faults.remove(request.path_params["id"]):
        raise not_found("fault", request.path_params["id"])


def _requests(state: State, _: Request, __: dict[str, Any]) -> Any:
    return state.ledger.summary()


def _log(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {"requests": list(state.ledger.log)}


def _writes(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {"writes": state.ledger.written()}


def _reset_ledger(state: State, _: Request, __: dict[str, Any]) -> None:
    state.ledger.reset()


def _reset(state: State, _: Request, __: dict[str, Any]) -> None:
    state.reset()


def _workloads(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {"workloads": [hand.everything(state, workload) for workload in state.workloads.values()]}


def _workload(state: State, request: Request, _: dict[str, Any]) -> Any:
    return hand.everything(state, state.workload(request.path_params["id"]))


def _clusters(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {"clusters": [asdict(cluster) for cluster in state.clusters.values()]}


def _projects(state: State, _: Request, __: dict[str, Any]) -> Any:
    return {"projects": [asdict(project) for project in state.projects.values()]}
