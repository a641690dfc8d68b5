"""A simulator within the process, whose clock stands still until a test moves it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from runai_simulator import Clock, Settings, Times, create_app
from runai_simulator.client import ControlClient
from runai_simulator.state import State

TIMES = Times(queued=1, applying=1, pending=2, running=30, stopping=2, resuming=2, deleting=3)
START = 1_800_000_000.0


class Bench:
    """Speaks to a simulator as a client of Run:ai, and as its operator."""

    def __init__(self, settings: Settings) -> None:
        self.clock = Clock(lambda: START)
        self.state = State(settings, self.clock)
        self.http = TestClient(create_app(state=self.state), follow_redirects=False)
        self.control = ControlClient("http://testserver")
        self.control._http = TestClient(self.http.app, base_url="http://testserver/control")
        self.sign_in()

    def sign_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "demo-secret"}
        token = self.http.post("/api/v2/token", data=form).json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def after(self, seconds: float) -> "Bench":
        self.clock.advance(seconds)
        return self

    def post(self, name: str = "trainer", kind: str = "Job", *, dry_run: bool = False, **metadata: Any) -> Any:
        body = {"metadata": {"name": name, "projectId": "4501", **metadata}, "manifest": manifest(kind)}
        return self.http.post("/api/v2/workloads", json=body, params={"dryRun": "true"} if dry_run else {})

    def create(self, name: str = "trainer", kind: str = "Job", **metadata: Any) -> str:
        answer = self.post(name, kind, **metadata)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["metadata"]["id"])

    def get(self, id_: str) -> Any:
        return self.http.get(f"/api/v2/workloads/{id_}")

    def put(self, id_: str, **body: Any) -> Any:
        return self.http.put(f"/api/v2/workloads/{id_}", json=body)

    def delete(self, id_: str) -> Any:
        return self.http.delete(f"/api/v2/workloads/{id_}")

    def row(self, id_: str) -> Any:
        return self.http.get(f"/api/v1/workloads/{id_}").json()

    def sync(self, id_: str) -> Any:
        return self.get(id_).json()["syncInfo"]

    def listed(self, **query: Any) -> list[str]:
        answer = self.http.get("/api/v1/workloads", params=query)
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.json()["workloads"]]

    def batch(self, action: str, *ids: str) -> Any:
        return self.http.post("/api/v1/workloads/batch", json={"action": action, "ids": list(ids)})


def manifest(kind: str = "Job", *, annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "registry/main", "resources": {"limits": {"nvidia.com/gpu": "2"}}}
    whole = {"template": {"spec": {"containers": [container]}}, **spec}
    metadata = {"annotations": annotations} if annotations else {}
    return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": whole}


@pytest.fixture
def bench() -> Bench:
    return Bench(Settings(times=TIMES))
