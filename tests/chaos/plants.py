"""Faults that an operator might have: each changes one place of ours, for as long as a test lasts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.fleet.connection import LiveConnection
from runai_operator.fleet.tenancy import Tenancy
from runai_operator.kube.election import Elector
from runai_operator.runai import client
from runai_operator.runai.calls import Reply
from runai_operator.runai.requests import UpdateWorkload
from runai_operator.sync import act, decide, observe, reconcile, report
from runai_operator.sync.act import Actor
from runai_operator.sync.actions import Action, Claim, Create
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.observe import Observer
from runai_operator.sync.policies import submitting
from runai_operator.sync.policies.claiming import claim_before_the_first_write
from runai_operator.sync.policies.submitting import finish_what_is_being_recreated
from runai_operator.sync.remains import Remains
from runai_operator.sync.report import Report
from runai_operator.sync.situation import Gone, Leaving, Ownership, Situation
from runai_operator.sync.stamp import Owner, read_stamp
from tests.chaos.world import kubernetes
from tests.chaos.world.kubernetes import InMemoryKubernetes

NOT_FOUND = b'{"code": 404, "message": "no such workload"}'


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
    """And what is listed meanwhile is not held against it, which would keep it from doing harm."""

    def judge(call: Any, reply: Reply) -> Any:
        absent = reply.status >= 500 and not call.writes
        return real(call, replace(reply, status=404, body=NOT_FOUND) if absent else reply)

    real = client.judge
    patch.setattr(client, "judge", judge)
    patch.setattr(LiveConnection, "missed", lambda *_: True)


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

    patch.setattr(Remains, "had_finished", unfinished)


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


def posted_beside_what_is_leaving(patch: pytest.MonkeyPatch) -> None:
    def at_once(situation: Situation) -> Action | None:
        leaves = isinstance(situation.observed, Leaving) and situation.resource.replacing
        return Create() if leaves else finish_what_is_being_recreated(situation)

    rest = tuple(at_once if each is finish_what_is_being_recreated else each for each in decide.POLICIES)
    patch.setattr(decide, "POLICIES", rest)


def pinning_taken_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Tenancy, "approve", lambda *_: None)
    patch.setattr(Tenancy, "check", lambda self, rows: [self._pin(row.tenant_id or None) for row in rows])
    patch.setattr(observe, "of_another_tenant", lambda *_: None)
    patch.setattr(observe, "check_tenant", lambda view, _: view)


def restored_and_run_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(submitting, "_again_after_a_restore", lambda *_, **__: Claim())


def conditions_ahead(patch: pytest.MonkeyPatch) -> None:
    def ahead(*arguments: Any, **more: Any) -> Report:
        told = real(*arguments, **more)
        conditions = [
            each.model_copy(update={"observed_generation": each.observed_generation + 5})
            for each in told.status.conditions
        ]
        return replace(told, status=told.status.model_copy(update={"conditions": tuple(conditions)}))

    real = reconcile.report
    patch.setattr(reconcile, "report", ahead)


def end_of_the_run_before_is_told(patch: pytest.MonkeyPatch) -> None:
    def success(_: Situation, status: Any) -> Reason:
        return {"Completed": Reason.COMPLETED, "Failed": Reason.FAILED}.get(status.phase, Reason.NOT_FINISHED)

    patch.setattr(report, "_success", success)


def let_go_instead_of_deleted(patch: pytest.MonkeyPatch) -> None:
    async def release(self: Actor, situation: Situation, _: Reason) -> Any:
        return await self._release(situation)

    patch.setattr(Actor, "_delete", release)


def name_in_the_stamp_not_compared(patch: pytest.MonkeyPatch) -> None:
    def lenient(view: Any, owner: Owner, names: Any = None) -> Any:
        stamp = read_stamp(view.workload.raw_manifest or {})
        whose = replace(owner, name=stamp.owner.name) if stamp else owner
        return real(view, whose, names)

    real = observe.owned_by
    patch.setattr(observe, "owned_by", lenient)


def kept_values_overlooked(patch: pytest.MonkeyPatch) -> None:
    removed_field_not_sent(patch)
    patch.setattr(act, "kept_values", lambda *_: {})


def drift_never_corrected(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "may_correct", lambda *_: False)


def told_of_another_tenant_each_time(patch: pytest.MonkeyPatch) -> None:
    def approve(self: Tenancy, seen: str | None) -> None:
        self.foreign = None
        real(self, seen)

    real = Tenancy.approve
    patch.setattr(Tenancy, "approve", approve)
