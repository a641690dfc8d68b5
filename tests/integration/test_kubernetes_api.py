"""Every write is guarded: held to the real API server, on whose refusals and their very words it relies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from kubernetes.aio import client, config

from runai_operator.api.names import FINALIZER
from runai_operator.api.reasons import Reason
from runai_operator.kube.api import KubernetesApi
from runai_operator.runai import Permit
from runai_operator.sync.ports import NotLeading, Problem, Stale
from runai_operator.sync.resource import Key, Resource
from tests.control_plane import ControlPlane, Kubectl

STATUS = {"observedGeneration": 1, "workloadId": "w-1", "conditions": []}
OTHERS = "example.org/finalizer"

Story = Callable[[KubernetesApi], Awaitable[Any]]
Play = Callable[[Story], Any]


@pytest.fixture
def writes() -> list[str]:
    """What our API client says that it wrote."""
    return []


@pytest.fixture
def permit() -> Permit:
    """Of one that leads."""
    return lambda: None


@pytest.fixture
def play(crds: list[str], control_plane: ControlPlane, writes: list[str], permit: Permit) -> Play:  # noqa: ARG001 (the CRDs have to be there)
    """Runs a story with our API client."""

    async def told(story: Story) -> Any:
        configuration = client.Configuration()
        await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
        async with client.ApiClient(configuration) as api:
            return await story(KubernetesApi(api, wrote=writes.append, permit=permit))

    return lambda story: asyncio.run(told(story))


@pytest.fixture
def key(kubectl: Kubectl, namespace: str) -> Key:
    """Of a resource that was just applied."""
    apply(kubectl, namespace)
    return Key(namespace, "trainer")


def apply(kubectl: Kubectl, namespace: str, **metadata: Any) -> None:
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "spec": {}}
    body = {"apiVersion": "runai-operator.io/v1alpha1", "kind": "RunaiWorkload", "spec": {"manifest": manifest}}
    kubectl(
        "apply",
        "--server-side",
        "-f",
        "-",
        input=body | {"metadata": {"name": "trainer", **metadata}},
        namespace=namespace,
    )


def stored(kubectl: Kubectl, key: Key) -> dict[str, Any]:
    return dict(kubectl.json("get", "runaiworkload", key.name, namespace=key.namespace))


def test_a_status_is_written_as_it_is_given(play: Play, kubectl: Kubectl, key: Key) -> None:
    async def story(api: KubernetesApi) -> None:
        resource = await api.fetch(key)
        assert resource is not None
        await api.write_status(resource, STATUS)

    play(story)
    assert stored(kubectl, key)["status"] == STATUS


def test_the_status_of_a_namesake_that_came_later_is_not_written(play: Play, kubectl: Kubectl, key: Key) -> None:
    before = Resource(stored(kubectl, key))
    kubectl("delete", "runaiworkload", key.name, namespace=key.namespace)
    apply(kubectl, key.namespace)
    with pytest.raises(Stale):
        play(lambda api: api.write_status(before, STATUS))
    assert stored(kubectl, key)["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize(
    "before",
    [
        {
            "observedGeneration": 1,
            "phaseMessage": 'a "plain" \n text\t\\ ~',
            "gpus": {"requested": 0.25, "allocated": 2.0},
        },
        {"observedGeneration": 1, "phaseMessage": "größer < 5 & <any>", "gpus": {"requested": 1e-9, "allocated": 1e20}},
    ],
    ids=["spelt alike by all", "spelt otherwise by each"],
)
def test_a_status_is_written_over_the_one_that_was_read_and_no_newer_one(
    play: Play, kubectl: Kubectl, key: Key, before: dict[str, Any]
) -> None:
    async def story(api: KubernetesApi) -> None:
        for status in (before, {**before, "phase": "Running"}, STATUS):
            resource = await api.fetch(key)
            assert resource is not None
            await api.write_status(resource, status)
        with pytest.raises(Stale):
            await api.write_status(resource, {**before, "phase": "of a leader that slept"})

    play(story)
    assert stored(kubectl, key)["status"] == STATUS


def test_what_else_changed_on_a_resource_keeps_no_status_from_being_told(
    play: Play, kubectl: Kubectl, key: Key
) -> None:
    play(lambda api: api.write_status(Resource(stored(kubectl, key)), {"observedGeneration": 1}))
    before = Resource(stored(kubectl, key))
    kubectl("label", "runaiworkload", key.name, "a=b", namespace=key.namespace)
    play(lambda api: api.write_status(before, STATUS))
    assert stored(kubectl, key)["status"] == STATUS


def test_what_is_gone_takes_neither_status_nor_claim(play: Play, kubectl: Kubectl, key: Key) -> None:
    before = Resource(stored(kubectl, key))
    kubectl("delete", "runaiworkload", key.name, namespace=key.namespace)
    assert play(lambda api: api.fetch(key)) is None
    for write in (
        lambda api: api.write_status(before, STATUS),
        lambda api: api.claim(before, "{}"),
        lambda api: api.release(before),
    ):
        with pytest.raises(Stale):
            play(write)


def test_an_older_resource_is_neither_claimed_nor_released(play: Play, kubectl: Kubectl, key: Key) -> None:
    before = Resource(stored(kubectl, key))
    kubectl("label", "runaiworkload", key.name, "a=b", namespace=key.namespace)
    for write in (lambda api: api.claim(before, "{}"), lambda api: api.release(before)):
        with pytest.raises(Stale):
            play(write)
    assert "finalizers" not in stored(kubectl, key)["metadata"]


def test_claim_and_release_touch_no_finalizer_but_ours(play: Play, kubectl: Kubectl, namespace: str) -> None:
    apply(kubectl, namespace, finalizers=[OTHERS])
    key = Key(namespace, "trainer")

    async def story(api: KubernetesApi) -> list[list[str]]:
        resource = await api.fetch(key)
        assert resource is not None
        claimed = await api.claim(resource, "{}")
        await api.release(claimed)
        released = await api.fetch(key)
        assert released is not None
        return [each.metadata["finalizers"] for each in (claimed, released)]

    assert play(story) == [[OTHERS, FINALIZER], [OTHERS]]
    kubectl(
        "patch", "runaiworkload", "trainer", "--type=merge", '-p={"metadata":{"finalizers":null}}', namespace=namespace
    )


def test_a_refusal_that_is_no_guard_is_an_error(play: Play, kubectl: Kubectl, key: Key) -> None:
    with pytest.raises(client.ApiException) as refused:
        play(lambda api: api.write_status(Resource(stored(kubectl, key)), {"observedGeneration": "many"}))
    assert refused.value.status == 422


def test_an_event_that_the_api_server_refuses_fails_nothing(
    play: Play, kubectl: Kubectl, key: Key, writes: list[str]
) -> None:
    body = stored(kubectl, key)
    play(lambda api: api.event(Resource(body), "Submitted", "as workload w-1"))
    assert writes == ["event"]
    body["metadata"]["namespace"] = "never-made"
    play(lambda api: api.event(Resource(body), "Submitted", "as workload w-1"))
    assert writes == ["event"], "counted, though it was not written"


def test_the_crd_is_there_and_whoever_may_not_read_it_is_told_which_role_is_missing(
    play: Play, control_plane: ControlPlane
) -> None:
    assert play(lambda api: api.uninstalling()) is False

    async def story() -> None:
        configuration = client.Configuration()
        await config.load_kube_config(str(control_plane.kubeconfig), client_configuration=configuration)
        async with client.ApiClient(configuration) as api:
            api.set_default_header("Impersonate-User", "nobody")
            await KubernetesApi(api).uninstalling()

    with pytest.raises(Problem) as told:
        asyncio.run(story())
    assert told.value.reason is Reason.CRD_NOT_READABLE
    assert "get on customresourcedefinitions" in told.value.message
    assert "runaiworkloads.runai-operator.io" in told.value.message


@pytest.mark.parametrize("permit", [lambda: "another may lead"])
def test_who_does_not_lead_writes_nothing_and_reads_on(
    play: Play, kubectl: Kubectl, key: Key, writes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    before = stored(kubectl, key)
    connection = {"metadata": {"name": "any", "uid": "u"}}
    for write in (
        lambda api: api.write_status(Resource(before), STATUS),
        lambda api: api.claim(Resource(before), "{}"),
        lambda api: api.release(Resource(before)),
        lambda api: api.write_connection_status(connection, STATUS),
        lambda api: api.set_connection_finalizers(connection, []),
    ):
        with pytest.raises(NotLeading, match="another may lead"):
            play(write)
    with caplog.at_level("INFO"):
        play(lambda api: api.event(Resource(before), "Submitted", "as workload w-1"))
    assert kubectl.json("get", "events", namespace=key.namespace)["items"] == []
    assert "Submitted" not in caplog.text
    assert play(lambda api: api.fetch(key)).metadata["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert writes == []
