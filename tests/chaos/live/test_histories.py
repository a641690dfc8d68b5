"""What is held against histories is fair to both sides: no alarm for what may have been seen, and one for all else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.live.builders import a_body, a_workload, an_entry
from tests.chaos.live.checks import owner
from tests.chaos.live.histories import (
    STALE,
    State,
    Told,
    created_beside_another,
    run_again_uncalled,
    states,
    told_otherwise,
)

TRAINER = owner("trainer")
APPLIED_AT, EDITED_AT = 1000.0, 2000.0
HISTORY = [
    State(APPLIED_AT - 1, APPLIED_AT, a_workload("1", syncInfo={"status": "Applying"})),
    State(APPLIED_AT, EDITED_AT, a_workload("1")),
    State(EDITED_AT, EDITED_AT + 1, a_workload("1", image="trainer:2", syncInfo={"status": "Applying"})),
    State(EDITED_AT + 1, float("inf"), a_workload("1", image="trainer:2")),
]


def told(since: float, seen: float, **body: Any) -> Told:
    """That Run:ai holds what the spec of the body asks for."""
    whole = a_body(**body)
    return Told(since, seen, whole["spec"], whole["status"])


@pytest.mark.parametrize(
    ("status", "broken"),
    [
        pytest.param(told(1500, 1500), 0, id="while it was so"),
        pytest.param(told(EDITED_AT + 5, EDITED_AT + 6), 0, id="by one who had looked before the edit"),
        pytest.param(told(1500, EDITED_AT + 3 * STALE), 0, id="and seen late, for the API server was away"),
        pytest.param(told(EDITED_AT + STALE + 5, EDITED_AT + STALE + 6), 1, id="long after the edit"),
        pytest.param(told(APPLIED_AT - 1, APPLIED_AT - 0.1), 1, id="before it was applied"),
        pytest.param(told(EDITED_AT, EDITED_AT + 0.5, image="trainer:2"), 1, id="of the edit, before it was applied"),
        pytest.param(told(1500, 1500, image="trainer:3"), 1, id="of what never was"),
        pytest.param(told(1500, 1500, workload_id="2"), 1, id="of another workload"),
    ],
)
def test_synced_was_equal_at_a_moment_at_which_it_may_have_been_looked_at(status: Told, broken: int) -> None:
    assert len(told_otherwise([status], {"1": HISTORY})) == broken


def test_an_end_is_told_of_who_has_finished() -> None:
    body = a_body()
    body["status"]["conditions"] = [{"type": "Succeeded", "status": "True"}]
    said = Told(1500, 1500, body["spec"], body["status"])
    assert told_otherwise([said], {"1": a_run("1", FIRST)}) == []
    assert len(told_otherwise([said], {"1": a_run("1", FIRST, finishes=False)})) == 1


def test_who_comes_before_another_is_gone_comes_beside_it() -> None:
    going = a_workload("1", v2=an_entry("1")["v2"] | {"desiredPhase": "Deleted"})
    first = [State(1000.0, 2000.0, going), State(2000.0, float("inf"), a_workload("1", deleted=True))]
    assert len(created_beside_another({"1": first, "2": a_run("2", 1999.0)})) == 1
    assert created_beside_another({"1": first, "2": a_run("2", 2000.0)}) == []


def test_each_state_lasts_until_the_next() -> None:
    found = states([{"since": 1.0, **an_entry("1")}, {"since": 2.5, **an_entry("1", deleted=True)}])
    assert [(each.since, each.until, each.workload.live) for each in found] == [
        (1.0, 2.5, True),
        (2.5, float("inf"), False),
    ]


def a_run(id_: str, begins: float, *, digest: str = "d1", becomes: str = "", finishes: bool = True) -> list[State]:
    """One that begins then, and whose spec becomes another on the way."""
    last = becomes or digest
    ended = an_entry(id_, digest=last)["row"] | {"phase": "Completed" if finishes else "Running"}
    return [
        State(begins, begins + 30, a_workload(id_, digest=digest)),
        State(begins + 30, float("inf"), a_workload(id_, digest=last, row=ended)),
    ]


FIRST, SECOND = 1000.0, 2000.0


@pytest.mark.parametrize(
    ("earlier", "later", "asked", "broken"),
    [
        pytest.param(a_run("1", FIRST), a_run("2", SECOND), [], 1, id="nobody asked"),
        pytest.param(a_run("1", FIRST), a_run("2", SECOND), [1900.0], 0, id="asked for in between"),
        pytest.param(a_run("1", FIRST), a_run("2", SECOND), [FIRST - 5], 0, id="asked as the first was being made"),
        pytest.param(a_run("1", FIRST), a_run("2", SECOND), [FIRST - STALE - 5], 1, id="the first answered that"),
        pytest.param(a_run("1", FIRST), a_run("2", SECOND), [SECOND + 5], 1, id="asked for afterwards"),
        pytest.param(a_run("1", FIRST), a_run("2", SECOND, digest="d2"), [], 0, id="of another spec"),
        pytest.param(a_run("1", FIRST, becomes="d2"), a_run("2", SECOND, digest="d2"), [], 1, id="edited, then again"),
        pytest.param(a_run("1", FIRST), a_run("2", SECOND, becomes="d2"), [], 1, id="again, then edited"),
        pytest.param(a_run("1", FIRST, finishes=False), a_run("2", SECOND), [], 0, id="the first had not finished"),
    ],
)
def test_a_spec_that_finished_runs_again_when_asked(
    earlier: list[State], later: list[State], asked: list[float], broken: int
) -> None:
    assert len(run_again_uncalled({"2": later, "1": earlier}, {TRAINER: asked})) == broken


def test_one_rerun_is_one_run() -> None:
    runs = {"1": a_run("1", FIRST), "2": a_run("2", SECOND), "3": a_run("3", 3000.0)}
    assert len(run_again_uncalled(runs, {TRAINER: [1900.0]})) == 1
    assert run_again_uncalled(runs, {TRAINER: [1900.0, 2900.0]}) == []
