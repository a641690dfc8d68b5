"""Bad input: a condition that names the field and the mend, and recovery by itself once it is mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from runai_simulator import RunningSimulator, Settings
from tests.control_plane import KubectlFailed
from tests.integration.bad_input import other, rounds, rule, until_told
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


def make_the_other_connection(world: World, _: str) -> None:
    world.connect(other(world))


def a_secret(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


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


def most_in_a_minute(times: list[datetime]) -> int:
    minute = timedelta(minutes=1)
    return max((sum(start <= each < start + minute for each in times) for start in times), default=0)


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
    world.apply(a_secret("mended", clientId="demo", clientSecret="another"))
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


@pytest.fixture
def strict() -> Iterator[RunningSimulator]:
    """A Run:ai that takes other credentials."""
    with RunningSimulator(Settings(client_secret="another")) as simulator:
        yield simulator


@pytest.fixture
def unusable(beside: World, stranger: RunningSimulator, strict: RunningSimulator) -> Iterator[dict[str, str]]:
    """Connections that cannot be used, each for a reason of its own: the reason, by name."""
    world = beside
    stranger.control.add_fault("status", status=200, body="html")
    world.apply(a_secret("keyless", clientId="demo"))
    specs: dict[str, dict[str, Any]] = {
        "NotRunai": {"url": stranger.url},
        "CredentialsRejected": {"url": strict.url},
        "SecretNotFound": {"credentialsSecretRef": {"name": "missing"}},
        "SecretKeyMissing": {"credentialsSecretRef": {"name": "keyless"}},
    }
    names = {f"{world.namespace}-{reason.lower()}": reason for reason in specs}
    for name, reason in names.items():
        world.connect(name, **specs[reason])
    for name, reason in names.items():
        until_connection(world, name, reason)
    yield names
    world.kubectl("delete", "rcon", *names)


def test_bad_input_is_retried_at_most_twelve_times_a_minute(
    beside: World, stranger: RunningSimulator, strict: RunningSimulator, unusable: dict[str, str]
) -> None:
    """The long one: a minute is a minute."""
    world, own = beside, {"name": beside.connection}
    world.connect(other(world), access=[rule("team-b*")])
    world.kubectl("label", "namespace", world.namespace, "runai/queue-")
    bad = {f"bad-{number}": {**each.spec, "connectionRef": own} for number, each in enumerate([*BAD.values()][1:])}
    bad |= {f"on-{reason.lower()}": {"connectionRef": {"name": name}} for name, reason in unusable.items()}
    bad |= {
        "on-none": {"connectionRef": {"name": f"{world.namespace}-none"}},
        "denied": {"connectionRef": {"name": other(world)}, "projectName": "team-a"},
        "denied-by-id": {"connectionRef": {"name": other(world)}, "projectId": "4501"},
        "unlabelled": {"connectionRef": own},
    }
    for name, spec in bad.items():
        world.submit(name, **spec)
    for name, reason in (("denied", "AccessDenied"), ("denied-by-id", "AccessDenied"), ("unlabelled", "ProjectNotSet")):
        until_told(world, name, reason)
    began = stranger.state.now()
    world.run.reset_requests()
    world.until(lambda: stranger.state.now() - began > 62, within=90)
    looked, seen = rounds(world), rounds_of_connections(world)
    for name in bad:
        assert looked[name]
        assert most_in_a_minute(looked[name]) <= MOST_A_MINUTE, f"{name}: {looked[name]}"
    for name in unusable:
        assert seen[name]
        assert most_in_a_minute(seen[name]) <= MOST_A_MINUTE, f"{name}: {seen[name]}"
    for simulator in (stranger, strict):
        for operation, times in asked(simulator).items():
            assert most_in_a_minute(times) <= MOST_A_MINUTE, f"{operation}: {times}"
    assert {*asked(strict)} <= {"grant_token_v2", "grant_token_v1"}, "asked for more with credentials that are wrong"
    counted = world.run.requests()["byOperation"]
    assert counted.get("get_projects", 0) <= MOST_A_MINUTE * 3
    assert counted.get("get_project", 0) <= MOST_A_MINUTE * 2
    assert world.run.writes() == []


def asked(simulator: RunningSimulator) -> dict[str, list[datetime]]:
    """When a Run:ai was asked what; never nothing."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for each in simulator.control.log():
        found[each["operation"]].append(datetime.fromtimestamp(each["at"]))
    assert found
    return found


def rounds_of_connections(world: World) -> dict[str, list[datetime]]:
    """When the operator looked at each RunaiConnection, by the API server's audit log."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for line in world.control_plane.audited('"resource":"runaiconnections"'):
        of = line["objectRef"]
        if (line["verb"], of["resource"]) == ("get", "runaiconnections") and "kubectl" not in line["userAgent"]:
            found[of["name"]].append(datetime.fromisoformat(line["requestReceivedTimestamp"]))
    return found


def until_connection(world: World, name: str, reason: str) -> str:
    world.until(lambda: world.connection_condition(name).get("reason") == reason)
    assert world.connection_condition(name)["status"] == "False"
    return str(world.connection_condition(name)["message"])
