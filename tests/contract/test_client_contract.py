"""Every request that the client can send, and its reading of generated answers, against the OpenAPI documents."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runai_operator.runai import CreateWorkload, Credentials, RunaiClient, UpdateWorkload

FOLDER = Path(__file__).parent
DOCUMENTS = [json.loads((FOLDER / f"runai-openapi{name}.json").read_text()) for name in ("", "-around")]
ROUTES = [
    (re.compile(re.sub(r"\{\w+\}", "([^/]+)", path)), path, document)
    for document in DOCUMENTS
    for path in sorted(document["paths"], key=lambda path: "{" in path)
]
CREDENTIALS = Credentials("operator", "s3cr3t&=+ü")
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


# The schemas of OpenAPI 3.0 as JSON Schema, and as strategies for what conforms to them.


def as_json_schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: as_json_schema(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def complaints(schema: Any, value: Any, document: Any) -> list[str]:
    whole = as_json_schema({"allOf": [schema], "components": {"schemas": document["components"]["schemas"]}})
    validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True, ignore_unknown_formats=True)
    return [str(error) for error in validator.iter_errors(value)]


def resolved(part: Any, document: Any) -> Any:
    while "$ref" in part:
        found = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


TIMES = st.datetimes(max_value=datetime(2199, 1, 1)).map(
    lambda moment: f"{max(moment.year, 1970):04}-{moment:%m}-01T{moment:%H:%M:%S}.123456789Z"
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


NARROWER = {
    "id": st.uuids().map(str) | st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._:-]{0,40}", fullmatch=True),
    "port": st.integers(0, 65535),
}
"""What the documents leave open, and only this can be meant: an id is a part of paths."""


def answers(schema: Any, document: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a schema as a newer Run:ai might send them: with enum values and fields that nobody knows."""
    schema = resolved(schema, document)
    strategy = _answers(schema, document, depth)
    return st.none() | strategy if schema.get("nullable") else strategy


def _answers(schema: Any, document: Any, depth: int) -> st.SearchStrategy[Any]:
    if "allOf" in schema:
        schema = merged(schema, document)
    match schema.get("type", "object"):
        case "string":
            return _texts(schema)
        case "integer":
            return st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1))
        case "number":
            return st.floats(0, 1e6) | st.integers(0, 8)
        case "boolean":
            return st.booleans()
        case "array":
            return st.lists(answers(schema["items"], document, depth + 1), max_size=2)
    return _objects(schema, document, depth)


def _objects(schema: Any, document: Any, depth: int) -> st.SearchStrategy[Any]:
    properties, required = schema.get("properties", {}), set(schema.get("required", ()))
    shown = {name: _field(name, properties[name], document, depth) for name in required & set(properties)}
    hidden = set(properties) - required if depth < 5 else set()
    optional = {name: _field(name, properties[name], document, depth) for name in hidden}
    return st.fixed_dictionaries(shown, optional=optional | {"aFieldOfTomorrow": ANYTHING})


def _field(name: str, schema: Any, document: Any, depth: int) -> st.SearchStrategy[Any]:
    return NARROWER[name] if name in NARROWER else answers(schema, document, depth + 1)


def _texts(schema: Any) -> st.SearchStrategy[str]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.just("AValueOfTomorrow")
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        return TIMES
    if schema.get("pattern", ".*") != ".*":
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text(min_size=max(1, schema.get("minLength", 0)), max_size=min(20, schema.get("maxLength", 20)))


def merged(schema: Any, document: Any) -> Any:
    whole: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for part in (resolved(part, document) for part in schema["allOf"]):
        part = merged(part, document) if "allOf" in part else part
        whole = {
            **part,
            **whole,
            "properties": whole.get("properties", {}) | part.get("properties", {}),
            "required": [*whole.get("required", ()), *part.get("required", ())],
        }
    return whole


# A server that lets nothing pass that the documents do not describe.


def operation_of(request: httpx.Request) -> tuple[Any, Any, list[str]]:
    for pattern, path, document in ROUTES:
        matched = pattern.fullmatch(request.url.raw_path.decode().split("?")[0])
        if matched and request.method.lower() in document["paths"][path]:
            return (
                document["paths"][path][request.method.lower()],
                document,
                [unquote(part) for part in matched.groups()],
            )
    raise AssertionError(f"no operation for {request.method} {request.url}")


def check_request(request: httpx.Request) -> None:
    operation, document, in_path = operation_of(request)
    parameters = [resolved(parameter, document) for parameter in operation.get("parameters", ())]
    for value, parameter in zip(in_path, (p for p in parameters if p["in"] == "path"), strict=True):
        assert complaints(parameter["schema"], value, document) == []
    check_query(request.url.query.decode(), {p["name"]: p for p in parameters if p["in"] == "query"}, document)
    check_body(request, operation.get("requestBody"), document)


