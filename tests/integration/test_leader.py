"""Two operators on one cluster: one works, the other waits; whatever becomes of the one, nothing is written twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.world import OperatorProcess, World

STOPPED = Path(__file__).with_name("stopped.py")
TIMES = {"lease_duration": 12, "renew_deadline": 9, "retry_period": 0.5}
"""A machine that is busy with other tests may hold a process up for seconds."""
FAILOVER = 60.0
"""Seconds for the Lease to expire, with patience."""


class Pair:
    """Two operators in one world; `lead` is started first."""

    def __init__(self, world: World, **settings: object) -> None:
        settings = TIMES | settings
        self.world = world.with_settings(**settings)
        self.lead = self.world.operator
        folder = world.folder / "second"
        folder.mkdir()
        self.second = OperatorProcess(world.control_plane, folder, world.namespace, **settings)

    def start(self, *command: str | Path) -> Pair:
        """Connected, with the first of them leading and the second standing by."""
        self.world.secret()
        self.world.connect()
        self.lead.start(*command)
        self.world.until(lambda: leads(self.lead))
        self.second.start()
        self.world.until(lambda: "standing by" in self.second.log())
        return self

    def end(self) -> None:
        for operator in (self.lead, self.second):
            if operator.running:
                operator.kill()

    def until_second_leads(self) -> None:
        self.world.until(lambda: leads(self.second), within=FAILOVER)

    def until_lead_ended(self) -> int:
        self.world.until(lambda: not self.lead.running, within=FAILOVER)
        code = self.lead.exit_code()
        assert code is not None
        return code


def leads(operator: OperatorProcess) -> bool:
    return "leading as" in operator.log()


def ask(operator: OperatorProcess, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{operator.probe_port()}{path}", trust_env=False, timeout=10)


def leading(operator: OperatorProcess) -> str:
    """What its metrics say."""
    return ask(operator, "/metrics").text.partition("\nrunai_operator_leading ")[2].partition("\n")[0]


def lease(world: World) -> dict[str, Any]:
    return dict(world.kubectl.json("get", "lease", "runai-operator", namespace=world.namespace)["spec"])


@pytest.fixture
def pair(bare_world: World) -> Iterator[Pair]:
    both = Pair(bare_world)
    yield both
    both.end()


def test_a_standby_is_ready_and_neither_watches_nor_polls(pair: Pair) -> None:
    pair.start()
    pair.world.submit()
    pair.world.until_ready()
    pair.world.polls(3)
    assert ask(pair.second, "/livez").status_code == 200
    assert ask(pair.second, "/readyz").status_code == 200
    assert (leading(pair.lead), leading(pair.second)) == ("1.0", "0.0")
    assert "runai_operator_runai_requests_total{" not in ask(pair.second, "/metrics").text
    assert "kopf" not in pair.second.log()
    assert pair.second.stop() == 0
    assert pair.lead.running


def test_stopped_in_peace_the_leader_hands_over_at_once(bare_world: World) -> None:
    """With a Lease that would take longer to expire than this test waits."""
    both = Pair(bare_world, lease_duration=600, renew_deadline=300)
    try:
        both.start()
        both.world.submit("before")
        both.world.until_ready("before")
        assert both.lead.stop() == 0
        both.until_second_leads()
        assert lease(both.world)["leaseTransitions"] == 1
        both.world.submit("after")
        both.world.until_ready("after")
        assert leading(both.second) == "1.0"
    finally:
        both.end()


def test_killed_the_leader_is_followed_once_its_lease_expired(pair: Pair) -> None:
    pair.start()
    pair.world.submit("before")
    pair.world.until_ready("before")
    pair.lead.kill()
    pair.world.submit("after")
    pair.until_second_leads()
    pair.world.until_ready("after")
    pair.world.submit("before", scheduling={"priority": "high"})
    pair.world.until_ready("before")
    assert {len(pair.world.run.workloads(name)) for name in ("before", "after")} == {1}


def test_a_leader_that_was_stopped_right_before_a_write_does_not_send_it_when_it_wakes_up(pair: Pair) -> None:
    pair.start(sys.executable, STOPPED)
    pair.world.submit()
    pair.until_second_leads()
    pair.world.until_ready()
    written, versions = pair.world.run.writes(), pair.world.get()["metadata"]["resourceVersion"]
    pair.lead.resume()
    assert pair.until_lead_ended() == 1
    assert f"{pair.world.namespace}/trainer failed, it will be tried again: the Lease was last" in pair.lead.log()
    assert "leading no more" in pair.lead.log()
    assert pair.world.run.writes() == written
    assert pair.world.get()["metadata"]["resourceVersion"] == versions
    assert len(pair.world.run.workloads("trainer")) == 1


def test_a_leader_that_was_paused_wakes_up_and_ends_without_a_write(pair: Pair) -> None:
    pair.start()
    pair.world.submit()
    pair.world.until_ready()
    pair.lead.pause()
    pair.until_second_leads()
    pair.world.submit(scheduling={"priority": "high"})
    pair.world.submit("another")
    for name in ("trainer", "another"):
        pair.world.until_ready(name)
    written, patches = pair.world.run.writes(), len(pair.world.operator_patches())
    pair.lead.resume()
    assert pair.until_lead_ended() == 1
    assert pair.world.run.writes() == written
    assert len(pair.world.operator_patches()) == patches
    assert pair.second.running


def test_the_api_server_away_for_longer_than_the_deadline_ends_the_leader(pair: Pair) -> None:
    pair.start()
    pair.world.submit()
    pair.world.until_ready()
    pair.world.control_plane.stop_apiserver()
    try:
        assert pair.until_lead_ended() == 1
    finally:
        pair.world.control_plane.start_apiserver()
    (why,) = [line["message"] for line in pair.lead.lines() if line["level"] == "critical"]
    assert "the Lease was last renewed" in why
    assert "Traceback" not in pair.lead.log()
    pair.until_second_leads()
    pair.world.submit("after")
    pair.world.until_ready("after")
    assert len(pair.world.run.workloads("trainer")) == 1
