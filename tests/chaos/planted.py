"""Where the matrix catches each of the faults of tests/chaos/plants.py, and by which rule.

A harness that never fails proves nothing: tests/chaos/test_planted.py plants them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.chaos import plants
from tests.chaos.matrix.points import Point, points_of
from tests.chaos.matrix.telling import told
from tests.chaos.world.line import Fate

Plant = Callable[[pytest.MonkeyPatch], None]
CREATE, DELETE, LOOK = "POST /api/v2/workloads", "DELETE /api/v2/workloads/", "GET /api/v2/workloads/"
STATUS = "status RunaiWorkload"


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


PLANTED = (
    Planted(
        "claim skipped",
        plants.claim_skipped,
        "create",
        "it did not converge",
        call=CREATE,
        fate=Fate.LOST,
        dies=True,
    ),
    Planted(
        "lookup skipped after a restart",
        plants.lookup_skipped_after_a_restart,
        "create",
        "it did not converge",
        call=CREATE,
        dies=True,
    ),
    Planted(
        "stamp not compared",
        plants.stamp_not_compared,
        "the-name-is-a-strangers",
        "a workload of somebody else's was written to",
    ),
    Planted(
        "5xx read as absent",
        plants.server_error_read_as_absent,
        "delete",
        "a workload whose resource is gone",
        call=LOOK,
        fate=Fate.BROKEN,
    ),
    Planted(
        "404 under a shrunk role read as absent",
        plants.role_not_asked_before_absence_is_believed,
        "delete-under-a-shrunk-role",
        "a workload whose resource is gone",
    ),
    Planted(
        "finalizer removed before Gone",
        plants.finalizer_removed_before_gone,
        "delete",
        "a workload whose resource is gone",
        call=DELETE,
        fate=Fate.THROTTLED,
    ),
    Planted(
        "Release inside the settle window",
        plants.released_inside_the_settle_window,
        "delete-while-submitting",
        "a workload whose resource is gone",
        call=CREATE,
        fate=Fate.LATE,
    ),
    Planted(
        "uid test left out of a status patch",
        plants.uid_test_left_out,
        "a-namesake-comes",
        "observedGeneration is ahead",
        call=STATUS,
        fate=Fate.LATE,
    ),
    Planted(
        "finished workload recreated",
        plants.finished_workload_recreated,
        "deleted-by-hand-when-finished",
        "a finished workload was run again uncalled",
    ),
    Planted(
        "lease not checked",
        plants.lease_not_checked,
        "another-leads-while-creating",
        "a write by one who does not lead",
        call=CREATE,
        stopped=True,
    ),
    Planted(
        "removed field not sent",
        plants.removed_field_not_sent,
        "take-a-field-away",
        "it did not converge",
        switches="put-merges",
    ),
    Planted(
        "submitted beside what is leaving",
        plants.posted_beside_what_is_leaving,
        "rerun",
        "a workload beside one that is not gone",
        switches="conflict-only-with-live",
    ),
    Planted(
        "pinning taken out, and gone without a trace",
        plants.pinning_taken_out,
        "delete-under-another-tenant",
        "a workload whose resource is gone",
    ),
    Planted(
        "pinning taken out, and submitted elsewhere",
        plants.pinning_taken_out,
        "another-tenant-for-a-while",
        "another tenant was written to",
    ),
    Planted(
        "a loop under credentials of another tenant",
        plants.told_of_another_tenant_each_time,
        "delete-under-another-tenant",
        "a hot loop",
    ),
    Planted(
        "a restore runs what had finished",
        plants.restored_and_run_again,
        "restore-what-finished-and-went",
        "a finished workload was run again uncalled",
    ),
    Planted(
        "conditions ahead of their generation",
        plants.conditions_ahead,
        "create",
        "observedGeneration is ahead",
    ),
    Planted(
        "the end of the run before is told",
        plants.end_of_the_run_before_is_told,
        "recreate-what-finished",
        "Succeeded is told of another run than was asked for",
    ),
    Planted(
        "what was taken back is let go of",
        plants.let_go_instead_of_deleted,
        "orphan-and-create-again",
        "a workload whose resource is gone",
    ),
    Planted(
        "what was adopted is let go of",
        plants.let_go_instead_of_deleted,
        "delete-what-was-adopted",
        "a workload whose resource is gone",
    ),
    Planted(
        "name in the stamp not compared",
        plants.name_in_the_stamp_not_compared,
        "two-want-one-name",
        "one workload for two resources",
    ),
    Planted(
        "kept value overlooked",
        plants.kept_values_overlooked,
        "take-a-field-away",
        "Synced=True of a workload that differs",
        switches="put-merges",
    ),
    Planted(
        "drift never corrected",
        plants.drift_never_corrected,
        "edited-by-hand",
        "it did not converge",
        switches="null-is-ignored",
    ),
    Planted(
        "CRD deletion ignored",
        plants.crd_deletion_ignored,
        "uninstall",
        "it did not converge",
    ),
)
