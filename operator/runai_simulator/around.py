"""The operations around workloads: tokens, projects, clusters, node pools and the catalogues."""

import hmac
import uuid
from typing import Any

from runai_simulator import catalogue
from runai_simulator.calls import Answer, Call
from runai_simulator.clock import rfc3339
from runai_simulator.errors import ApiError, OAuthError, bad_request, not_found
from runai_simulator.filters import Fields, Moment, in_order, matching, parse
from runai_simulator.organisation import (
    DEPARTMENT_ID,
    DEPARTMENT_NAME,
    Project,
    cluster_view,
    project_view,
)

GRANTS_V1 = (
    "app_token", "client_credentials", "refresh_token", "exchange_token", "password", "external_token_exchange",
)  # fmt: skip
GRANTS_V2 = ("authorization_code", "client_credentials", "password", "refresh_token")
NODE_POOL_FIELDS = (
    "name", "phase", "clusterId", "createdAt", "updatedAt", "networkTopologyName", "gpuNetworkAccelerationDetection",
    "gpuNetworkAccelerationDetected", "gpuNetworkAccelerationLabelKey", "swapEnabled", "nodeLevelSchedulerEnabled",
)  # fmt: skip
MEASURES = ("Allocation", "Utilization", "MemoryUtilization")
AVERAGES = tuple(f"avgGpu{measure}{span}" for measure in MEASURES for span in ("24h", "7d", "30d"))
PROJECT_FIELDS: Fields[Project] = {
    "name": lambda project: project.name,
    "clusterId": lambda project: project.cluster_id,
    "departmentId": lambda _: DEPARTMENT_ID,
    "parentId": lambda _: DEPARTMENT_ID,
    "parentName": lambda _: DEPARTMENT_NAME,
    "phase": lambda _: "Ready",
    "totalGpuQuota": lambda _: 64.0,
    "gpuAllocated": lambda _: 0.0,
    "createdAt": lambda project: Moment(round(project.created_at * 1e6)),
    **{name: lambda _: 0.0 for name in AVERAGES},
}


def token_v2(call: Call) -> Answer:
    if not call.state.settings.switches.token_v2:
        raise ApiError(404, "there is no such path")
    form = call.body if isinstance(call.body, dict) else {}
    grant = form.get("grant_type")
    if not grant:
        raise OAuthError(400, "invalid_request", "grant_type is required")
    if grant != "client_credentials":
        raise OAuthError(400, "unsupported_grant_type", "the simulator grants client_credentials only")
    if not _are_ours(call, form.get("client_id"), form.get("client_secret")):
        raise OAuthError(401, "invalid_client", "client_id or client_secret is wrong")
    lifetime = call.state.settings.token_lifetime
    return Answer(200, {"access_token": _issued(call), "token_type": "Bearer", "expires_in": lifetime})


def token_v1(call: Call) -> Answer:
    """The contract calls the field clientID, the documentation's examples clientId; either is read."""
    body = call.object_body()
    if body.get("grantType") not in GRANTS_V1:
        raise bad_request(f"grantType must be one of {', '.join(GRANTS_V1)}")
    if body["grantType"] != "client_credentials":
        raise bad_request("the simulator grants client_credentials only")
    if not _are_ours(call, body.get("clientID", body.get("clientId")), body.get("clientSecret")):
        raise bad_request("clientID or clientSecret is wrong")
    return Answer(200, {"accessToken": _issued(call), "expiresIn": call.state.settings.token_lifetime})


def _are_ours(call: Call, client_id: Any, secret: Any) -> bool:
    settings = call.state.settings
    if not isinstance(client_id, str) or not isinstance(secret, str):
        return False
    right_secret = hmac.compare_digest(secret.encode(errors="replace"), settings.client_secret.encode())
    return client_id == settings.client_id and right_secret


def _issued(call: Call) -> str:
    settings = call.state.settings
    return call.state.tokens.issue(
        subject=settings.client_id,
        tenant=settings.tenant_id,
        now=call.state.now(),
        lifetime=settings.token_lifetime,
    )


