"""Paging, filters, order and search of the v1 list."""

import pytest

from tests.unit.simulator.conftest import Bench


@pytest.fixture
def fleet(bench: Bench) -> Bench:
    """alpha (Job, low), beta (Deployment, very-high), gamma (Job, high, in team-b): a minute apart."""
    bench.create("alpha")
    bench.after(60).create("beta", kind="Deployment")
    bench.after(60).create("gamma", projectId="4502", priority="high")
    return bench


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("name==beta", ["beta"]),
        ("name!=beta", ["alpha", "gamma"]),
        ("name<=beta", ["alpha", "beta"]),
        ("name>=beta", ["beta", "gamma"]),
        ("name=@am", ["gamma"]),
        ("name!@am", ["alpha", "beta"]),
        ("name=^al", ["alpha"]),
        ("name=$ta", ["beta"]),
        ("phase==Completed", ["alpha"]),
        ("priority>=125", ["beta", "gamma"]),
        ("projectId==4502", ["gamma"]),
        ("projectName=^team,type==Job", ["alpha", "gamma"]),
        ("name==beta,type==Job", []),
        ("completedAt>=2000-01-01T00:00:00Z", ["alpha"]),
        ("createdAt>=2027-01-15T08:01:00Z", ["beta", "gamma"]),
        ("createdAt<=2027-01-15T08:01:00Z", ["alpha", "beta"]),
        ("aiApplicationId!=x", ["alpha", "beta", "gamma"]),
    ],
)
def test_filters_with_every_operator(fleet: Bench, condition: str, names: list[str]) -> None:
    assert fleet.listed(filterBy=condition) == names
    assert fleet.http.get("/api/v1/workloads/count", params={"filterBy": condition}).json() == {"count": len(names)}


@pytest.mark.parametrize(
    "query",
    [
        {"filterBy": "colour==red"},
        {"filterBy": "name=beta"},
        {"filterBy": "name=="},
        {"filterBy": "createdAt>=yesterday"},
        {"filterBy": "priority>=high"},
        {"filterBy": ",".join(["name!=x"] * 11)},
        {"sortBy": "colour"},
        {"sortOrder": "up"},
        {"limit": "501"},
        {"limit": "0"},
        {"offset": "-1"},
        {"deleted": "maybe"},
    ],
    ids=str,
)
def test_a_query_off_the_contract_is_refused(fleet: Bench, query: dict[str, str]) -> None:
    assert fleet.http.get("/api/v1/workloads", params=query).status_code == 400


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"sortBy": "name", "sortOrder": "desc"}, ["gamma", "beta", "alpha"]),
        ({"sortBy": "createdAt"}, ["alpha", "beta", "gamma"]),
        ({"sortBy": "phaseUpdatedAt", "sortOrder": "desc"}, ["gamma", "beta", "alpha"]),
        ({"sortBy": "priority"}, ["alpha", "gamma", "beta"]),
        ({"sortBy": "completedAt"}, ["alpha", "beta", "gamma"]),
        ({"search": "ET"}, ["beta"]),
    ],
    ids=str,
)
def test_order_and_search(fleet: Bench, query: dict[str, str], names: list[str]) -> None:
    assert fleet.listed(**query) == names


def test_pages_lead_to_the_next(fleet: Bench) -> None:
    first = fleet.http.get("/api/v1/workloads", params={"limit": 2}).json()
    second = fleet.http.get("/api/v1/workloads", params={"limit": 2, "offset": first["next"]}).json()
    assert [row["name"] for row in first["workloads"] + second["workloads"]] == ["alpha", "beta", "gamma"]
    assert "next" not in second


def test_fifty_rows_unless_asked_otherwise(bench: Bench) -> None:
    for index in range(51):
        bench.create(f"job-{index}")
    assert len(bench.listed()) == 50
    assert len(bench.listed(limit=500)) == 51


def test_foreign_workloads_are_listed_but_unknown_to_v2(bench: Bench) -> None:
    id_ = bench.control.create_foreign("theirs", "4501")["row"]["id"]
    assert bench.listed() == ["theirs"]
    assert "sourceApi" not in bench.row(id_)
    assert bench.get(id_).status_code == 404
    assert bench.post("theirs").status_code == 409


def test_projects_may_share_a_name_across_clusters(bench: Bench) -> None:
    found = bench.http.get("/api/v1/org-unit/projects", params={"filterBy": "name==twin"}).json()["projects"]
    assert len({project["clusterId"] for project in found}) == len(found) == 2
