"""Faults that an operator might have, each planted by changing one place of ours, and where the matrix catches it.

A harness that never fails proves nothing: tests/chaos/test_planted.py plants them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from runai_operator.kube.election import Elector
from runai_operator.runai import client
from runai_operator.runai.calls import Reply
from runai_operator.runai.requests import UpdateWorkload
from runai_operator.sync import decide, observe
from runai_operator.sync.act import Actor
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.observe import Observer
from runai_operator.sync.policies.claiming import claim_before_the_first_write
from runai_operator.sync.situation import Gone, Ownership
from tests.chaos.matrix.points import Point, points_of
from tests.chaos.matrix.telling import told
from tests.chaos.world import kubernetes
from tests.chaos.world.kubernetes import InMemoryKubernetes
from tests.chaos.world.line import Fate

Plant = Callable[[pytest.MonkeyPatch], None]
CREATE, DELETE, LOOK = "POST /api/v2/workloads", "DELETE /api/v2/workloads/", "GET /api/v2/workloads/"
STATUS = "status RunaiWorkload"
NOT_FOUND = b'{"code": 404, "message": "no such workload"}'


@dataclass(frozen=True)
class Planted:
    """`plant` changes the operator. It shows in `story`: by itself, or where calls that begin with `call` meet `fate`.
    `rule` is the invariant that tells."""

    name: str
    plant: Plant
    story: str
    rule: str
    call: str | None = None
    fate: Fate = Fate.ANSWERED
    dies: bool = False
    stopped: bool = False
    switches: str = "default"

    def points(self) -> Iterator[Point]:
        """Where it may show, by a rehearsal of the operator as it is now."""
        bare = Point(self.story, self.switches)
        if self.call is None:
            yield bare
            return
        calls = told(bare).calls
        for each in points_of(self.story, self.switches, calls, led=self.stopped):
            number, strike = each.strikes[0]
            how = (strike.fate, strike.dies, strike.stopped > 0)
            if calls[number].name.startswith(self.call) and how == (self.fate, self.dies, self.stopped):
                yield each


def claim_skipped(patch: pytest.MonkeyPatch) -> None:
    rest = tuple(each for each in decide.POLICIES if each is not claim_before_the_first_write)
    patch.setattr(decide, "POLICIES", rest)


def lookup_skipped_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    async def nothing_there(*_: Any) -> Gone:
        return Gone()

    patch.setattr(Observer, "_by_name", nothing_there)


def stamp_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(observe, "owned_by", lambda *_: (Ownership.OURS, ""))


def server_error_read_as_absent(patch: pytest.MonkeyPatch) -> None:
    def judge(call: Any, reply: Reply) -> Any:
        absent = reply.status >= 500 and not call.writes
        return real(call, replace(reply, status=404, body=NOT_FOUND) if absent else reply)

    real = client.judge
    patch.setattr(client, "judge", judge)


def role_not_asked_before_absence_is_believed(patch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any) -> Gone:
        return Gone()

    patch.setattr(Observer, "_gone", gone)


def finalizer_removed_before_gone(patch: pytest.MonkeyPatch) -> None:
    async def delete(self: Actor, situation: Any, reason: Any) -> Any:
        outcome = await real(self, situation, reason)
        return await self._release(situation) if situation.resource.deleting else outcome

    real = Actor._delete
    patch.setattr(Actor, "_delete", delete)


def released_inside_the_settle_window(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "create_uncertain_for", lambda *_: 0.0)


def uid_test_left_out(patch: pytest.MonkeyPatch) -> None:
    def without(body: Any, status: Any) -> Any:
        return [each for each in real(body, status) if each["path"] != "/metadata/uid"]

    real = kubernetes.status_patch
    patch.setattr(kubernetes, "status_patch", without)


def finished_workload_recreated(patch: pytest.MonkeyPatch) -> None:
    async def unfinished(*_: Any) -> bool:
        return False

    patch.setattr(Observer, "_had_finished", unfinished)


def lease_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Elector, "why_not", lambda _: None)


def removed_field_not_sent(patch: pytest.MonkeyPatch) -> None:
    def body(self: UpdateWorkload) -> Any:
        sent = real(self)
        return {**sent, "metadata": {key: value for key, value in sent["metadata"].items() if value is not None}}

    real = UpdateWorkload.body
    patch.setattr(UpdateWorkload, "body", body)


def crd_deletion_ignored(patch: pytest.MonkeyPatch) -> None:
    async def no(*_: Any) -> bool:
        return False

    patch.setattr(InMemoryKubernetes, "uninstalling", no)


PLANTED = (
    Planted(
        "claim skipped",
        claim_skipped,
        "create",
        "it did not converge",
        call=CREATE,
        fate=Fate.LOST,
        dies=True,
    ),
    Planted(
        "lookup skipped after a restart",
        lookup_skipped_after_a_restart,
        "create",
        "it did not converge",
        call=CREATE,
        dies=True,
    ),
    Planted(
        "stamp not compared",
        stamp_not_compared,
        "the-name-is-a-strangers",
        "a workload of somebody else's was written to",
    ),
    Planted(
        "5xx read as absent",
        server_error_read_as_absent,
        "delete",
        "a workload whose resource is gone",
        call=LOOK,
        fate=Fate.BROKEN,
    ),
    Planted(
        "404 under a shrunk role read as absent",
        role_not_asked_before_absence_is_believed,
        "delete-under-a-shrunk-role",
        "a workload whose resource is gone",
    ),
    Planted(
        "finalizer removed before Gone",
        finalizer_removed_before_gone,
        "delete",
        "a workload whose resource is gone",
        call=DELETE,
        fate=Fate.THROTTLED,
    ),
    Planted(
        "Release inside the settle window",
        released_inside_the_settle_window,
        "delete-while-submitting",
        "a workload whose resource is gone",
        call=CREATE,
        fate=Fate.LATE,
    ),
    Planted(
        "uid test left out of a status patch",
        uid_test_left_out,
        "a-namesake-comes",
        "observedGeneration is ahead",
        call=STATUS,
        fate=Fate.LATE,
    ),
    Planted(
        "finished workload recreated",
        finished_workload_recreated,
        "deleted-by-hand-when-finished",
        "a finished workload was run again uncalled",
    ),
    Planted(
        "lease not checked",
        lease_not_checked,
        "another-leads-while-creating",
        "a write by one who does not lead",
        call=CREATE,
        stopped=True,
    ),
    Planted(
        "removed field not sent",
        removed_field_not_sent,
        "take-a-field-away",
        "it did not converge",
        switches="put-merges",
    ),
    Planted(
        "CRD deletion ignored",
        crd_deletion_ignored,
        "uninstall",
        "it did not converge",
    ),
)
