"""Who may use a connection: what no rule allows reaches Run:ai with nothing, and what lost its rule is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.bad_input import allow_everything, look_again, other, rule, until_told
from tests.integration.world import World

OF_THE_CONNECTION = {"grant_token_v2", "get_clusters", "get_workloads"}
"""What a connection asks whoever uses it: its token, whose tenant that opens, and its polls."""
NOT_ALLOWED: dict[str, tuple[list[dict[str, Any]], dict[str, Any], set[str]]] = {
    "no rule": ([], {}, set()),
    "other namespaces": ([rule("*", team="b")], {}, set()),
    "other projects": ([rule("team-b*")], {}, set()),
    "no rule, and a project by its id": ([], {"projectId": "4501"}, set()),
    "other projects, and a project by its id": ([rule("team-b*")], {"projectId": "4501"}, {"get_project"}),
}
"""The rules, what the resource says, and what Run:ai may be asked: an id has to be looked up to have a name."""


@pytest.mark.parametrize("case", NOT_ALLOWED)
def test_what_no_access_rule_allows_reaches_runai_with_nothing(bare_world: World, case: str) -> None:
    world, (rules, spec, asked) = bare_world, NOT_ALLOWED[case]
    world.secret()
    world.connect(access=rules)
    world.operator.start()
    world.submit("bad", **spec)
    message = until_told(world, "bad", "AccessDenied")
    assert "spec.access" in message
    assert f"RunaiConnection {world.connection}" in message
    look_again(world, "bad")
    requests = world.run.requests()["byOperation"]
    assert {*requests} == OF_THE_CONNECTION | asked, "a request was made for what nobody may ask"
    assert requests.get("get_project", 0) <= 1
    allow_everything(world, "bad")
    world.until_ready("bad")


def test_access_that_is_withdrawn_stops_all_writes_until_it_is_given_back(beside: World) -> None:
    world = beside
    world.connect(other(world))
    for name in ("kept", "leaving"):
        world.submit(name, connectionRef={"name": other(world)})
        world.until_ready(name)
    (kept,) = world.workloads("kept")
    written = len(world.run.writes())

    world.connect(other(world), access=[rule("team-b*")])
    for name in ("kept", "leaving"):
        assert "spec.access" in until_told(world, name, "AccessDenied")
    edited = kept["v2"]["rawManifest"] | {"spec": {**kept["v2"]["rawManifest"]["spec"], "parallelism": 7}}
    world.run.edit(kept["row"]["id"], manifest=edited)
    world.submit("kept", connectionRef={"name": other(world)}, suspend=True, scheduling={"priority": "high"})
    until_told(world, "kept", "AccessDenied")
    look_again(world, "kept")
    world.polls()
    assert len(world.run.writes()) == written, "written to what nobody may write to"
    world.kubectl("delete", "rwl", "leaving", "--timeout=20s", namespace=world.namespace)
    assert world.workloads("leaving") == []

    world.connect(other(world))
    world.until_ready("kept", "Suspended")
    (now,) = world.workloads("kept")
    assert now["row"]["id"] == kept["row"]["id"]
    assert now["v2"]["metadata"]["priority"] == "high"
    assert "parallelism" not in now["v2"]["rawManifest"]["spec"]
