"""Whose tenant a token opens, asked before it is used for anything else."""

from __future__ import annotations

from .calls import Call, Model, judge, parse
from .errors import Forbidden, NotFound, RunaiError
from .models import Clusters, Page
from .wire import Wire

CLUSTERS = Call(method="GET", route="/api/v1/clusters", path="/api/v1/clusters")
ONE_WORKLOAD = Call(method="GET", route="/api/v1/workloads", path="/api/v1/workloads", query="offset=0&limit=1")


async def tenant_of(wire: Wire, token: str) -> str | None:
    """The tenant of the clusters, or else of a workload, that the token shows; None where it shows neither.

    Both carry `tenantId` in the OpenAPI documents; projects do not. Raises RunaiError, but for a role that may see no
    clusters, or no workloads.
    """
    return await _of_clusters(wire, token) or await _of_a_workload(wire, token)


async def _of_clusters(wire: Wire, token: str) -> str | None:
    body = await _shown(wire, token, CLUSTERS, Clusters)
    return next((each.tenant_id for each in body.root if each.tenant_id), None) if body else None


async def _of_a_workload(wire: Wire, token: str) -> str | None:
    body = await _shown(wire, token, ONE_WORKLOAD, Page)
    return next((each.tenant_id for each in body.workloads if each.tenant_id), None) if body else None


async def _shown(wire: Wire, token: str, call: Call, model: type[Model]) -> Model | None:
    reply = await wire.send(call, {"authorization": f"Bearer {token}"})
    error = judge(call, reply.without(token))
    if error is not None and not _out_of_reach(error):
        raise error
    return parse(call, reply, model) if error is None else None


def _out_of_reach(error: RunaiError) -> bool:
    """A matter of roles; a 401 is one of the token itself."""
    return isinstance(error, NotFound) or (isinstance(error, Forbidden) and error.status == 403)
