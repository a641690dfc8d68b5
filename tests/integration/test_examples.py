"""`kubectl apply --server-side -f examples/`: each ends where it should, and reaches Run:ai as it was written."""

from collections.abc import Iterator
from typing import Any

import pytest

from runai_operator.api.names import STAMP_PREFIX
from tests.control_plane.processes import wait_until
from tests.demo.expectations import REFUSED, amiss
from tests.demo.play import names
from tests.demo.stage import EXAMPLES, Stage
from tests.demo.table import condition

TIMES = {"queued": 0.2, "applying": 0.2, "pending": 0.2, "running": None}
ACCEPTED = sorted(names() - {REFUSED})
SCHEDULING = ("priority", "category", "preemptibility")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The examples applied, as the demo does, on a control plane of their own, and settled."""
    folder = tmp_path_factory.mktemp("examples")
    with Stage(folder, times=TIMES, settings={"request_timeout": 2, "settle_margin": 2}) as stage:
        stage.connect()
        stage.apply(EXAMPLES)
        lacks: dict[str, str] = {}

        def settled() -> bool:
            lacks.clear()
            lacks.update(amiss(stage.workloads(), names()))
            return not lacks

        wait_until(settled, 60, lambda: f"{lacks}\n{stage.operator.last_words()}")
        yield stage


@pytest.fixture(scope="module")
def resources(stage: Stage) -> dict[str, dict[str, Any]]:
    return {resource["metadata"]["name"]: resource for resource in stage.workloads()}


def test_there_is_one_of_each_that_the_readme_speaks_of(resources: dict[str, dict[str, Any]]) -> None:
    kinds = [resources[name]["spec"]["manifest"]["kind"] for name in ACCEPTED]
    assert sorted(kinds) == ["Deployment", "Job", "Job", "PyTorchJob", "RayCluster"]
    assert resources["pretrain"]["spec"]["scheduling"]["mnnvl"] == "Required"


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_example_reaches_runai_as_kubectl_shows_it(
    name: str, stage: Stage, resources: dict[str, dict[str, Any]]
) -> None:
    (body,) = [
        write["body"]
        for write in stage.control.writes("create_workload_v2")
        if write["body"]["metadata"]["name"] == name
    ]
    manifest, spec = body["manifest"], resources[name]["spec"]
    stamp = manifest["metadata"].pop("annotations")
    assert stamp
    assert all(key.startswith(STAMP_PREFIX) for key in stamp)
    assert manifest["metadata"].pop("name") == name
    assert manifest == {"metadata": {}, **spec["manifest"]}
    wish = spec.get("scheduling") or {}
    assert {key: body["metadata"].get(key) for key in SCHEDULING} == {key: wish.get(key) for key in SCHEDULING}
    assert (body["metadata"].get("configuration") or {}).get("mnnvl") == wish.get("mnnvl")


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_example_runs_and_says_so(name: str, resources: dict[str, dict[str, Any]]) -> None:
    status = resources[name]["status"]
    assert status["workloadId"]
    assert status["syncInfo"]["status"] == "Synced"
    assert status["phase"] == "Running"
    assert status["gpus"]["allocated"] > 0
    assert {kind: condition(resources[name], kind)["status"] for kind in ("Ready", "Synced", "Succeeded")} == {
        "Ready": "True",
        "Synced": "True",
        "Succeeded": "Unknown",
    }


def test_the_deployment_tells_where_it_answers(resources: dict[str, dict[str, Any]]) -> None:
    status = resources["llama-server"]["status"]
    assert status["url"].startswith("https://llama-server")
    assert [endpoint["url"] for endpoint in status["endpoints"]] == [status["url"]]


def test_the_refused_one_says_what_to_change_and_leaves_nothing_in_runai(
    stage: Stage, resources: dict[str, dict[str, Any]]
) -> None:
    ready = condition(resources[REFUSED], "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "Rejected")
    assert "priority 'urgent'" in ready["message"]
    assert "very-high" in ready["message"]
    assert condition(resources[REFUSED], "Stalled")["status"] == "True"
    assert stage.control.workloads(REFUSED) == []
