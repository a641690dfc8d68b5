"""Which project is meant, and what is said when that is not clear."""

from typing import cast

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.fleet.projects import Projects
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.models import Cluster, Project
from runai_operator.sync.ports import Problem
from tests.unit.engine.virtual_time import CLOCK, run
from tests.unit.fleet.fakes import FakeRunai


def a_runai() -> FakeRunai:
    runai = FakeRunai()
    runai.known_projects = [
        Project(id="1", name="team-a", cluster_id="east"),
        Project(id="2", name="twin", cluster_id="east"),
        Project(id="3", name="twin", cluster_id="west"),
    ]
    runai.known_clusters = [Cluster(uuid="east", name="gpu-east"), Cluster(uuid="west", name="gpu-west")]
    return runai


def found(runai: FakeRunai, **meant: str) -> str:
    asked = {"project_id": None, "name": None, "cluster_name": None, **meant}
    return run(Projects(cast(RunaiClient, runai), CLOCK).find(**asked)).id


@pytest.mark.parametrize(
    ("meant", "project_id"),
    [
        pytest.param({"name": "team-a"}, "1", id="by its name"),
        pytest.param({"project_id": "3"}, "3", id="by its id"),
        pytest.param({"name": "twin", "cluster_name": "gpu-west"}, "3", id="by name and cluster"),
    ],
)
def test_a_project_is_found(meant: dict[str, str], project_id: str) -> None:
    assert found(a_runai(), **meant) == project_id


@pytest.mark.parametrize(
    ("meant", "reason", "text"),
    [
        pytest.param({"name": "team-x"}, Reason.PROJECT_NOT_FOUND, "spec.projectName", id="an unknown name"),
        pytest.param({"project_id": "9"}, Reason.PROJECT_NOT_FOUND, "spec.projectId", id="an unknown id"),
        pytest.param({"name": "twin"}, Reason.PROJECT_AMBIGUOUS, "spec.clusterName", id="a name in two clusters"),
        pytest.param(
            {"name": "twin", "cluster_name": "gpu-north"},
            Reason.PROJECT_NOT_FOUND,
            "gpu-east, gpu-west",
            id="no such cluster",
        ),
    ],
)
def test_what_is_not_clear_names_the_field_to_mend(meant: dict[str, str], reason: Reason, text: str) -> None:
    with pytest.raises(Problem) as caught:
        found(a_runai(), **meant)
    assert caught.value.reason is reason
    assert text in caught.value.message


def test_a_project_that_was_found_is_not_asked_for_again_for_a_minute_and_one_that_was_not_is() -> None:
    runai = a_runai()

    async def story() -> None:
        projects = Projects(cast(RunaiClient, runai), CLOCK)
        for _ in range(3):
            await projects.find(project_id=None, name="team-a", cluster_name=None)
        for _ in range(2):
            with pytest.raises(Problem):
                await projects.find(project_id=None, name="new", cluster_name=None)
        await CLOCK.sleep(61)
        await projects.find(project_id=None, name="team-a", cluster_name=None)

    run(story())
    assert [asked["projects"] for asked in runai.asked] == ["team-a", "new", "new", "team-a"]