def check_query(query: str, known: dict[str, Any], document: Any) -> None:
    raw = dict(pair.split("=", 1) for pair in query.split("&") if pair)
    assert set(raw) <= set(known)
    assert {name for name, parameter in known.items() if parameter.get("required")} <= set(raw)
    for name, value in raw.items():
        assert complaints(known[name]["schema"], decoded(value, known[name], document), document) == []


def decoded(value: str, parameter: Any, document: Any) -> Any:
    """The value of a query parameter by its schema, in style form."""
    schema = resolved(parameter["schema"], document)
    match schema["type"]:
        case "array":
            assert parameter["explode"] is False
            return [unquote(item) for item in value.split(",")]
        case "boolean":
            return {"true": True, "false": False}.get(value, value)
        case "integer":
            return int(value)
    return unquote(value)


def check_body(request: httpx.Request, described: Any, document: Any) -> None:
    if described is None:
        assert request.content == b""
        return
    content_type = request.headers["content-type"]
    schema = described["content"][content_type]["schema"]
    form = content_type.endswith("urlencoded")
    body = {k: v[0] for k, v in parse_qs(request.content.decode()).items()} if form else json.loads(request.content)
    assert complaints(schema, body, document) == []
    unknown = set(body) - set(merged({"allOf": [schema]}, document)["properties"])
    assert not unknown, f"the documents know no {unknown}"


Call = Callable[[RunaiClient], Any]
Strategy = st.SearchStrategy[Any]


def exchange(call: Call, answer: Any, *, old_tokens: bool = False) -> tuple[Any, list[httpx.Request]]:
    """What the client makes of an answer, and its requests, each checked."""
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        check_request(request)
        requests.append(request)
        if request.url.path == "/api/v2/token":
            token = {"access_token": "token", "token_type": "Bearer", "expires_in": 3600}
            return httpx.Response(404) if old_tokens else httpx.Response(200, json=token)
        if request.url.path == "/api/v1/token":
            return httpx.Response(200, json={"accessToken": "token", "expiresIn": 3600})
        return httpx.Response(200, json=answer)

    async def run() -> Any:
        async with RunaiClient("https://runai.test", CREDENTIALS, transport=httpx.MockTransport(serve)) as client:
            return await call(client)

    return asyncio.run(run()), requests


def answer_schema(path: str, method: str) -> tuple[Any, Any]:
    document = next(document for document in DOCUMENTS if path in document["paths"])
    responses = document["paths"][path][method]["responses"]
    return next(r["content"]["application/json"]["schema"] for code, r in responses.items() if code < "300"), document


UUIDS = st.uuids().map(str)
OPEN = st.none() | st.text(max_size=10)
MANIFESTS = st.dictionaries(st.text(max_size=10), ANYTHING, max_size=3)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)
FILTERS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["name", "projectId", "phaseUpdatedAt", "deletedAt", "phase"]),
    st.sampled_from(["==", "!=", "<=", ">=", "=@", "!@", "=^", "=$"]),
    NAMES | st.just("a,b&c=d+e%2C #"),
)
CREATES = st.builds(
    CreateWorkload,
    name=st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True),
    project_id=st.text(),
    manifest=MANIFESTS,
    priority=OPEN,
    category=OPEN,
    preemptibility=st.sampled_from([None, "preemptible", "non-preemptible"]),
    mnnvl=st.sampled_from([None, "Required", "None"]),
)
UPDATES = st.builds(UpdateWorkload, manifest=MANIFESTS, priority=OPEN, category=OPEN)
ACTIONS = st.sampled_from(["delete", "suspend", "resume"])
WORKLOADS = "/api/v1/workloads"
WORKLOAD, V2 = "/api/v1/workloads/{workloadId}", "/api/v2/workloads/{WorkloadV2Id}"
PROJECTS, CLUSTERS = "/api/v1/org-unit/projects", "/api/v1/clusters"
TYPES = "/api/v1/workload-types"
ID = "1d5f4c1c-8f4e-4b0e-9a51-0f5f0f3f7a01"


def calling(
    method: str, *arguments: st.SearchStrategy[Any], **options: st.SearchStrategy[Any]
) -> st.SearchStrategy[Call]:
    """Calls of a method of the client, with arguments of every kind."""
    return st.builds(
        lambda given, named: lambda client: getattr(client, method)(*given, **named),
        st.tuples(*arguments),
        st.fixed_dictionaries({}, optional=options),
    )


