"""The simulator is held to the published contract: what it serves, and how it answers."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from runai_simulator import RunningSimulator, Settings, Times
from runai_simulator.operations import OPERATIONS

HERE = Path(__file__).parent
WORKLOADS = json.loads((HERE / "runai-openapi.json").read_text())
AROUND = json.loads((HERE / "runai-openapi-around.json").read_text())

# Both documents leave out how these refuse bad input; a refusal has to be said somehow.
UNDOCUMENTED_REFUSALS = {
    "get_workloads": ["400"],
    "count_workloads": ["400"],
    "update_workload_v2": ["400", "409"],
    "get_workload": ["400"],
    "get_workload_events": ["400"],
    "get_workload_history": ["400"],
    "get_workload_pods": ["400"],
    "get_clusters": ["400"],
    "get_cluster_by_uuid": ["400"],
}
# Whether input is good depends on what there is (projects, names, priorities), which a schema cannot say; and
# query parameters that no operation has are ignored, as everywhere in this API.
NOT_A_MATTER_OF_THE_SCHEMA = {"positive_data_acceptance", "negative_data_rejection", "max_response_time"}
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations_of(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def amended(document: dict[str, Any]) -> dict[str, Any]:
    """The document, with the refusals that it leaves out."""
    whole = json.loads(json.dumps(document))
    refusal = {
        "description": "Refused",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for _, path, operation in operations_of(whole):
        for code in UNDOCUMENTED_REFUSALS.get(operation["operationId"], []):
            operation["responses"].setdefault(code, refusal)
        if path.endswith("/token"):
            operation["security"] = []
    return whole


workloads_api = schemathesis.openapi.from_dict(amended(WORKLOADS))
around_api = schemathesis.openapi.from_dict(amended(AROUND))


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """Its workloads stay in every stage of life for as long as the test runs."""
    times = Times(queued=0, applying=0, pending=0, running=None, stopping=0, resuming=0, deleting=0)
    with RunningSimulator(Settings(times=times)) as running:
        yield running


@pytest.fixture(scope="module")
def headers(simulator: RunningSimulator) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo-secret"}
    token = httpx.post(f"{simulator.url}/api/v2/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def known(simulator: RunningSimulator, headers: dict[str, str]) -> dict[str, list[str]]:
    """What path parameters can really name."""
    made = [create(simulator, headers, kind) for kind in ("Job", "Deployment", "PyTorchJob")]
    foreign = simulator.control.create_foreign("foreign", "4501")["row"]["id"]
    simulator.control.act(made[1], "phase", phase="Running")
    simulator.control.act(made[2], "fail", message="out of memory")

    def ids(path: str, key: str) -> list[str]:
        found = httpx.get(f"{simulator.url}{path}", headers=headers).json()
        return [item["id"] for item in found[key]]

    return {
        "workloadId": [*made, foreign],
        "WorkloadV2Id": made,
        "projectId": ids("/api/v1/org-unit/projects", "projects"),
        "clusterUuid": [cluster["uuid"] for cluster in simulator.control.clusters()],
        "categoryId": ids("/api/v1/workload-categories", "categories"),
        "workloadTypeId": ids("/api/v1/workload-types", "types"),
    }


def create(simulator: RunningSimulator, headers: dict[str, str], kind: str) -> str:
    container = {"name": "main", "image": "registry/main", "resources": {"limits": {"nvidia.com/gpu": 1}}}
    manifest = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "spec": {"replicas": 2, "template": {"spec": {"containers": [container]}}},
    }
    body = {"metadata": {"name": kind.lower(), "projectId": "4501"}, "manifest": manifest}
    answer = httpx.post(f"{simulator.url}/api/v2/workloads", headers=headers, json=body)
    return str(answer.json()["metadata"]["id"])


@workloads_api.parametrize()
@EXAMPLES
def test_workload_operations_answer_as_the_contract_says(case, simulator, headers) -> None:
    hold_to_the_contract(case, simulator, headers)


@around_api.parametrize()
@EXAMPLES
def test_operations_around_workloads_answer_as_the_contract_says(case, simulator, headers) -> None:
    hold_to_the_contract(case, simulator, headers)


def hold_to_the_contract(case: schemathesis.Case, simulator: RunningSimulator, headers: dict[str, str]) -> None:
    checks = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in NOT_A_MATTER_OF_THE_SCHEMA]
    case.call_and_validate(base_url=simulator.url, headers=headers, checks=checks)


QUERIES = {
    "get_workload_metrics": {
        "metricType": "POD_COUNT,GPU_ALLOCATION",
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-01T01:00:00Z",
    },
    "get_workloads_telemetry": {"telemetryType": "WORKLOADS_COUNT", "groupBy": "ProjectId,Phase"},
    "get_workloads": {"sortBy": "phaseUpdatedAt", "sortOrder": "desc", "filterBy": "name!=nobody,phase!=Failed"},
}


@pytest.mark.parametrize(
    ("document", "operation_id"),
    [
        pytest.param(document, operation["operationId"], id=operation["operationId"])
        for document in (WORKLOADS, AROUND)
        for method, _, operation in operations_of(document)
        if method == "GET"
    ],
)
def test_what_is_there_is_shown_as_the_contract_says(document, operation_id, simulator, headers, known) -> None:
    schema = workloads_api if document is WORKLOADS else around_api
    operation = schema.find_operation_by_id(operation_id)
    names = [parameter.name for parameter in operation.path_parameters]
    for values in zip(*(known[name] for name in names), strict=True) if names else [()]:
        case = operation.Case(
            path_parameters=dict(zip(names, values, strict=True)), query=QUERIES.get(operation_id, {}), headers=headers
        )
        response = case.call(base_url=simulator.url)
        assert response.status_code == 200
        operation.validate_response(response)


def test_every_operation_of_the_contract_is_routed_under_its_id() -> None:
    served = {(operation.method, operation.path, operation.id) for operation in OPERATIONS}
    documented = {
        (method, path, operation["operationId"])
        for document in (WORKLOADS, AROUND)
        for method, path, operation in operations_of(document)
    }
    assert served == documented


def test_no_operation_but_the_tokens_is_open(simulator: RunningSimulator) -> None:
    for operation in OPERATIONS:
        path = operation.path.replace("{", "").replace("}", "")
        answer = httpx.request(operation.method, f"{simulator.url}{path}", json={})
        assert (answer.status_code == 401) == operation.secured, operation.id


def test_an_unknown_workload_is_an_error_document(simulator: RunningSimulator, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{simulator.url}/api/v2/workloads/{uuid.uuid4()}", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["code"] == 404
