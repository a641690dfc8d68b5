"""RunaiWorkloads and RunaiConnections fuzzed from their CRDs' schemas, on the real API server.

What it refuses names the field; what it takes goes through the operator's rounds without an exception, ends in a
status that it takes as well, and is let alone then. HOSTILE_EXAMPLES sets how many are drawn.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from runai_operator.api.crds import connection_crd, workload_crd
from runai_operator.api.names import API_VERSION
from runai_operator.api.reason_table import ROWS, TABLE
from runai_operator.sync.resource import Key
from tests.chaos.hostile.from_schema import MANIFESTS, objects, of, resources, seldom, text_of
from tests.chaos.hostile.mill import GROUP, Mill, Refused, a_mill, conditions
from tests.control_plane import ControlPlane, Kubectl

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "60"))
MANY = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
DEEPEST = 20_000
ROUNDS = 12
"""So many are enough for whatever a resource goes through when nothing fails."""
REASONS = {row.reason for row in ROWS}
NUMBERS = count()
EVERYONE = [{"namespaceSelector": {}, "projects": {"names": ["*"]}}]


def spec_of(crd: dict[str, Any]) -> dict[str, Any]:
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return dict(schema)


WORKLOAD, CONNECTION = spec_of(workload_crd()), spec_of(connection_crd())
HERE = {"name": "CONNECTION"}
# Names that lead somewhere, beside what the schema allows: else hardly one would get as far as Run:ai.
KNOWN = {
    "manifest": MANIFESTS,
    "connectionRef": seldom(of(WORKLOAD["properties"]["connectionRef"]), st.just(HERE)),
    "projectName": seldom(of(WORKLOAD["properties"]["projectName"]), st.just("team-a")),
    "projectId": seldom(of(WORKLOAD["properties"]["projectId"]), st.just("4501")),
    "clusterName": seldom(of(WORKLOAD["properties"]["clusterName"]), st.just("gpu-east")),
}


def consistent(spec: dict[str, Any]) -> dict[str, Any]:
    """Mostly: names a connection, and the project in one way only."""
    one_way = {key: each for key, each in spec.items() if key != "projectId" or "clusterName" not in spec}
    return {"connectionRef": HERE, **one_way}


WORKLOADS = resources("RunaiWorkload", objects(WORKLOAD, **KNOWN).map(consistent))
URLS = st.sampled_from(
    [
        *(
            "https://example.run.ai",
            "https://EXAMPLE.run.ai:443/",
            "http://localhost:1/x",
            "https://[::1]",
            "https://1.2.3.4",
        ),
        *(
            "https://example.run.ai:0",
            "https://example.run.ai:99999",
            "https://a/%2F..;x",
            "https://ß.example",
            "https://a b",
        ),
        *(
            "https://" + "a" * 300 + ".example",
            "https://example.run.ai/" + "x" * 2000,
            "https://..",
            "https://a:b@c",
            "HTTPS://a",
        ),
    ]
)
NAMED = seldom(of(CONNECTION["properties"]["credentialsSecretRef"]), st.just({"name": "credentials"}))
CONNECTIONS = resources("RunaiConnection", objects(CONNECTION, url=URLS, credentialsSecretRef=NAMED))


@pytest.fixture
def grind(
    crds: list[str],  # noqa: ARG001 (they have to be there)
    kubectl: Kubectl,
    control_plane: ControlPlane,
    namespace: str,
) -> Iterator[Callable[[Callable[[Mill], Awaitable[None]]], None]]:
    """Runs what a test does with a mill, again and again in one event loop."""
    secret = {"clientId": "demo", "clientSecret": "demo-secret"}
    document = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "credentials"}, "stringData": secret}
    kubectl("create", "-f", "-", input=document, namespace=namespace)
    with asyncio.Runner() as runner:
        opened = a_connected_mill(control_plane, namespace)
        mill = runner.run(opened.__aenter__())
        try:
            yield lambda story: runner.run(asyncio.wait_for(_told(story, mill), 60))
        finally:
            runner.run(opened.__aexit__(None, None, None))


@contextmanager
def deep_json() -> Iterator[None]:
    """As the operator's process has it: what the API server stores can be read."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEPEST)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


async def _told(story: Callable[[Mill], Awaitable[None]], mill: Mill) -> None:
    with deep_json():  # here: hypothesis sets a limit of its own before each example
        await story(mill)


