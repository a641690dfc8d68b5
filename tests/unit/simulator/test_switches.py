"""Each switch, both ways."""

from typing import Any

import pytest

from tests.unit.simulator.conftest import Bench, manifest


@pytest.mark.parametrize(
    ("switches", "body", "expected"),
    [
        ({"put": "replace"}, {"category": "Build"}, ("high", "Build")),
        ({"put": "merge"}, {"category": "Build"}, ("medium", "Build")),
        ({"put": "merge"}, {"priority": None}, ("low", "Train")),
        ({"put": "merge", "null_clears": False}, {"priority": None}, ("medium", "Train")),
        ({"put": "replace", "null_clears": False}, {"priority": None}, ("medium", "Train")),
    ],
    ids=str,
)
def test_put_of_metadata(bench: Bench, switches: Any, body: Any, expected: tuple[str, str]) -> None:
    bench.control.switches(**switches)
    id_ = bench.create(priority="medium")
    metadata = bench.put(id_, metadata=body).json()["metadata"]
    assert (metadata["priority"], metadata["category"]) == expected


@pytest.mark.parametrize(
    ("switches", "spec"),
    [
        ({"put": "replace"}, {"b": None}),
        ({"put": "merge"}, {"b": None}),
        ({"put": "deep-merge"}, {"a": 1}),
        ({"put": "deep-merge", "null_clears": False}, {"a": 1, "b": 2}),
    ],
    ids=str,
)
def test_put_of_the_manifest(bench: Bench, switches: Any, spec: dict[str, Any]) -> None:
    bench.control.switches(**switches)
    whole = manifest()
    body = {"metadata": {"name": "x", "projectId": "4501"}, "manifest": whole | {"spec": {"a": 1, "b": 2}}}
    id_ = bench.http.post("/api/v2/workloads", json=body).json()["metadata"]["id"]
    assert bench.put(id_, manifest=whole | {"spec": {"b": None}}).json()["rawManifest"]["spec"] == spec


@pytest.mark.parametrize(("covers", "code"), [(True, 409), (False, 202)])
def test_the_name_of_a_workload_still_deleting(bench: Bench, covers: bool, code: int) -> None:
    bench.control.switches(conflict_covers_deleting=covers)
    bench.delete(bench.create("a"))
    assert bench.post("a").status_code == code


def test_the_name_of_a_deleted_workload_is_free(bench: Bench) -> None:
    bench.delete(bench.create("a"))
    assert bench.after(3).post("a").status_code == 202


@pytest.mark.parametrize("answer", [404, 200])
def test_get_of_a_deleted_workload(bench: Bench, answer: int) -> None:
    bench.control.switches(get_deleted=answer)
    id_ = bench.create()
    bench.delete(id_)
    assert bench.after(3).get(id_).status_code == answer


@pytest.mark.parametrize(("includes", "names"), [(True, ["a"]), (False, [])])
def test_a_list_that_does_not_say_deleted(bench: Bench, includes: bool, names: list[str]) -> None:
    bench.control.switches(list_includes_deleted=includes)
    bench.delete(bench.create("a"))
    assert bench.after(3).listed() == names


@pytest.mark.parametrize("moves", [True, False])
def test_updated_at_and_the_phase(bench: Bench, moves: bool) -> None:
    bench.control.switches(updated_at_moves_with_phase=moves)
    id_ = bench.create()
    before = bench.after(2).row(id_)["updatedAt"]
    assert (bench.after(2).row(id_)["updatedAt"] > before) == moves


@pytest.mark.parametrize(("conflict", "code"), [(True, 409), (False, 202)])
def test_a_dry_run_on_a_taken_name(bench: Bench, conflict: bool, code: int) -> None:
    bench.control.switches(dry_run_conflict=conflict)
    bench.create("a")
    assert bench.post("a", dry_run=True).status_code == code


def test_a_create_shows_in_the_list_after_a_while(bench: Bench) -> None:
    bench.control.times(list_delay=10)
    bench.create("a")
    assert [bench.listed(), bench.after(10).listed()] == [[], ["a"]]
    assert bench.control.workloads("a") != []


@pytest.mark.parametrize("phase", ["Failed", "Creating"])
def test_the_phase_of_what_never_could_be_applied(bench: Bench, phase: str) -> None:
    bench.control.switches(failed_sync_phase=phase)
    bench.control.fail_sync("no such kind", count=1)
    id_ = bench.create()
    assert bench.after(5).row(id_)["phase"] == phase
    assert bench.sync(id_) == {"status": "Failed", "message": "no such kind"}


def test_a_misspelt_switch_is_refused(bench: Bench) -> None:
    assert bench.control._http.put("/switches", json={"putt": "merge"}).status_code == 400


def test_blind_it_shows_no_workload_and_all_projects(bench: Bench) -> None:
    id_ = bench.create("a")
    bench.control.settings(blind=True)
    assert bench.http.get("/api/v1/workloads").json()["workloads"] == []
    assert [bench.http.get(f"/api/v{version}/workloads/{id_}").status_code for version in (1, 2)] == [404, 404]
    assert bench.http.get("/api/v1/org-unit/projects/4501").status_code == 200
    bench.control.settings(blind=False)
    assert bench.http.get(f"/api/v2/workloads/{id_}").status_code == 200


def test_a_role_that_shrank_shows_neither_the_project_nor_its_workloads(bench: Bench) -> None:
    id_, other = bench.create("a"), bench.create("b", projectId="4502")
    bench.control.settings(hidden_projects=["4501"])
    assert [row["id"] for row in bench.http.get("/api/v1/workloads").json()["workloads"]] == [other]
    assert [bench.http.get(f"/api/v{version}/workloads/{id_}").status_code for version in (1, 2)] == [404, 404]
    assert bench.http.get("/api/v1/org-unit/projects/4501").status_code == 404
    assert "4501" not in [each["id"] for each in bench.http.get("/api/v1/org-unit/projects").json()["projects"]]
    assert bench.post("c").status_code == 400
    batch = bench.http.post("/api/v1/workloads/batch", json={"action": "suspend", "ids": [id_, other]}).json()
    assert (batch["succeeded"], [each["id"] for each in batch["failed"]]) == ([other], [id_])
    bench.control.settings(hidden_projects=[])
    assert bench.http.get(f"/api/v2/workloads/{id_}").status_code == 200
