"""`connect`: a RunaiConnection is made as a file says, before the operator starts beside it in the same Pod.

A chart cannot hold the resource itself: Helm and kubectl refuse one whose CRD is in the same breath still to come.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientError
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.names import API_VERSION, CONNECTION_KIND, CONNECTIONS, GROUP, VERSION
from runai_operator.kube.answers import FORBIDDEN, NOT_FOUND, TIMEOUT

APPLY_PATCH = "application/apply-patch+yaml"
FIELD_MANAGER = "runai-operator-connect"
PATIENCE = 60.0
"""For how many seconds the CRD may still be on its way, or the API server away."""
EVERY = 1.0

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


def server_side(api: client.ApiClient) -> Apply:
    """Server-side apply: what the file says is taken from whoever set it otherwise, and the rest is left alone."""
    objects = client.CustomObjectsApi(api)

    async def apply(body: Mapping[str, Any]) -> None:
        await objects.patch_cluster_custom_object(
            GROUP,
            VERSION,
            CONNECTIONS,
            body["metadata"]["name"],
            body,
            field_manager=FIELD_MANAGER,
            field_validation="Strict",
            force=True,
            _content_type=APPLY_PATCH,
            _request_timeout=TIMEOUT,
        )

    return apply


def _why(name: str, error: ApiException) -> str:
    if error.status == NOT_FOUND:
        return f"the API server knows no {CONNECTION_KIND}: install the CRDs (the chart does, with crds.install)"
    if error.status == FORBIDDEN:
        rule = f"create and patch on {CONNECTIONS}, resourceNames [{name}]"
        return f"the {CONNECTION_KIND} {name} may not be written: give the operator's role {rule}"
    return f"the API server refuses the {CONNECTION_KIND} {name}: {_message(error)}"


def _message(error: ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, LookupError, TypeError):
        return f"{error.status} {error.reason}"