# method of the client: (path and method of the document, calls)
OPERATIONS: dict[str, tuple[str, str, st.SearchStrategy[Call]]] = {
    "create": ("/api/v2/workloads", "post", calling("create", CREATES, dry_run=st.booleans())),
    "get": (V2, "get", calling("get", UUIDS)),
    "update": (V2, "put", calling("update", UUIDS, UPDATES)),
    "delete": (V2, "delete", calling("delete", UUIDS)),
    "list": (
        "/api/v1/workloads",
        "get",
        calling(
            "list",
            filter_by=st.lists(FILTERS, max_size=10),
            deleted=st.none() | st.booleans(),
            sort_by=st.sampled_from([None, "createdAt", "phaseUpdatedAt", "deletedAt"]),
            sort_order=st.sampled_from([None, "asc", "desc"]),
            offset=st.integers(0, 100_000),
            limit=st.integers(1, 500),
        ),
    ),
    "read": (WORKLOAD, "get", calling("read", UUIDS)),
    "endpoints": (WORKLOAD + "/endpoints", "get", calling("endpoints", UUIDS)),
    "batch": (WORKLOADS + "/batch", "post", calling("batch", ACTIONS, st.lists(UUIDS, min_size=1, max_size=100))),
    "projects": (PROJECTS, "get", calling("projects", name=st.none() | NAMES)),
    "clusters": (CLUSTERS, "get", calling("clusters")),
    "types": (TYPES, "get", calling("types", NAMES)),
    "project": (PROJECTS + "/{projectId}", "get", calling("project", st.integers(1, 10**9).map(str) | UUIDS)),
}


def least(path: str, method: str) -> Any:
    """The shortest answer: what is required, and nothing else."""
    return {
        "/api/v1/workloads": {"workloads": []},
        WORKLOAD: {"id": ID},
        WORKLOAD + "/endpoints": {"endpoints": []},
        WORKLOADS + "/batch": {"id": ID},
        PROJECTS: {"projects": []},
        CLUSTERS: [],
        TYPES: {"types": []},
        PROJECTS + "/{projectId}": {"id": ID},
    }.get(path, {"workload": {"metadata": {"id": ID}}} if method == "get" else {"metadata": {"id": ID}})


def test_every_method_of_the_client_is_listed_here():
    own = {"aclose", "login", "proven", "renew"}
    methods = {name for name in vars(RunaiClient) if not name.startswith("_")} - own
    assert methods == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_request_is_one_that_the_documents_describe(name):
    path, method, calls = OPERATIONS[name]

    @MANY
    @given(calls, st.booleans())
    def check(call: Call, old_tokens: bool) -> None:
        _, requests = exchange(call, least(path, method), old_tokens=old_tokens)
        described, document, _ = operation_of(requests[-1])
        assert described is document["paths"][path][method]

    check()


