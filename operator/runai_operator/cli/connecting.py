"""`connect`: a RunaiConnection is made as a file says, before the operator starts beside it in the same Pod.

A chart cannot hold the resource itself: Helm and kubectl refuse one whose CRD is in the same breath still to come.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import yaml
from aiohttp import ClientError
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.names import API_VERSION, CONNECTION_KIND, CONNECTIONS, GROUP, VERSION
from runai_operator.kube.answers import CONFLICT, FORBIDDEN, NOT_FOUND, TIMEOUT

APPLY_PATCH = "application/apply-patch+yaml"
FIELD_MANAGER = "runai-operator-connect"
PATIENCE = 60.0
"""For how many seconds the CRD may still be on its way, or the API server away."""
EVERY = 1.0
SOMEBODY_ELSES = (
    f"somebody else made the {CONNECTION_KIND} {{name}}, and the values of the chart say otherwise ({{told}}): delete "
    "it, have the values (connection) say what it says, give connection.name another name, or leave connection.url out"
)

Apply = Callable[[Mapping[str, Any]], Awaitable[None]]


class NotConnected(Exception):
    """The connection is not as the file says; the text says what to change."""


def read_connection(path: Path) -> dict[str, Any]:
    """The one RunaiConnection of a YAML file. Raises NotConnected."""
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise NotConnected(f"{path} cannot be read: {error}") from None
    if not isinstance(body, dict) or (body.get("apiVersion"), body.get("kind")) != (API_VERSION, CONNECTION_KIND):
        raise NotConnected(f"{path} must hold one {CONNECTION_KIND} of {API_VERSION}, and nothing else")
    if not isinstance(body.get("metadata"), dict) or not isinstance(body["metadata"].get("name"), str):
        raise NotConnected(f"{path} must give the {CONNECTION_KIND} a metadata.name")
    return body


async def connect(
    body: Mapping[str, Any],
    apply: Apply,
    *,
    attempts: int = round(PATIENCE / EVERY),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Apply it, again while its kind is not served yet or nobody answers. Raises NotConnected."""
    name = body["metadata"]["name"]
    for left in reversed(range(attempts)):
        try:
            return await apply(body)
        except ApiException as error:
            if not left or (error.status != NOT_FOUND and (error.status or 0) < 500):
                raise NotConnected(_why(name, error)) from None
        except (ClientError, OSError, TimeoutError) as error:
            if not left:
                raise NotConnected(f"the API server does not answer: {error}") from None
        await sleep(EVERY)
    raise AssertionError("there is always a last attempt")


class Connections(Protocol):
    """The RunaiConnections of the API server. Raises ApiException, and what a request without an answer raises."""

    async def get(self, name: str) -> Mapping[str, Any] | None:
        """The one of that name; None where there is none, or its kind is not served."""
        ...

    async def apply(self, body: Mapping[str, Any], *, force: bool = False, dry_run: bool = False) -> Mapping[str, Any]:
        """Server-side apply, as FIELD_MANAGER; what it is then. A 409 names the fields that others set otherwise."""
        ...


def server_side(connections: Connections, say: Callable[[str], None]) -> Apply:
    """Applies what the file says to a connection that is new, or was made like this before: what others set otherwise
    is taken back, which is said, and the rest is left alone. Somebody else's is not changed.

    Raises NotConnected, or ApiException (a 409 where somebody else was quicker to make it).
    """

    async def apply(body: Mapping[str, Any]) -> None:
        name = body["metadata"]["name"]
        found = await connections.get(name)
        ours = found is not None and _made_so_before(found)
        if found is not None and not ours:
            await _refuse_to_change(found, body, connections)
        try:
            await connections.apply(body)
        except ApiException as error:
            if error.status != CONFLICT or not ours:
                raise
            say(f"the {CONNECTION_KIND} {name} was changed by others, and is taken back: {_message(error)}")
            await connections.apply(body, force=True)

    return apply


async def _refuse_to_change(found: Mapping[str, Any], body: Mapping[str, Any], connections: Connections) -> None:
    """Without force an apply still adds what was not set, access for one; so it is seen first what would come of it."""
    would_be = await connections.apply(body, dry_run=True)
    if would_be["spec"] != found["spec"]:
        raise NotConnected(SOMEBODY_ELSES.format(name=body["metadata"]["name"], told="fields would be added to it"))


def _made_so_before(found: Mapping[str, Any]) -> bool:
    return any(each.get("manager") == FIELD_MANAGER for each in found["metadata"].get("managedFields", ()))


class ServedConnections:
    """Those of the API server that a client reaches."""

    def __init__(self, api: client.ApiClient) -> None:
        self._objects = client.CustomObjectsApi(api)

    async def get(self, name: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = await self._objects.get_cluster_custom_object(
                GROUP, VERSION, CONNECTIONS, name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return found

    async def apply(self, body: Mapping[str, Any], *, force: bool = False, dry_run: bool = False) -> Mapping[str, Any]:
        applied: Mapping[str, Any] = await self._objects.patch_cluster_custom_object(
            GROUP,
            VERSION,
            CONNECTIONS,
            body["metadata"]["name"],
            body,
            field_manager=FIELD_MANAGER,
            field_validation="Strict",
            force=force,
            **({"dry_run": "All"} if dry_run else {}),
            _content_type=APPLY_PATCH,
            _request_timeout=TIMEOUT,
        )
        return applied


def _why(name: str, error: ApiException) -> str:
    if error.status == NOT_FOUND:
        return f"the API server knows no {CONNECTION_KIND}: install the CRDs (the chart does, with crds.install)"
    if error.status == CONFLICT:
        return SOMEBODY_ELSES.format(name=name, told=_message(error))
    if error.status == FORBIDDEN:
        rule = f"get, create and patch on {CONNECTIONS}, resourceNames [{name}]"
        return f"the {CONNECTION_KIND} {name} may not be written: give the operator's role {rule}"
    return f"the API server refuses the {CONNECTION_KIND} {name}: {_message(error)}"


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, LookupError, TypeError):
        return f"{error.status} {error.reason}"