@asynccontextmanager
async def a_connected_mill(plane: ControlPlane, namespace: str) -> AsyncIterator[Mill]:
    """With the connection that bears the namespace's name."""
    async with a_mill(plane, namespace) as mill:
        spec = {"url": "http://localhost", "credentialsSecretRef": {"name": "credentials"}, "access": EVERYONE}
        body = {"apiVersion": "runai-operator.io/v1alpha1", "kind": "RunaiConnection", "spec": spec}
        made = mill.create(f"{GROUP}/runaiconnections", text_of({**body, "metadata": {"name": namespace}}))
        assert not isinstance(made, Refused), made
        await mill.until_usable(namespace)
        mill.assembly.registry.all_known()
        yield mill
        mill.send("DELETE", f"{GROUP}/runaiconnections/{namespace}")


def test_every_workload_is_refused_by_field_or_ends_in_a_status_and_is_let_alone(
    grind: Callable[[Callable[[Mill], Awaitable[None]]], None],
) -> None:
    ends: dict[str, int] = {}

    @MANY
    @given(WORKLOADS)
    def check(drawn: dict[str, Any]) -> None:
        async def story(mill: Mill) -> None:
            note(text_of(drawn)[:5000])
            end = await fate_of_a_workload(mill, drawn)
            ends[end] = ends.get(end, 0) + 1

        grind(story)

    check()
    print(f"how {sum(ends.values())} resources ended: {dict(sorted(ends.items()))}")
    assert len(ends) >= 2, f"all alike, so nothing was tried: {ends}"


async def fate_of_a_workload(mill: Mill, drawn: dict[str, Any]) -> str:
    """Where it ended: refused, or with a reason; it is gone again then, and so is its workload."""
    await mill.until_usable(mill.namespace)
    name = f"hostile-{next(NUMBERS)}"
    text = text_of({**drawn, "metadata": {**drawn["metadata"], "name": name}}).replace("CONNECTION", mill.namespace)
    collection = f"{GROUP}/namespaces/{mill.namespace}/runaiworkloads"
    made = mill.create(collection, text)
    if isinstance(made, Refused):
        assert_it_says_why(made)
        return "refused"
    key, path = Key(mill.namespace, name), f"{collection}/{name}"
    reason = await until_settled(mill, key, path)
    await until_gone(mill, key, path)
    return reason


def assert_it_says_why(refused: Refused) -> None:
    """400: it could not be read as JSON, or not into its type; 422: fields that are wrong, by name."""
    assert refused.status in (400, 413, 422), refused
    assert refused.message
    if refused.status == 422:
        assert refused.fields, refused
        assert all(each.startswith(("spec", "metadata", "<nil>", "kind", "apiVersion")) for each in refused.fields), (
            refused
        )


async def until_settled(mill: Mill, key: Key, path: str) -> str:
    """The reason that Ready gives; with it said nothing is written any more, and nothing asked in a loop."""
    for _ in range(ROUNDS):
        result = await mill.round(key)
        if not result.retry and result.after is None:
            break
    before = len(mill.wrote), len(mill.runai.ledger.writes), mill.asked()
    tried_again = 0  # which is the backoff's to pace: it may ask, and write once
    for _ in range(3):
        result = await mill.round(key)
        tried_again += result.retry
        assert result.retry or result.after is None or result.after >= 1, "a loop"
    status, body = mill.send("GET", path)
    if status == 404:
        return "gone"
    told = conditions(body)
    if body["metadata"].get("annotations", {}).get("runai-operator.io/paused") == "true" and not told:
        return "Paused"
    assert mill.asked() - before[2] <= 3 * 4, "each round asks again and again"
    assert len(mill.runai.ledger.writes) <= before[1] + tried_again, "Run:ai is written to again and again"
    assert len(mill.wrote) == before[0], f"written again and again: {mill.wrote[before[0] :]}, {told}"
    assert "Ready" in told, f"nothing is told after rounds that ended in {mill.reasons[-ROUNDS:]}"
    ready = told["Ready"]
    assert ready["reason"] in REASONS
    assert ready["observedGeneration"] == body["metadata"]["generation"]
    if ready["reason"] == "InvalidSpec":
        assert ready["message"].startswith(("spec", "metadata")), ready["message"]
    if TABLE["Ready", ready["reason"]].stalled_after is not None:
        assert ready["message"], f"{ready['reason']} does not say what to do"
    return str(ready["reason"])