def projects(call: Call) -> Answer:
    conditions = parse(call.text("filterBy"), PROJECT_FIELDS, most=None)
    search = (call.text("search") or "").lower()
    found = [project for project in call.state.shown_projects.values() if search in project.name.lower()]
    key = call.choice("sortBy", tuple(PROJECT_FIELDS))
    ordered = in_order(matching(found, conditions, PROJECT_FIELDS), key, call.order(), PROJECT_FIELDS)
    return call.page("projects", ordered, project_view)


def project(call: Call) -> Answer:
    id_ = call.path["projectId"]
    if id_ not in call.state.shown_projects:
        raise not_found("project", id_)
    return Answer(200, project_view(call.state.project(id_)))


def clusters(call: Call) -> Answer:
    full = call.choice("verbosity", ("metadata", "full"), "full") == "full"
    call.flag("includeRequestedForDelete")
    state = call.state
    tenant, now = state.settings.tenant_id, state.now()
    return Answer(200, [cluster_view(cluster, tenant, now, full=full) for cluster in state.clusters.values()])


def cluster(call: Call) -> Answer:
    full = call.choice("verbosity", ("metadata", "full"), "full") == "full"
    found = call.state.clusters.get(call.path["clusterUuid"])
    if found is None:
        raise not_found("cluster", call.path["clusterUuid"])
    return Answer(200, cluster_view(found, call.state.settings.tenant_id, call.state.now(), full=full))


def node_pools(call: Call) -> Answer:
    tenant = call.state.settings.tenant_id
    pools = [catalogue.node_pool_view(cluster, tenant) for cluster in call.state.clusters.values()]
    found = _arranged(call, pools, NODE_POOL_FIELDS)
    page = call.page("nodepools", found, lambda pool: pool)
    page.document.pop("next", None)
    return page


def priorities(call: Call) -> Answer:
    found = _arranged(call, catalogue.priority_views(call.state.since), ("name", "source", "value"))
    return Answer(200, {"priorities": found})


def categories(call: Call) -> Answer:
    return Answer(200, {"categories": catalogue.category_views(call.state.since)})


def category(call: Call) -> Answer:
    id_ = call.path["categoryId"]
    for view in catalogue.category_views(call.state.since):
        if view["id"] == id_:
            return Answer(200, view)
    raise not_found("category", id_)


def types(call: Call) -> Answer:
    call.flag("externalTypesOnly")
    conditions = parse(call.text("filterBy"), ("name", "group"), most=None)
    fields = _fields(("name", "group"))
    return Answer(200, {"types": matching(call.state.types.values(), conditions, fields)})


def workload_type(call: Call) -> Answer:
    return Answer(200, _type(call))


def update_type(call: Call) -> Answer:
    """Category and priority of a type; what it is otherwise made of stays."""
    view, body, state = _type(call), call.object_body(), call.state
    changes: dict[str, Any] = {"updatedAt": rfc3339(state.now()), "updatedBy": state.settings.client_id}
    choices = (("category", catalogue.category_views(state.since)), ("priority", catalogue.priority_views(state.since)))
    for what, known in choices:
        if f"{what}Id" in body:
            changes |= _chosen(what, body[f"{what}Id"], known)
    interfaces = body.get("resourceInterfaces", [])
    if not isinstance(interfaces, list) or not all(isinstance(item, dict) for item in interfaces):
        raise bad_request("resourceInterfaces must be a list of objects")
    state.types[view["id"]] = view | changes
    return Answer(200, state.types[view["id"]])


def _chosen(what: str, id_: Any, known: list[dict[str, Any]]) -> dict[str, str]:
    for view in known:
        if view["id"] == id_:
            return {f"{what}Id": view["id"], f"{what}Name": view["name"]}
    raise bad_request(f"{what}Id {id_!r} is unknown")


def _type(call: Call) -> dict[str, Any]:
    id_ = call.path["workloadTypeId"]
    try:
        return call.state.types[str(uuid.UUID(id_))]
    except (ValueError, KeyError):
        raise not_found("workload type", id_) from None


def _fields(names: tuple[str, ...]) -> Fields[dict[str, Any]]:
    return {name: lambda view, name=name: view.get(name) for name in names}  # type: ignore[misc]


def _arranged(call: Call, views: list[dict[str, Any]], names: tuple[str, ...]) -> list[dict[str, Any]]:
    fields = _fields(names)
    found = matching(views, parse(call.text("filterBy"), names, most=None), fields)
    return in_order(found, call.choice("sortBy", names), call.order(), fields)
