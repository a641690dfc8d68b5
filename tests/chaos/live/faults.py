"""What can go wrong with real processes, each with its end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import invariants
from tests.chaos.invariants import Broken
from tests.chaos.live.proxy import Proxy
from tests.chaos.live.stage import Operator, Stage
from tests.control_plane.errors import ControlPlaneError
from tests.control_plane.processes import wait_until

ENDS_WITHIN = 30.0
SLOW = 2.0
End = Callable[[], list[Broken]]
"""Makes an end of a fault; tells what was broken by whoever comes back."""


@dataclass(frozen=True)
class Fault:
    """`begins` makes it, and gives what ends it; `lasts` so many seconds in between."""

    told: str
    lasts: float
    begins: Callable[[Stage], End]


def nothing() -> list[Broken]:
    return []


def all_faults(api_away: float, lasts: float) -> dict[str, Fault]:
    """By name. `lasts` seconds each, which is longer than a Lease; but for the API server, away for `api_away`."""
    return {
        "kill-leader": Fault("the leader is killed (SIGKILL)", 0, lambda stage: killed(stage.leader())),
        "kill-standby": Fault("the standby is killed (SIGKILL)", 0, lambda stage: killed(stage.standby())),
        "pause-leader": Fault(
            "the leader stands still (SIGSTOP), and wakes up",
            lasts,
            lambda stage: paused(stage.leader(), leads=True),
        ),
        "pause-standby": Fault(
            "the standby stands still, and wakes up",
            lasts,
            lambda stage: paused(stage.standby(), leads=False),
        ),
        "cut-leader": Fault("the leader's way to the API server is cut", lasts, leader_is_cut_off),
        "blind-leader": Fault("the leader's way to the API server swallows everything", lasts, leader_is_blind),
        "cut-runai": Fault("the leader's way to Run:ai is cut", lasts, lambda stage: cut(stage.leader().to_runai)),
        "swallow-runai": Fault(
            "the leader's way to Run:ai swallows everything", lasts, lambda stage: swallows(stage.leader().to_runai)
        ),
        "slow-runai": Fault(
            "the leader's way to Run:ai takes two seconds, there and back",
            lasts,
            lambda stage: slow(stage.leader().to_runai),
        ),
        "lost-answers": Fault("Run:ai carries out writes, and half the answers are lost", lasts, answers_are_lost),
        "revoke-tokens": Fault("all tokens are revoked", 0, tokens_are_revoked),
        "compact": Fault("the API server restarts, and etcd has forgotten what watches go by", 0, compacted),
        "api-away": Fault("the API server is away", api_away, api_server_is_away),
        "hand-over": Fault("the leader is asked to end (SIGTERM)", 0, handed_over),
    }


def killed(operator: Operator) -> End:
    operator.process.kill()
    return nothing


def paused(operator: Operator, *, leads: bool) -> End:
    """A leader that wakes up after another took over has to end, and to write nothing before it does."""
    operator.pause()

    def wakes_up() -> list[Broken]:
        since = time.monotonic()
        operator.resume()
        if not leads:
            return []
        try:
            wait_until(lambda: operator.process.pid is None, ENDS_WITHIN, operator.process.last_words)
        except ControlPlaneError as error:
            return [Broken("a paused leader that woke up did not end", str(error))]
        return invariants.never_a_write_after_the_lead_was_lost(operator.name, operator.wrote(since))

    return wakes_up


def leader_is_cut_off(stage: Stage) -> End:
    leader, holds_for = stage.leader(), stage.lease_duration()
    return without_the_lead(leader, cut(leader.to_api_server), since=time.monotonic() + holds_for)


def leader_is_blind(stage: Stage) -> End:
    leader, holds_for = stage.leader(), stage.lease_duration()
    return without_the_lead(leader, swallows(leader.to_api_server), since=time.monotonic() + holds_for)


def without_the_lead(operator: Operator, end: End, since: float) -> End:
    """Whoever cannot renew the Lease leads no more once it has run out, in the same process or in the next."""

    def ends() -> list[Broken]:
        sent = operator.wrote(since, time.monotonic())
        return [*invariants.never_a_write_after_the_lead_was_lost(operator.name, sent), *end()]

    return ends


def cut(way: Proxy) -> End:
    way.cut()
    return mended(way.mend)


def swallows(way: Proxy) -> End:
    way.swallow()
    return mended(way.mend)


def slow(way: Proxy) -> End:
    way.delay(SLOW)
    return mended(way.mend)


def answers_are_lost(stage: Stage) -> End:
    for method in ("POST", "PUT", "DELETE"):
        stage.runai.add_fault("cut", method=method, when="after", share=0.5)
    return mended(stage.runai.clear_faults)


def tokens_are_revoked(stage: Stage) -> End:
    stage.runai.revoke_tokens()
    return nothing


def compacted(stage: Stage) -> End:
    stage.plane.stop_apiserver()
    stage.plane.compact()
    return mended(stage.plane.start_apiserver)


def api_server_is_away(stage: Stage) -> End:
    stage.plane.stop_apiserver()
    return mended(stage.plane.start_apiserver)


def handed_over(stage: Stage) -> End:
    stage.leader().signal(signal.SIGTERM)
    return nothing


def mended(mend: Callable[[], None]) -> End:
    def end() -> list[Broken]:
        mend()
        return []

    return end
