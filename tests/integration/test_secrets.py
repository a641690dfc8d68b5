"""Secrets that are told apart at a glance, in a running operator to which everything happens: none is told anywhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from runai_simulator import RunningSimulator
from tests.integration.world import World

PIECES = ("k4nar1envog3l", "s33nem1ngend")
SECRET = f"{PIECES[0]}&<\"\\/+%é='{PIECES[1]}"


def in_base64(text: str) -> Iterator[str]:
    """How base64 shows a text, wherever it begins in what was encoded."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + text.encode()).decode()
        yield encoded[4 if offset else 0 : -4]


@pytest.fixture
def tokens(bare_world: World) -> list[str]:
    """Every access token that Run:ai gives, as it is given."""
    given: list[str] = []
    issue: Callable[..., str] = bare_world.simulator.state.tokens.issue

    def recorded(**claims: object) -> str:
        given.append(issue(**claims))
        return given[-1]

    bare_world.simulator.state.tokens.issue = recorded  # type: ignore[method-assign]
    return given


def forms(world: World, tokens: list[str]) -> list[str]:
    """The credentials of Run:ai and of the API server, in pieces that survive being quoted, and in base64."""
    (user,) = json.loads(world.control_plane.kubeconfig.read_text())["users"]
    canaries = [*PIECES, user["user"]["token"], *(each.rpartition(".")[2] for each in tokens)]
    return [form for canary in canaries for form in (canary, *in_base64(canary))]


def all_that_is_told(world: World) -> dict[str, str]:
    port = world.operator.probe_port()
    return {
        "log": world.operator.log(),
        "metrics": httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=10).text,
        "events": world.kubectl("get", "events", "-A", "-o", "yaml"),
        "resources": world.kubectl("get", "rwl,rcon", "-A", "-o", "yaml", "--show-managed-fields"),
    }


FAILURES = (
    ("get_workload_v2_by_id", 401, "json"),
    ("get_workload_v2_by_id", 403, "json"),
    ("get_workload_v2_by_id", 502, "html"),
    ("create_workload_v2", 409, "json"),
    ("create_workload_v2", 422, "json"),
    ("create_workload_v2", 500, "json"),
)


def broken_for_a_while(world: World, tokens: list[str]) -> None:
    """Reads and writes fail in each of these ways, and quote what was sent with them."""
    for number, (operation, status, body) in enumerate(FAILURES):
        told = f"you sent Bearer {tokens[-1]}, which is {json.dumps(tokens[-1])}"
        count = 2 if status == 401 else 1  # the first is answered with another token
        world.run.add_fault("status", operation=operation, status=status, body=body, count=count, message=told)
        world.submit(f"trainer-{number}")
        world.until(lambda: not world.run.faults())


def refused(world: World) -> None:
    """The credentials are not taken any more, and what refuses them quotes them."""
    told = f"client_secret={SECRET} is wrong, so is {base64.b64encode(SECRET.encode()).decode()}"
    world.run.add_fault("status", operation="grant_token_v2", status=401, message=told)
    world.run.revoke_tokens()
    world.until(lambda: world.connection_condition().get("reason") == "CredentialsRejected")
    world.kubectl("delete", "secret", "runai-credentials", namespace=world.namespace)
    world.connect(limits={"requestsPerSecond": 49})
    world.until(lambda: world.connection_condition().get("reason") == "SecretNotFound")


def test_no_secret_is_told_whatever_happens(bare_world: World, tokens: list[str]) -> None:
    world = bare_world
    world.run.settings(client_secret=SECRET)
    world.secret(clientId="demo", clientSecret=SECRET)
    world.connect()
    world.operator.start()
    world.submit()
    world.until_ready()
    broken_for_a_while(world, tokens)
    refused(world)
    told = all_that_is_told(world)
    assert "not quoted, for it repeats a credential" in told["log"]
    for where, text in told.items():
        assert [form for form in forms(world, tokens) if form in text] == [], where


def test_no_token_goes_where_an_answer_points_to(world: World) -> None:
    world.submit()
    world.until_ready()
    with RunningSimulator() as other:
        elsewhere = {"location": f"{other.url}/api/v2/token", "count": 1}
        for operation in ("get_workload_v2_by_id", "update_workload_v2", "grant_token_v2"):
            world.run.add_fault("redirect", operation=operation, status=307, **elsewhere)
        world.submit(suspend=False, scheduling={"priority": "high"})
        world.run.revoke_tokens()
        world.until(lambda: not world.run.faults())
        world.until_ready()
        assert other.control.requests()["total"] == 0
