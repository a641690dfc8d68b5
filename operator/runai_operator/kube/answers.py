"""What the answers of the API server mean: stale, too large, or not to be mended by trying again."""

from __future__ import annotations

import json
from typing import Any

from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.reasons import Reason
from runai_operator.sync.ports import Problem, Stale

FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE = 403, 404, 409, 422
TIMEOUT = 30.0
"""Seconds for a request to the API server, at most."""
FULL = "etcdserver: request is too large"
TOO_FULL = (
    "with what the operator notes on it the resource is larger than the API server stores: make spec.manifest smaller, "
    "move data out of it, into images or volumes"
)


async def guarded(request: Any) -> Any:
    """A conflict, a failed test, or an object that is gone: it is not the one that was read, and Stale is raised.

    Raises Problem where the object would not fit into etcd any more, which is a 500 (seen on 1.36).
    """
    try:
        return await request
    except ApiException as error:
        if error.status in (NOT_FOUND, CONFLICT):
            raise Stale from None
        if error.status == UNPROCESSABLE and not _causes(error):
            raise Stale from None
        if FULL in str(error.body):
            raise Problem(Reason.TOO_LARGE, TOO_FULL) from None
        raise


def unclaimable(error: ApiException) -> ApiException | Problem:
    """What a person has to mend where the API server does not take our annotation; else the error as it is."""
    causes = _causes(error) if error.status == UNPROCESSABLE else None
    if not causes:
        return error
    told = "; ".join(f"{each.get('field')}: {each.get('message')}" for each in causes[:3])
    message = (
        f"the operator's claim cannot be written on this resource: {told}. Take annotations away; what client-side "
        "kubectl apply leaves there is avoided by kubectl apply --server-side"
    )
    return Problem(Reason.INVALID_SPEC, message)


def _causes(error: ApiException) -> Any:
    """What the API server finds wrong with an object; of a `test` that fails it names nothing (seen on 1.36)."""
    try:
        return json.loads(error.body or "")["details"]["causes"]
    except (ValueError, LookupError, TypeError):
        return None