async def until_gone(mill: Mill, key: Key, path: str) -> None:
    """Deleted, it goes and leaves nothing; what is paused, or was told to stay, a person takes away."""
    _, before = mill.send("GET", path)
    mill.send("DELETE", path)
    for _ in range(ROUNDS):
        await mill.round(key)
        status, body = mill.send("GET", path)
        if status == 404:
            break
    annotations = before["metadata"].get("annotations") or {}
    if status != 404:
        told = f"it stays, after {mill.reasons[-ROUNDS:]}: {conditions(body).get('Ready')}"
        assert annotations.get("runai-operator.io/paused") == "true", told
        mill.send("PATCH", path, '{"metadata":{"finalizers":null}}', "application/merge-patch+json")
        await mill.round(key)
    lets_go = before["spec"].get("deletionPolicy") == "Orphan" or annotations.get("runai-operator.io/release") == "true"
    living = [each.name for each in mill.runai.workloads.values() if not each.is_deleted(mill.runai.now())]
    mill.runai.drop([*mill.runai.workloads.values()])
    assert living == [] or lets_go or status != 404, f"left behind: {living}, after {mill.reasons[-25:]}, {before}"


# bytes of a resource, as it is sent: where it ends, and a word of what is said
SIZES = {
    1_400_000: ("Running", ""),
    1_480_000: ("InvalidSpec", "KiB"),
    1_571_500: ("TooLarge", "make spec.manifest smaller"),
}


@pytest.mark.parametrize("size", SIZES)
def test_a_resource_of_any_size_runs_or_says_that_it_is_too_large(
    grind: Callable[[Callable[[Mill], Awaitable[None]]], None], size: int
) -> None:
    """The last one leaves no room for a claim or a status: an event tells it."""
    reason, says = SIZES[size]

    async def story(mill: Mill) -> None:
        await mill.until_usable(mill.namespace)
        collection = f"{GROUP}/namespaces/{mill.namespace}/runaiworkloads"
        assert not isinstance(mill.create(collection, of_size(size, mill.namespace)), Refused)
        key, path = Key(mill.namespace, "large"), f"{collection}/large"
        for _ in range(4):
            result = await mill.round(key)
        _, body = mill.send("GET", path)
        ready = conditions(body).get("Ready") or only_event(mill)
        assert ready["reason"] == reason
        assert says in ready["message"]
        assert result.retry == (reason != "Running")
        await until_gone(mill, key, path)

    grind(story)


def of_size(size: int, connection: str) -> str:
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"data": "DATA"}}
    spec = {"connectionRef": {"name": connection}, "projectName": "team-a", "manifest": manifest}
    body = {"apiVersion": API_VERSION, "kind": "RunaiWorkload", "metadata": {"name": "large"}, "spec": spec}
    return text_of(body).replace("DATA", "x" * (size - len(text_of(body)) + 4))


def only_event(mill: Mill) -> dict[str, Any]:
    _, found = mill.send("GET", f"/api/v1/namespaces/{mill.namespace}/events")
    (event,) = [each for each in found["items"] if each["involvedObject"]["name"] == "large"]
    assert event["type"] == "Warning"
    return dict(event)


def test_every_connection_is_refused_by_field_or_ends_in_a_status(
    grind: Callable[[Callable[[Mill], Awaitable[None]]], None],
) -> None:
    ends: dict[str, int] = {}

    @MANY
    @given(CONNECTIONS)
    def check(drawn: dict[str, Any]) -> None:
        async def story(mill: Mill) -> None:
            note(text_of(drawn)[:5000])
            end = await fate_of_a_connection(mill, drawn)
            ends[end] = ends.get(end, 0) + 1

        grind(story)

    check()
    print(f"how {sum(ends.values())} connections ended: {dict(sorted(ends.items()))}")
    assert len(ends) >= 2, f"all alike, so nothing was tried: {ends}"


async def fate_of_a_connection(mill: Mill, drawn: dict[str, Any]) -> str:
    name = f"{mill.namespace}-{next(NUMBERS)}"
    made = mill.create(f"{GROUP}/runaiconnections", text_of({**drawn, "metadata": {**drawn["metadata"], "name": name}}))
    if isinstance(made, Refused):
        assert_it_says_why(made)
        return "refused"
    path = f"{GROUP}/runaiconnections/{name}"
    for _ in range(4):
        result = await mill.assembly.reconcile_connection(name)
        assert result.after is None or result.after >= 1, "a loop"
        await asyncio.sleep(0.02)
    before = len(mill.wrote)
    await mill.assembly.reconcile_connection(name)
    assert len(mill.wrote) == before, f"written again: {mill.wrote[before:]}"
    _, body = mill.send("GET", path)
    ready = conditions(body).get("Ready")
    assert ready is None or ready["reason"] in REASONS
    assert ready is None or ready["status"] == "True" or ready["message"]
    mill.send("DELETE", path)
    await mill.assembly.reconcile_connection(name)
    status, body = mill.send("GET", path)
    assert status == 404, body
    return str(ready["reason"]) if ready else "being tried"
