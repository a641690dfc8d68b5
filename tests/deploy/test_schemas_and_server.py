"""deploy/schemas agree with a real API server on what it checks of every resource, though no CRD says it."""

import json
from typing import Any

import pytest

from tests.control_plane import Kubectl, KubectlFailed
from tests.deploy.test_schemas import CONNECTION, GONE, WORKLOAD, changed, validator

NAMES = {
    "none": (GONE, False),
    "null": (None, False),
    "empty": ("", False),
    "a number": (7, False),
    "a list": (["a"], False),
    "capitals": ("Trainer", False),
    "an underscore": ("a_b", False),
    "a dash at its end": ("trainer-", False),
    "a dot at its end": ("trainer.", False),
    "two dots": ("a..b", False),
    "too long": ("a" * 254, False),
    "the longest": ("a" * 253, True),
    "dots": ("a.b-c.7", True),
    "one character": ("7", True),
}
GENERATED = {
    "a dash at its end": ("trainer-", True),
    "two dashes at its end": ("trainer--", True),
    "no dash": ("trainer", True),
    "capitals": ("Trainer-", False),
    "a number": (7, False),
    "a dash alone": ("-", False),
    "the longest": ("a" * 253 + "-", True),
    "too long": ("a" * 254 + "-", False),
}
TEXTS = {
    "none": (GONE, True),
    "null": (None, True),
    "texts": ({"a": "b"}, True),
    "a number": ({"a": 7}, False),
    "a boolean": ({"a": True}, False),
    "an object": ({"a": {"b": "c"}}, False),
    "a list": (["a"], False),
}
KINDS = {
    "capitals": ("PyTorchJob", True),
    "small letters": ("pod", True),
    "a dash": ("My-Job2", True),
    "the longest": ("A" * 63, True),
    "too long": ("A" * 64, False),
    "empty": ("", False),
    "a dot": ("a.b", False),
    "a blank": (" x", False),
    "a line's end": ("Job\n", False),
    "an accent": ("é", False),
    "a digit": ("1", False),
    "a digit in front": ("1Job", False),
    "a dash at its end": ("Job-", False),
    "a number": (7, False),
    "null": (None, False),
}
VERSIONS = {
    "the core's": ("v1", True),
    "a group's": ("kubeflow.org/v1", True),
    "an address": ("https://x", False),
    "three parts": ("a/b/c", False),
    "empty": ("", False),
    "a number": (1, False),
}
METADATA = {
    "empty": ({}, True),
    "labels": ({"labels": {"a": "b"}}, True),
    "a text": ("a", False),
    "a list": ([], False),
}
PLACES = {
    "metadata.name": NAMES,
    "metadata.labels": TEXTS,
    "metadata.annotations": TEXTS,
    "spec.manifest.kind": KINDS,
    "spec.manifest.apiVersion": VERSIONS,
    "spec.manifest.metadata": METADATA,
}
BARE = changed(WORKLOAD, "metadata", {"name": "trainer"})
NAMED = changed(BARE, "spec.workloadName", "trainer")  # or a rule in CEL refuses the longer ones of its names


def cases() -> list[Any]:
    """A whole resource, and whether it is to be accepted."""
    of_places = [
        pytest.param(changed(with_place(place), place, value), good, id=f"{place}: {name}")
        for place, values in PLACES.items()
        for name, (value, good) in values.items()
    ]
    generated = [
        pytest.param(changed(NAMED, "metadata", {"generateName": value}), good, id=f"generateName: {name}")
        for name, (value, good) in GENERATED.items()
    ]
    connections = [
        pytest.param(changed(CONNECTION, "metadata.name", value), good, id=f"a connection's name: {name}")
        for name, (value, good) in NAMES.items()
    ]
    return [*of_places, *generated, *connections]


def with_place(place: str) -> dict[str, Any]:
    """A resource in which there is something at this place, to be changed or taken away."""
    return changed(NAMED, place, "x")


def refusal(kubectl: Kubectl, body: dict[str, Any]) -> str | None:
    """Why the API server would not create it; by a request of its own, for kubectl refuses much of it itself."""
    plural = "runaiconnections" if body["kind"] == "RunaiConnection" else "namespaces/default/runaiworkloads"
    path = f"/apis/runai-operator.io/v1alpha1/{plural}?dryRun=All&fieldValidation=Strict"
    try:
        kubectl("create", "--raw", path, "-f", "-", input=json.dumps(body))
    except KubectlFailed as failed:
        return failed.stderr
    return None


@pytest.mark.usefixtures("crds")
@pytest.mark.parametrize(("body", "good"), cases())
def test_a_schema_accepts_what_the_api_server_accepts(kubectl, body, good):
    told = refusal(kubectl, body)
    assert (told is None) is good, told
    assert validator(body["kind"]).is_valid(body) is good
