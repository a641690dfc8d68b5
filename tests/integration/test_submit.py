"""From apply to Running: what reaches Run:ai, and what comes back."""

from runai_operator.api.names import STAMP_PREFIX
from tests.integration.world import World


def test_a_workload_goes_from_apply_to_running(world: World) -> None:
    world.submit()
    world.until_ready()
    (workload,) = world.workloads()
    status = world.status()
    assert status["workloadId"] == workload["row"]["id"]
    assert status["syncInfo"]["status"] == "Synced"
    assert status["phase"] == "Running"
    assert world.condition("Synced")["status"] == "True"


def test_what_reaches_runai_is_what_kubectl_shows_plus_stamp_and_name(world: World) -> None:
    world.submit(scheduling={"priority": "high", "category": "Train"})
    world.until_ready()
    (write,) = world.run.writes("create_workload_v2")
    manifest = write["body"]["manifest"]
    annotations = manifest["metadata"].pop("annotations")
    assert all(key.startswith(STAMP_PREFIX) for key in annotations)
    assert manifest["metadata"].pop("name") == "trainer"
    shown = world.get()["spec"]["manifest"]
    assert {**manifest, "metadata": manifest["metadata"]} == {"metadata": {}, **shown}
    assert write["body"]["metadata"] == {
        "name": "trainer",
        "projectId": "4501",
        "priority": "high",
        "category": "Train",
    }
