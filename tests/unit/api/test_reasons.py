from collections import Counter
from typing import get_args

import pytest

from runai_operator.api.reason_table import ROWS
from runai_operator.api.reasons import Reason
from runai_operator.api.rows import Retry, Row, RowCondition
from tests.unit.api.kstatus import kstatus

OF_A_CONNECTION_ALONE = {
    Reason.CONNECTED,
    Reason.SECRET_NOT_FOUND,
    Reason.SECRET_KEY_MISSING,
    Reason.CA_BUNDLE_NOT_FOUND,
    Reason.CREDENTIALS_REJECTED,
    Reason.TENANT_CHANGED,
    Reason.NOT_RUNAI,
    Reason.UNREACHABLE,
}
NEVER_IN_READY = {Reason.SYNCED, Reason.DRIFTED, Reason.SERVER_DIFFERS, Reason.NOT_FINISHED}
OF_A_WORKLOAD = set(Reason) - OF_A_CONNECTION_ALONE

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.condition}-{row.reason}")
ready_rows = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.condition in ("Ready", "Connection Ready")], ids=lambda row: row.reason
)


def test_every_reason_has_a_row():
    assert {each.reason for each in ROWS} == set(Reason)


def test_no_reason_has_two_rows_in_one_condition():
    assert max(Counter((each.condition, each.reason) for each in ROWS).values()) == 1


def test_every_reason_of_a_workload_but_those_of_one_condition_is_told_in_ready():
    assert {each.reason for each in ROWS if each.condition == "Ready"} == OF_A_WORKLOAD - NEVER_IN_READY


def test_only_what_completed_or_failed_says_how_it_ended():
    told = {each.reason: each.status for each in ROWS if each.condition == "Succeeded"}
    assert told == {Reason.COMPLETED: "True", Reason.FAILED: "False", Reason.NOT_FINISHED: "Unknown"}


@every_row
def test_advice_is_one_sentence(row: Row):
    assert row.advice[0].isupper()
    assert row.advice.endswith(".")
    assert ". " not in row.advice
    assert "|" not in row.advice


@every_row
def test_only_what_can_stall_ends_as_failed(row: Row):
    assert (row.stalled_after is not None) == (row.kstatus == "Failed") == (row.argo == "Degraded")


@every_row
def test_what_is_not_as_it_should_be_is_looked_at_again(row: Row):
    assert (row.retry == Retry.NONE) == (row.status == "True")


@ready_rows
def test_kstatus_computes_what_the_row_says(row: Row):
    conditions = [{"type": "Ready", "status": row.status}]
    if row.stalled_after is not None:
        conditions.append({"type": "Stalled", "status": "True"})
    metadata = {"deletionTimestamp": "2026-11-21T14:00:00Z"} if row.kstatus == "Terminating" else {}
    assert kstatus({"metadata": metadata, "status": {"conditions": conditions}}) == row.kstatus


@ready_rows
def test_ready_is_true_exactly_where_kstatus_is_current(row: Row):
    assert (row.status == "True") == (row.kstatus == "Current")


def test_every_condition_has_rows():
    assert {each.condition for each in ROWS} == set(get_args(RowCondition))
