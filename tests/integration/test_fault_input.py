"""Bad input: a condition that names the field and the mend, and recovery by itself once it is mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from runai_simulator import RunningSimulator
from tests.control_plane import KubectlFailed
from tests.integration.world import World

MOST_A_MINUTE = 12
GOOD = {"clientId": "demo", "clientSecret": "demo-secret"}
LONG = "a-name-that-is-longer-than-the-sixty-three-characters-that-runai-takes"


@dataclass(frozen=True)
class Bad:
    """A resource that cannot be submitted; `says` are pieces of the message, `mended` makes it submittable."""

    spec: dict[str, Any]
    reason: str
    says: tuple[str, ...]
    mended: Callable[[World, str], None]


def respec(**spec: Any) -> Callable[[World, str], None]:
    return lambda world, name: world.patch(name, {"spec": spec})


def add_project(world: World, _: str) -> None:
    (east,) = [each["uuid"] for each in world.run.clusters() if each["name"] == "gpu-east"]
    world.run.add_project("nowhere", east)


def allow_everything(world: World, _: str) -> None:
    world.connect()


def make_the_other_connection(world: World, _: str) -> None:
    world.connect(other(world))


def other(world: World) -> str:
    return f"{world.namespace}-other"


BAD = {
    "a missing connection": Bad(
        {"connectionRef": {"name": "OTHER"}},
        "ConnectionNotFound",
        ("spec.connectionRef.name", "create it"),
        make_the_other_connection,
    ),
    "an unknown project": Bad(
        {"projectName": "nowhere"}, "ProjectNotFound", ("spec.projectName", "nowhere"), add_project
    ),
    "an unknown project id": Bad(
        {"projectId": "999"}, "ProjectNotFound", ("spec.projectId", "999"), respec(projectId="4501")
    ),
    "an unknown cluster": Bad(
        {"projectName": "twin", "clusterName": "gpu-north"},
        "ProjectNotFound",
        ("spec.clusterName", "gpu-east"),
        respec(clusterName="gpu-west"),
    ),
    "a project name that repeats across clusters": Bad(
        {"projectName": "twin"}, "ProjectAmbiguous", ("spec.clusterName", "twin"), respec(clusterName="gpu-west")
    ),
}


def submit_bad(world: World, bad: Bad) -> None:
    spec = dict(bad.spec)
    if spec.get("connectionRef", {}).get("name") == "OTHER":
        spec["connectionRef"] = {"name": other(world)}
    world.submit("bad", **spec)


def until_told(world: World, name: str, reason: str) -> str:
    """The message with which Ready gives this reason; Synced must give it too."""
    world.until(lambda: world.condition("Ready", name).get("reason") == reason)
    assert world.condition("Ready", name)["status"] == "False"
    assert world.condition("Synced", name)["reason"] == reason
    return str(world.condition("Ready", name)["message"])


def rounds(world: World) -> dict[str, list[datetime]]:
    """When each resource was looked at, by the log."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for line in world.operator.lines():
        if str(line.get("message", "")).startswith("reconciled"):
            found[line["resource"].rpartition("/")[2]].append(datetime.fromisoformat(line["timestamp"]))
    return found


def most_in_a_minute(times: list[datetime]) -> int:
    minute = timedelta(minutes=1)
    return max((sum(start <= each < start + minute for each in times) for start in times), default=0)


def undisturbed(world: World) -> tuple[str, int]:
    """What must not move of the resource beside."""
    return world.get("beside")["metadata"]["resourceVersion"], len(world.run.workloads("beside"))


@pytest.fixture
def beside(world: World) -> Iterator[World]:
    """A world with a settled resource, that must not be disturbed, and room for another connection."""
    world.submit("beside")
    world.until_ready("beside")
    before = undisturbed(world)
    yield world
    assert undisturbed(world) == before
    world.kubectl("delete", "rcon", other(world), "--ignore-not-found")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_and_recovers_once_mended(beside: World, case: str) -> None:
    world, bad = beside, BAD[case]
    submit_bad(world, bad)
    message = until_told(world, "bad", bad.reason)
    assert all(piece in message for piece in bad.says), message
    assert len(world.run.writes()) == 1, "only the one beside was submitted"
    bad.mended(world, "bad")
    world.until_ready("bad")


