"""Faults over a real socket: what the client sees, and what was committed."""

import time
from collections.abc import Iterator

import httpx
import pytest

from runai_simulator import RunningSimulator
from tests.unit.simulator.conftest import manifest


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSimulator]:
    with RunningSimulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running: RunningSimulator) -> RunningSimulator:
    running.control.reset()
    return running


@pytest.fixture
def http(simulator: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=simulator.url, trust_env=False) as client:
        form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo-secret"}
        token = client.post("/api/v2/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def post(http: httpx.Client, name: str = "a") -> httpx.Response:
    body = {"metadata": {"name": name, "projectId": "4501"}, "manifest": manifest()}
    return http.post("/api/v2/workloads", json=body)


@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("midway", [False, True])
def test_a_cut_connection_gives_no_answer(simulator, http, when: str, committed: int, midway: bool) -> None:
    simulator.control.add_fault("cut", operation="create_workload_v2", when=when, count=1, midway=midway)
    with pytest.raises(httpx.RemoteProtocolError):
        post(http)
    assert len(simulator.control.workloads()) == committed
    assert simulator.control.requests()["byStatus"]["create_workload_v2"] == {"cut": 1}
    assert post(http, "b").status_code == 202


@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
def test_a_gateways_error_comes_before_or_after_the_commit(simulator, http, when: str, committed: int) -> None:
    simulator.control.add_fault("status", operation="create_workload_v2", status=502, body="html", when=when)
    answer = post(http)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert len(simulator.control.workloads()) == committed


def test_bodies_of_an_error(simulator, http) -> None:
    simulator.control.add_fault("status", status=503, body="json", count=1)
    assert http.get("/api/v1/clusters").json() == {"code": 503, "message": "a fault that was asked for"}
    simulator.control.add_fault("status", status=503, body="empty", count=1)
    assert http.get("/api/v1/clusters").content == b""


def test_throttling_says_when_to_come_back(simulator, http) -> None:
    simulator.control.add_fault("status", status=429, retry_after=7, count=1)
    answer = http.get("/api/v1/clusters")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert http.get("/api/v1/clusters").status_code == 200


def test_a_redirect_leads_elsewhere(simulator, http) -> None:
    simulator.control.add_fault("redirect", path="/api/v1/clusters", location="https://elsewhere.example/")
    answer = http.get("/api/v1/clusters")
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")


@pytest.mark.parametrize(
    "latency",
    [
        {"seconds": 0.05},
        {"distribution": "uniform", "seconds": 0.05, "most": 0.06},
        {"distribution": "exponential", "seconds": 1000, "most": 0.05},
    ],
    ids=str,
)
def test_latency_is_felt(simulator, http, latency) -> None:
    simulator.control.add_fault("latency", **latency)
    began = time.perf_counter()
    assert http.get("/api/v1/clusters").status_code == 200
    assert time.perf_counter() - began >= 0.04


def test_a_client_that_gives_up_on_a_slow_answer_may_have_been_heard(simulator, http) -> None:
    simulator.control.add_fault("latency", operation="create_workload_v2", seconds=5, when="after", count=1)
    body = {"metadata": {"name": "a", "projectId": "4501"}, "manifest": manifest()}
    with pytest.raises(httpx.ReadTimeout):
        http.post("/api/v2/workloads", json=body, timeout=0.3)
    assert len(simulator.control.workloads("a")) == 1


@pytest.mark.parametrize(
    ("scope", "struck"),
    [
        ({"operation": "get_clusters"}, True),
        ({"operation": "get_projects"}, False),
        ({"method": "get", "path": "/api/v1/clusters"}, True),
        ({"method": "POST"}, False),
        ({"share": 0}, False),
    ],
    ids=str,
)
def test_a_fault_strikes_only_what_it_covers(simulator, http, scope, struck: bool) -> None:
    simulator.control.add_fault("status", status=500, **scope)
    assert (http.get("/api/v1/clusters").status_code == 500) == struck


def test_a_share_of_the_requests_is_struck(simulator, http) -> None:
    simulator.control.add_fault("status", status=500, share=0.5)
    failed = sum(http.get("/api/v1/clusters").status_code == 500 for _ in range(100))
    assert 25 < failed < 75


def test_a_fault_goes_when_it_is_removed(simulator, http) -> None:
    id_ = simulator.control.add_fault("status", status=500)
    simulator.control.remove_fault(id_)
    assert http.get("/api/v1/clusters").status_code == 200


def test_a_fault_that_makes_no_sense_is_refused(simulator) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        simulator.control.add_fault("earthquake")


def test_stopped_and_started_again_it_is_the_same_simulator() -> None:
    simulator = RunningSimulator()
    with simulator:
        url = simulator.url
        simulator.control.create_foreign("theirs", "4501")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/control/clock", trust_env=False)
    with simulator:
        assert simulator.url == url
        assert len(simulator.control.workloads("theirs")) == 1