def test_what_is_asked_about_new_credentials_is_what_the_documents_describe_too():
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        check_request(request)
        asked.append(request.url.path)
        answers = {"/api/v2/token": {"access_token": "token", "token_type": "Bearer", "expires_in": 3600}, CLUSTERS: []}
        return httpx.Response(200, json=answers.get(request.url.path, {"workloads": []}))

    async def renew() -> None:
        transport = httpx.MockTransport(serve)
        async with RunaiClient(
            "https://runai.test", CREDENTIALS, approve=lambda _: None, transport=transport
        ) as client:
            await client.renew()

    asyncio.run(renew())
    assert asked == ["/api/v2/token", CLUSTERS, "/api/v1/workloads"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_that_the_documents_describe_can_be_read_and_so_can_those_of_tomorrow(name):
    path, method, _ = OPERATIONS[name]
    schema, document = answer_schema(path, method)

    @MANY
    @given(answers(schema, document))
    def check(answer: Any) -> None:
        if name == "projects":
            answer.pop("next", None)
        result, _ = exchange(PLAIN[name], answer)
        SHOWS[name](result, answer)

    check()


PLAIN: dict[str, Call] = {
    "create": lambda client: client.create(CreateWorkload(name="a", project_id="7", manifest={})),
    "get": lambda client: client.get(ID),
    "update": lambda client: client.update(ID, UpdateWorkload(manifest={})),
    "delete": lambda client: client.delete(ID),
    "list": lambda client: client.list(),
    "read": lambda client: client.read(ID),
    "endpoints": lambda client: client.endpoints(ID),
    "batch": lambda client: client.batch("suspend", [ID]),
    "projects": lambda client: client.projects(),
    "clusters": lambda client: client.clusters(),
    "types": lambda client: client.types("Job"),
    "project": lambda client: client.project(ID),
}


def shows_v2(result: Any, answer: Any) -> None:
    metadata = answer["metadata"]
    assert (result.metadata.id, result.metadata.name) == (metadata["id"], metadata["name"])
    assert (result.metadata.priority, result.metadata.category) == (metadata.get("priority"), metadata.get("category"))
    assert result.metadata.preemptibility == metadata.get("preemptibility")
    assert result.metadata.configuration.mnnvl == metadata.get("configuration", {}).get("mnnvl")
    assert (result.metadata.deleted_at is None) == (metadata.get("deletedAt") is None)
    assert result.desired_phase == answer["desiredPhase"]
    assert result.raw_manifest == answer["rawManifest"]
    assert result.metadata.updated_at.tzinfo is not None


def shows_view(result: Any, answer: Any) -> None:
    shows_v2(result.workload, answer["workload"])
    assert (result.sync_info is None) == ("syncInfo" not in answer)
    if result.sync_info is not None:
        assert result.sync_info.status == answer["syncInfo"]["status"]
        assert result.sync_info.message == answer["syncInfo"].get("message", "")


def shows_row(result: Any, answer: Any) -> None:
    assert (result.id, result.name, result.phase) == (answer["id"], answer["name"], answer["phase"])
    assert (result.deleted_at is None) == (answer["deletedAt"] is None)
    assert (result.completed_at is None) == (answer.get("completedAt") is None)
    assert result.source_api == answer.get("sourceApi")
    assert result.actions_support.suspend == answer.get("actionsSupport", {}).get("suspend")
    assert result.allocated_gpus == (answer.get("allocatedResources") or {}).get("gpu")
    gpu = (answer.get("workloadRequestedResources") or {}).get("gpu") or {}
    assert result.requested_gpus == gpu.get("request")
    assert result.urls == tuple(answer.get("urls", ()))
    shows_endpoints(result.endpoints, answer)


def shows_detailed(result: Any, answer: Any) -> None:
    shows_row(result, answer)
    told = [message["reason"] for message in answer.get("pendingSchedulingMessages") or ()]
    assert [message.reason for message in result.pending_scheduling_messages] == told


def shows_page(result: Any, answer: Any) -> None:
    assert result.next == answer.get("next")
    for row, told in zip(result.workloads, answer["workloads"], strict=True):
        shows_row(row, told)


def shows_endpoints(result: Any, answer: Any) -> None:
    for endpoint, told in zip(result, answer.get("endpoints", ()), strict=True):
        assert (endpoint.url, endpoint.port) == (told.get("url", ""), told.get("port"))
        assert endpoint.tls_enabled == told.get("tlsEnabled")


def shows_batch(result: Any, answer: Any) -> None:
    assert result.succeeded == tuple(answer.get("succeeded", ()))
    told = [(failure["id"], failure["code"], failure["message"]) for failure in answer.get("failed", ())]
    assert [(failure.id, failure.code, failure.message) for failure in result.failed] == told


def shows_project(result: Any, answer: Any) -> None:
    assert (result.id, result.name, result.cluster_id) == (answer["id"], answer["name"], answer["clusterId"])
    assert result.namespace == answer["status"].get("namespace")


def shows_projects(result: Any, answer: Any) -> None:
    for project, told in zip(result, answer["projects"], strict=True):
        shows_project(project, told)


def shows_clusters(result: Any, answer: Any) -> None:
    assert [(cluster.uuid, cluster.name) for cluster in result] == [(told["uuid"], told["name"]) for told in answer]
    tenants = [str(told["tenantId"]) if told.get("tenantId") is not None else "" for told in answer]
    assert [cluster.tenant_id for cluster in result] == tenants


def shows_types(result: Any, answer: Any) -> None:
    for shown, told in zip(result, answer["types"], strict=True):
        assert (shown.name, shown.group) == (told["name"], told["group"])
        assert (shown.priority_name, shown.category_name) == (told.get("priorityName"), told.get("categoryName"))


SHOWS: dict[str, Callable[[Any, Any], None]] = {
    "create": shows_v2,
    "get": shows_view,
    "update": shows_v2,
    "delete": lambda result, _: None if result is None else pytest.fail("a delete has no result"),
    "list": shows_page,
    "read": shows_detailed,
    "endpoints": shows_endpoints,
    "batch": shows_batch,
    "projects": shows_projects,
    "clusters": shows_clusters,
    "types": shows_types,
    "project": shows_project,
}


@pytest.mark.parametrize(
    "url",
    [
        "/api/v1/workloads?limit=501",
        "/api/v1/workloads?filterBy=name==a,b",
        "/api/v1/workloads?filterBy=unknown%3D%3Da",
        "/api/v1/workloads?deleted=False",
        "/api/v1/workloads?unknown=1",
        "/api/v2/workloads/no-uuid",
        "/api/v3/workloads",
    ],
)
def test_a_request_that_the_documents_do_not_describe_would_be_noticed(url):
    with pytest.raises(AssertionError):
        check_request(httpx.Request("GET", f"https://runai.test{url}"))


@pytest.mark.parametrize("body", [{}, {"metadata": {"name": "x" * 64}}, {"metadata": {}, "unknown": 1}])
def test_a_body_that_the_documents_do_not_describe_would_be_noticed(body):
    with pytest.raises(AssertionError):
        check_request(httpx.Request("POST", "https://runai.test/api/v2/workloads", json=body))