REFUSED = {
    "a list as manifest": (
        "bad",
        {"manifest": {"apiVersion": "v1", "kind": "List", "items": []}},
        ("spec.manifest", "one RunaiWorkload for each"),
        {},
    ),
    "a name too long": (LONG, {}, ("metadata.name", "spec.workloadName"), {"workloadName": "short"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_api_server_itself_can_tell_is_refused_at_once_and_taken_once_mended(beside: World, case: str) -> None:
    world, (name, spec, says, mended) = beside, REFUSED[case]
    with pytest.raises(KubectlFailed) as refused:
        world.submit(name, **spec)
    assert all(piece in refused.value.stderr for piece in says), refused.value.stderr
    world.submit(name, **mended)
    world.until_ready(name)


def test_a_namespace_without_label_is_told_and_recovers_once_labelled(beside: World) -> None:
    world = beside
    world.kubectl("label", "namespace", world.namespace, "runai/queue-")
    world.submit("bad")
    message = until_told(world, "bad", "ProjectNotSet")
    assert "spec.projectName" in message
    assert f"{world.namespace} with runai/queue=" in message
    world.kubectl("label", "namespace", world.namespace, "runai/queue=team-b")
    world.until_ready("bad")
    assert world.status("bad")["projectName"] == "team-b"


OF_THE_CONNECTION = {"grant_token_v2", "get_workloads"}
"""What a connection asks whoever uses it: its token, and its polls."""


@pytest.mark.parametrize("access", [[], "other namespaces", "other projects"])
def test_what_no_access_rule_allows_reaches_runai_with_nothing(bare_world: World, access: Any) -> None:
    world, everywhere, anything = bare_world, {"matchLabels": {}}, {"names": ["*"]}
    rules = {
        "other namespaces": [{"namespaceSelector": {"matchLabels": {"team": "b"}}, "projects": anything}],
        "other projects": [{"namespaceSelector": everywhere, "projects": {"names": ["team-b*"]}}],
    }
    world.secret()
    world.connect(access=rules[access] if access else [])
    world.operator.start()
    world.submit("bad")
    message = until_told(world, "bad", "AccessDenied")
    assert "spec.access" in message
    assert f"RunaiConnection {world.connection}" in message
    requests = world.run.requests()["byOperation"]
    assert {*requests} <= OF_THE_CONNECTION, "a request was made for what nobody may ask"
    allow_everything(world, "bad")
    world.until_ready("bad")


def test_a_secret_that_is_missing_is_told_on_the_connection(bare_world: World) -> None:
    world = bare_world
    world.connect()
    world.operator.start()
    message = until_connection(world, world.connection, "SecretNotFound")
    assert "spec.credentialsSecretRef.name" in message
    assert "clientId and clientSecret" in message
    world.submit()
    assert f"RunaiConnection {world.connection}" in until_told(world, "trainer", "ConnectionNotReady")
    assert world.run.requests()["total"] == 0
    world.secret()
    world.until_ready()


def test_a_key_that_is_missing_is_told_on_the_connection(bare_world: World) -> None:
    world = bare_world
    world.secret(clientId="demo")
    world.connect()
    world.operator.start()
    message = until_connection(world, world.connection, "SecretKeyMissing")
    assert "spec.credentialsSecretRef.name" in message
    assert "clientSecret" in message
    world.secret()
    world.submit()
    world.until_ready()


@pytest.fixture
def stranger() -> Iterator[RunningSimulator]:
    """What another connection leads to, beside one that works."""
    with RunningSimulator() as simulator:
        yield simulator


NOT_RUNAI: dict[str, dict[str, Any]] = {
    "an HTML page": {"kind": "status", "status": 200, "body": "html"},
    "an HTML page, not found": {"kind": "status", "status": 404, "body": "html"},
    "a redirect": {"kind": "redirect", "location": "https://login.example/"},
    "an empty body": {"kind": "status", "status": 200, "body": "empty"},
}


@pytest.mark.parametrize("case", NOT_RUNAI)
def test_a_url_that_is_no_runai_is_told_on_the_connection(beside: World, stranger: RunningSimulator, case: str) -> None:
    world = beside
    stranger.control.add_fault(**NOT_RUNAI[case])
    world.connect(other(world), url=stranger.url)
    message = until_connection(world, other(world), "NotRunai")
    assert "spec.url" in message
    world.submit("bad", connectionRef={"name": other(world)})
    assert f"RunaiConnection {other(world)}" in until_told(world, "bad", "ConnectionNotReady")
    stranger.control.clear_faults()
    world.until_ready("bad")
    assert world.connection_condition()["status"] == "True"


def test_a_url_where_nothing_answers_is_told_on_the_connection(beside: World, stranger: RunningSimulator) -> None:
    world = beside
    stranger.stop()
    world.connect(other(world), url=stranger.url)
    assert "spec.url" in until_connection(world, other(world), "Unreachable")
    world.submit("bad", connectionRef={"name": other(world)})
    until_told(world, "bad", "ConnectionNotReady")
    stranger.start()
    world.until_ready("bad")


def test_wrong_credentials_are_told_on_the_connection(beside: World, stranger: RunningSimulator) -> None:
    world = beside
    stranger.control.settings(client_secret="another")
    world.connect(other(world), url=stranger.url)
    message = until_connection(world, other(world), "CredentialsRejected")
    assert "clientId and clientSecret" in message
    assert "demo-secret" not in message
    world.submit("bad", connectionRef={"name": other(world)})
    until_told(world, "bad", "ConnectionNotReady")
    credentials = {"name": "mended"}
    world.apply(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": credentials,
            "stringData": {"clientId": "demo", "clientSecret": "another"},
        }
    )
    world.connect(other(world), url=stranger.url, credentialsSecretRef=credentials)
    world.until_ready("bad")


def test_a_secret_that_is_mended_in_place_is_noticed(bare_world: World) -> None:
    world = bare_world
    world.secret(clientId="demo", clientSecret="wrong")
    world.connect()
    world.operator.start()
    until_connection(world, world.connection, "CredentialsRejected")
    world.submit()
    until_told(world, "trainer", "ConnectionNotReady")
    world.secret()
    world.until_ready()


def test_a_rotated_secret_goes_on_without_a_failed_resource(world: World) -> None:
    names = [f"w{number}" for number in range(5)]
    for name in names:
        world.submit(name)
    for name in names:
        world.until_ready(name)
    before = {name: world.get(name)["metadata"]["resourceVersion"] for name in names}
    world.secret(clientId="demo", clientSecret="rotated")
    world.run.settings(client_secret="rotated")
    world.run.revoke_tokens()
    world.run.reset_requests()
    world.submit("new")
    world.until_ready("new")
    world.until(lambda: world.run.requests()["byOperation"].get("get_workloads", 0) >= 3)
    assert {name: world.get(name)["metadata"]["resourceVersion"] for name in names} == before
    refused = {key: counts for key, counts in world.run.requests()["byStatus"].items() if key.startswith("grant")}
    assert refused == {"grant_token_v2": {"200": 1}}
    assert world.connection_condition()["status"] == "True"


def test_bad_input_is_retried_at_most_twelve_times_a_minute(beside: World, stranger: RunningSimulator) -> None:
    """The long one: a minute is a minute."""
    world = beside
    stranger.control.add_fault("status", status=200, body="html")
    world.connect(other(world), url=stranger.url)
    until_connection(world, other(world), "NotRunai")
    for number, bad in enumerate(BAD.values()):
        world.submit(f"bad-{number}", **{**bad.spec, "connectionRef": {"name": world.connection}})
    world.submit("on-the-stranger", connectionRef={"name": other(world)})
    world.submit("on-none", connectionRef={"name": f"{world.namespace}-missing"})
    until_told(world, "on-none", "ConnectionNotFound")
    began = stranger.state.now()
    world.run.reset_requests()
    world.until(lambda: stranger.state.now() - began > 62, within=90)
    asked = [datetime.fromtimestamp(each["at"]) for each in stranger.control.log()]
    assert asked
    assert most_in_a_minute(asked) <= MOST_A_MINUTE
    for name, times in rounds(world).items():
        assert name == "beside" or most_in_a_minute(times) <= MOST_A_MINUTE, f"{name}: {times}"
    assert world.run.requests()["byOperation"].get("get_projects", 0) <= MOST_A_MINUTE * 3
    assert world.run.writes() == []


def until_connection(world: World, name: str, reason: str) -> str:
    world.until(lambda: world.connection_condition(name).get("reason") == reason)
    assert world.connection_condition(name)["status"] == "False"
    return str(world.connection_condition(name)["message"])
