"""A connection is made as a file says: what is waited for, what is not, and what is told."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.cli.connecting import FIELD_MANAGER, NotConnected, connect, read_connection, server_side

CONNECTION = {"apiVersion": "runai-operator.io/v1alpha1", "kind": "RunaiConnection", "metadata": {"name": "default"}}


class ApiServer:
    """Answers one after the other, the last one for ever; None is success."""

    def __init__(self, *answers: Exception | None) -> None:
        self._answers = [*answers]
        self.asked: list[Mapping[str, Any]] = []
        self.slept: list[float] = []

    async def apply(self, body: Mapping[str, Any]) -> None:
        self.asked.append(body)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer is not None:
            raise answer

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def connect(self) -> None:
        asyncio.run(connect(CONNECTION, self.apply, attempts=5, sleep=self.sleep))


def refused(status: int, message: str = "") -> ApiException:
    error = ApiException(status=status, reason="because")
    error.body = json.dumps({"message": message})
    return error


@pytest.mark.parametrize("passing", [refused(404), refused(503), ClientError("no route"), TimeoutError()], ids=repr)
def test_what_passes_is_waited_for(passing: Exception) -> None:
    server = ApiServer(passing, passing, None)
    server.connect()
    assert server.asked == [CONNECTION] * 3
    assert len(server.slept) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(404), "knows no RunaiConnection: install the CRDs"),
        (refused(503, "etcd is away"), "refuses the RunaiConnection default: etcd is away"),
        (ClientError("no route"), "does not answer: no route"),
    ],
    ids=["no CRD", "no etcd", "no API server"],
)
def test_what_does_not_pass_is_told_in_the_end(answer: Exception, told: str) -> None:
    server = ApiServer(answer)
    with pytest.raises(NotConnected, match=told):
        server.connect()
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(403), r"get, create and patch on runaiconnections, resourceNames \[default\]"),
        (refused(422, "spec.url is immutable"), "spec.url is immutable"),
        (
            refused(409, 'conflict with "kubectl": .spec.url'),
            r'somebody else made .* default.*\(conflict with "kubectl"',
        ),
        (refused(400, 'unknown field "spec.urls"'), 'unknown field "spec.urls"'),
    ],
    ids=["forbidden", "invalid", "a conflict", "unknown field"],
)
def test_what_only_a_person_can_mend_is_told_at_once(answer: Exception, told: str) -> None:
    server = ApiServer(answer)
    with pytest.raises(NotConnected, match=told):
        server.connect()
    assert len(server.asked) == 1


class Connections:
    """One connection, or none; an apply without force is refused where `conflict` says so."""

    def __init__(self, found: Mapping[str, Any] | None, conflict: str = "", becomes: Mapping[str, Any] | None = None):
        self._found, self._conflict, self._becomes = found, conflict, becomes
        self.written: list[str] = []
        self.said: list[str] = []

    async def get(self, name: str) -> Mapping[str, Any] | None:
        assert name == "default"
        return self._found

    async def apply(self, body: Mapping[str, Any], *, force: bool = False, dry_run: bool = False) -> Mapping[str, Any]:
        if self._conflict and not force:
            raise refused(409, self._conflict)
        if not dry_run:
            self.written.append("forced" if force else "applied")
        return {**body, "spec": self._becomes}

    def connect(self) -> None:
        asyncio.run(connect(CONNECTION, server_side(self, self.said.append)))


def made_by(*managers: str) -> dict[str, Any]:
    fields = [{"manager": manager, "operation": "Apply"} for manager in managers]
    return {**CONNECTION, "metadata": {"name": "default", "managedFields": fields}, "spec": {"url": "a"}}


@pytest.mark.parametrize("found", [None, made_by("kubectl", FIELD_MANAGER)], ids=["new", "ours"])
def test_what_nobody_set_otherwise_is_applied_without_force(found: Mapping[str, Any] | None) -> None:
    server = Connections(found, becomes={"url": "b"})
    server.connect()
    assert (server.written, server.said) == (["applied"], [])


def test_what_others_changed_on_ours_is_taken_back_and_said() -> None:
    server = Connections(made_by(FIELD_MANAGER, "kubectl"), 'conflict with "kubectl": .spec.url')
    server.connect()
    assert server.written == ["forced"]
    assert server.said == [
        'the RunaiConnection default was changed by others, and is taken back: conflict with "kubectl": .spec.url'
    ]


@pytest.mark.parametrize(
    ("server", "told"),
    [
        (Connections(made_by("kubectl"), 'conflict with "kubectl"'), 'conflict with "kubectl"'),
        (Connections(made_by("kubectl"), becomes={"url": "a", "access": []}), "fields would be added to it"),
        (Connections(None, 'conflict with "kubectl"'), 'conflict with "kubectl"'),
    ],
    ids=["says otherwise", "says less", "made in the same moment"],
)
def test_what_somebody_else_made_is_not_changed(server: Connections, told: str) -> None:
    with pytest.raises(NotConnected, match="delete it, have the values") as error:
        server.connect()
    assert told in str(error.value)
    assert server.written == []


def test_what_somebody_else_made_just_so_is_applied() -> None:
    server = Connections(made_by("kubectl"), becomes={"url": "a"})
    server.connect()
    assert server.written == ["applied"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: Secret", "must hold one RunaiConnection of runai-operator.io/v1alpha1"),
        ("- a list", "must hold one RunaiConnection"),
        ("{", "cannot be read"),
        (
            "apiVersion: runai-operator.io/v1alpha1\nkind: RunaiConnection",
            "must give the RunaiConnection a metadata.name",
        ),
    ],
    ids=["another kind", "a list", "no YAML", "no name"],
)
def test_a_file_that_holds_no_connection_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "connection.yaml"
    path.write_text(text)
    with pytest.raises(NotConnected, match=told):
        read_connection(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotConnected, match="cannot be read"):
        read_connection(tmp_path / "connection.yaml")
