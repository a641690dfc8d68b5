"""What no API server would store: the kit's scripts neither raise over it, which Argo CD shows as an error, nor call it
healthy."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runai_operator.api.reasons import Reason
from runai_operator.api.wire import to_wire
from runai_operator.fleet.keeper import Told, connection_status
from runai_operator.fleet.standing import Standing
from tests.deploy.kit import discovered, health
from tests.unit.sync.examples import OURS, phase, told

VERDICTS = {"Healthy", "Progressing", "Degraded", "Suspended"}
WAITED_FOR = "runai-operator.io/healthy-when"


def a_workload() -> dict[str, Any]:
    """One that every kind of wait calls healthy."""
    resource = OURS.annotated(healthy_when="Finished")
    return {"kind": "RunaiWorkload", **resource.body, "status": told(*phase("Completed"))}


def a_connection() -> dict[str, Any]:
    body = {"kind": "RunaiConnection", "metadata": {"name": "default", "generation": 1}, "spec": {}}
    status = connection_status(body, Told(Standing(Reason.CONNECTED, "because"), held=0.0, workloads=0))
    return {**body, "status": to_wire(status)}


WHOLE = {"RunaiWorkload": a_workload(), "RunaiConnection": a_connection()}


def paths(part: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where anything stands, in objects and lists."""
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [place for key, each in inner for place in ((*way, key), *paths(each, (*way, key)))]


def changed(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    new = deepcopy(body)
    inner: Any = new
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return new


plain = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(allow_nan=False)
anything = st.recursive(
    plain | st.sampled_from(["", "True", "Ready"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "status", "a"]), inner),
    max_leaves=4,
)


@st.composite
def hostile(draw: st.DrawFn) -> dict[str, Any]:
    """An object that is healthy, but for one to three places that hold something else."""
    body = WHOLE[draw(st.sampled_from(sorted(WHOLE)))]
    for _ in range(draw(st.integers(1, 3))):
        places = [path for path in paths(body) if path[0] != "kind"]
        if places:
            body = changed(body, draw(st.sampled_from(places)), draw(anything))
    return body


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE.keys())
def test_what_is_whole_is_healthy(body):
    """Or the tests below would show nothing."""
    assert health(body)["status"] == "Healthy"


@settings(derandomize=True, database=None)
@given(hostile())
def test_nothing_raises_and_what_is_told_is_text(body):
    answer = health(body)
    assert answer["status"] in VERDICTS
    assert isinstance(answer["message"], str)
    assert all(isinstance(each["disabled"], bool) for each in discovered(body).values())


EMPTY = {
    "nothing but a kind": {},
    "no metadata": {"status": {"conditions": [{"type": "Ready", "status": "True", "reason": "Running"}]}},
    "texts": {"metadata": "a", "spec": "b", "status": "c"},
    "conditions that are texts": {"metadata": {"generation": 1}, "status": {"conditions": ["a"]}},
}


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("body", EMPTY.values(), ids=EMPTY.keys())
def test_what_tells_of_no_generation_progresses(kind, body):
    assert health({"kind": kind, **body})["status"] == "Progressing"
    assert discovered({"kind": kind, **body})


READ = {
    "metadata": ("metadata",),
    "annotations": ("metadata", "annotations"),
    "generation": ("metadata", "generation"),
    "healthy-when": ("metadata", "annotations", WAITED_FOR),
    "status": ("status",),
    "observedGeneration": ("status", "observedGeneration"),
    "conditions": ("status", "conditions"),
}
OF_CONDITIONS = ("type", "status", "reason", "message", "observedGeneration")


def mistyped(kind: str) -> list[Any]:
    """Every place of a healthy object that its health is made of, with a value of each other type."""
    body = WHOLE[kind]
    (telling,) = (
        number
        for number, each in enumerate(body["status"]["conditions"])
        if each["type"] == ("Succeeded" if kind == "RunaiWorkload" else "Ready")
    )
    whole = [path for path in READ.values() if path in paths(body)]
    told_by = [("status", "conditions", telling, field) for field in OF_CONDITIONS]
    values = {"boolean": True, "number": 7.5, "text": "", "list": ["a"], "object": {"a": "b"}}
    tables = (("metadata",), ("metadata", "annotations"), ("status",), ("status", "conditions"))
    return [
        pytest.param(changed(body, path, value), id=f"{kind}-{path[-1]}-{name}")
        for path in (*whole, *told_by)
        for name, value in values.items()
        if not (name == "text" and path[-1] in ("message", "reason", WAITED_FOR))
        and not (name in ("list", "object") and path in tables)
    ]


@pytest.mark.parametrize("body", [each for kind in WHOLE for each in mistyped(kind)])
def test_what_is_of_another_type_is_not_healthy(body):
    assert health(body)["status"] == "Progressing"


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("field", ["reason", "message"])
@pytest.mark.parametrize("value", [7, True, {"a": "b"}, ["a"]], ids=["number", "boolean", "object", "list"])
def test_what_is_no_text_is_not_told_as_one(kind, field, value):
    conditions = [{**each, field: value} for each in WHOLE[kind]["status"]["conditions"]]
    answer = health(changed(WHOLE[kind], ("status", "conditions"), conditions))
    assert (answer["status"], type(answer["message"])) == ("Progressing", str)
