"""Whose a workload is, and where it differs: what the rules are asked of."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos import invariants
from tests.chaos.equal import Difference
from tests.chaos.invariants import Owner, Workload, owned

OURS, OTHER = Owner("cluster-1", "lab", "trainer"), Owner("cluster-1", "lab", "second")
JOB = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 1}}
DEFAULTS = {"priority": "low", "category": "Train", "preemptibility": "preemptible", "mnnvl": None}


def a_workload(id_: str = "w-1", *, owner: Owner | None = OURS, manifest: Any = JOB, **more: Any) -> Workload:
    facts = {"synced": True, "leaving": False, "gone": False, "finished": False, "stopped": False, **more}
    return Workload(
        id=id_,
        name="trainer",
        project_id="4501",
        owner=owner,
        digest="d" if owner else None,
        manifest={**manifest, "metadata": {"name": "trainer"}},
        scheduling={**DEFAULTS, **facts.pop("scheduling", {})},
        **facts,
    )


def a_resource(*, drift: tuple[str, ...] = (), reason: str = "Synced", mode: str = "Correct") -> Any:
    synced = {"type": "Synced", "status": "True" if reason == "Synced" else "False", "reason": reason}
    told = [{"path": path} for path in drift]
    return {
        "metadata": {"generation": 1, "uid": "u"},
        "spec": {"manifest": JOB, "drift": {"mode": mode}},
        "status": {"workloadId": "w-1", "observedGeneration": 1, "conditions": [synced], "drift": told},
    }


def test_what_has_no_stamp_belongs_to_whose_status_knows_it() -> None:
    both = owned([a_workload(), a_workload("w-2", owner=None)], {"w-2": OURS})
    assert invariants.never_two_workloads_for_one_resource(both)
    assert invariants.never_a_workload_without_its_resource(both[1:], [], ["cluster-1"])
    assert not invariants.never_two_workloads_for_one_resource(owned([a_workload()], {"w-1": OTHER}))


@pytest.mark.parametrize(("by", "ours"), [(OURS, True), (OTHER, False), (None, False)])
def test_a_write_is_for_the_resource_of_its_round(by: Owner | None, ours: bool) -> None:
    assert (invariants.never_touch_what_is_anothers(a_workload(), "PUT", by) == []) is ours


def test_what_the_spec_does_not_name_may_be_as_a_person_left_it_in_runai() -> None:
    edited = a_workload(scheduling={"priority": "very-low"}, by_hand={"priority"})
    assert invariants.differences({"manifest": JOB}, edited) == []
    named = invariants.differences({"manifest": JOB, "scheduling": {"priority": "low"}}, edited)
    assert [each.path for each in named] == ["/scheduling/priority"]


@pytest.mark.parametrize(
    ("scheduling", "named", "paths"),
    [
        pytest.param({}, None, [], id="as Run:ai leaves it"),
        pytest.param({"priority": "high"}, None, ["/scheduling/priority", "/scheduling/preemptibility"], id="kept"),
        pytest.param({"priority": "high"}, {"priority": "high"}, ["/scheduling/preemptibility"], id="named"),
        pytest.param({"mnnvl": "Required"}, None, ["/scheduling/mnnvl"], id="never asked for"),
    ],
)
def test_what_the_spec_does_not_name_is_as_a_new_workload_has_it(scheduling: Any, named: Any, paths: list[str]) -> None:
    spec = {"manifest": JOB, "scheduling": named}
    found = invariants.differences(spec, a_workload(scheduling=scheduling))
    assert [each.path for each in found] == paths


def test_what_has_finished_is_told_to_differ_and_is_not_corrected() -> None:
    edited = a_workload(manifest={**JOB, "spec": {"parallelism": 7}}, finished=True)
    told = a_resource(reason="Drifted", drift=("/manifest/spec/parallelism",))
    assert invariants.has_converged(told, OURS, [edited]) == []
    assert invariants.has_converged(a_resource(), OURS, [edited]) != []


@pytest.mark.parametrize(
    ("body", "tolerated", "converged"),
    [
        pytest.param(a_resource(), False, False, id="Synced, and it differs"),
        pytest.param(a_resource(reason="ServerDiffers"), True, False, id="nothing is told"),
        pytest.param(a_resource(reason="ServerDiffers", drift=("/manifest/kind",)), True, False, id="other paths"),
        pytest.param(a_resource(reason="ServerDiffers", drift=("/manifest/spec/parallelism",)), True, True, id="told"),
        pytest.param(a_resource(reason="ServerDiffers", drift=("/manifest/spec/parallelism",)), False, False, id="not"),
        pytest.param(
            a_resource(reason="Drifted", drift=("/manifest/spec/parallelism",), mode="Report"),
            False,
            True,
            id="reported",
        ),
    ],
)
def test_a_difference_is_told_where_it_is_and_allowed_where_nobody_can_mend_it(
    body: Any, tolerated: bool, converged: bool
) -> None:
    edited = a_workload(manifest={**JOB, "spec": {"parallelism": 7}})

    def is_tolerated(_: Difference) -> bool:
        return tolerated

    assert (invariants.has_converged(body, OURS, [edited], tolerated=is_tolerated) == []) is converged
