import asyncio

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.runai.models import Project
from runai_operator.sync.names import Names, confirmed, recorded, resolve
from runai_operator.sync.ports import Problem
from tests.unit.sync.builders import a_resource

LABELS = {"runai/queue": "team-a"}
KNOWN = {"p-1": "team-a", "p-2": "team-b", "p-7": "team-g"}
TRAINER = Names("trainer", "p-1", "team-a")


class Projects:
    """A connection of which only the projects are asked for, and which tells what was asked."""

    def __init__(self):
        self.asked = None

    async def project(self, *, project_id, name, cluster_name):
        self.asked = (project_id, name, cluster_name)
        return Project(id=project_id or "p-1", name=name or KNOWN[project_id])


def spec_of(resource):
    return RunaiWorkloadSpec.model_validate(resource.body["spec"])


def names_of(resource, labels=LABELS):
    """As gathering goes: the record of what was submitted, else the claim."""
    if resource.built.workload_id:
        return recorded(resource.built)
    return asyncio.run(confirmed(Projects(), resource.built, spec_of(resource), labels))


def resolved(resource, labels=LABELS):
    projects = Projects()
    return asyncio.run(resolve(projects, resource.built, spec_of(resource), labels)), projects.asked


DECIDED = {
    "nothing is decided before the claim": (a_resource(), None),
    "the claim holds while the spec asks for it": (a_resource().claimed(), TRAINER),
    "the claim holds for a project of the namespace's label": (
        a_resource().with_spec(projectName=None).claimed(),
        TRAINER,
    ),
    "a name mended before it was submitted is decided anew": (a_resource().with_spec(workloadName="b").claimed(), None),
    "a project mended before it was submitted is decided anew": (
        a_resource().with_spec(projectName="team-b").claimed(),
        None,
    ),
    "a cluster mended before it was submitted is decided anew": (
        a_resource().with_spec(clusterName="gpu-east").claimed(),
        None,
    ),
    "the claim holds for the same project by id": (
        a_resource().with_spec(projectName=None, projectId="p-1").claimed(),
        TRAINER,
    ),
    "another project id is decided anew": (a_resource().with_spec(projectName=None, projectId="p-2").claimed(), None),
    "once submitted the claim holds whatever the spec says": (
        a_resource().with_spec(workloadName="b", projectName="team-b").claimed().submitted(),
        TRAINER,
    ),
    "a record without claim holds": (a_resource().submitted(), TRAINER),
    "an id without names decides nothing": (a_resource().with_status(workloadId="w-1"), None),
    "a copied claim decides nothing": (a_resource().claimed(name="another"), None),
    "the claimed cluster is kept": (
        a_resource().with_spec(clusterName="gpu-east").claimed(cluster_name="gpu-east"),
        Names("trainer", "p-1", "team-a", "gpu-east"),
    ),
}


@pytest.mark.parametrize("name", DECIDED)
def test_names_that_hold_already(name):
    resource, expected = DECIDED[name]
    assert names_of(resource) == expected


def test_a_claim_of_a_project_that_runai_calls_otherwise_decides_nothing():
    forged = a_resource().claimed(project_id="p-2")
    assert names_of(forged) is None


def test_the_record_goes_before_the_claim():
    assert names_of(a_resource().claimed(project_id="p-2", project_name="team-b").submitted()) == TRAINER


def test_a_namespace_that_got_another_label_changes_nothing_for_what_is_submitted():
    resource = a_resource().with_spec(projectName=None).claimed()
    assert names_of(resource, {"runai/queue": "team-b"}) is None
    assert names_of(resource.submitted(), {"runai/queue": "team-b"}) == TRAINER


RESOLVED = {
    "by the project's name": (a_resource(), (None, "team-a", None), "trainer"),
    "by the namespace's label": (a_resource().with_spec(projectName=None), (None, "team-a", None), "trainer"),
    "the spec goes before the label": (
        a_resource().with_spec(projectName="team-b"),
        (None, "team-b", None),
        "trainer",
    ),
    "with the cluster": (a_resource().with_spec(clusterName="gpu-east"), (None, "team-a", "gpu-east"), "trainer"),
    "by id": (a_resource().with_spec(projectName=None, projectId="p-7"), ("p-7", None, None), "trainer"),
    "under a name of its own": (a_resource().with_spec(workloadName="b"), (None, "team-a", None), "b"),
}


@pytest.mark.parametrize("name", RESOLVED)
def test_the_project_is_looked_up(name):
    resource, asked, workload = RESOLVED[name]
    names, looked_up = resolved(resource)
    assert looked_up == asked
    assert names.workload == workload
    assert names.cluster == asked[2]


def test_no_project_named_says_where_to_name_one():
    with pytest.raises(Problem, match=r"spec\.projectName, or label the namespace lab with runai/queue") as caught:
        resolved(a_resource().with_spec(projectName=None), {})
    assert caught.value.reason is Reason.PROJECT_NOT_SET


def test_a_name_that_is_too_long_says_what_to_set():
    with pytest.raises(Problem, match=r"metadata\.name has 64 characters.*spec\.workloadName") as caught:
        resolved(a_resource(name="x" * 64))
    assert caught.value.reason is Reason.INVALID_SPEC
    assert resolved(a_resource(name="x" * 63))[0].workload == "x" * 63
    assert resolved(a_resource(name="x" * 64).with_spec(workloadName="short"))[0].workload == "short"
