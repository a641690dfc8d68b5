"""What a snapshot makes of readings."""

import pytest

from runai_operator.fleet.snapshot import Snapshot
from runai_operator.runai.models import PendingSchedulingMessage, WorkloadDetailed
from tests.unit.fleet.fakes import NOON, a_row


def test_only_what_says_something_new_is_reported() -> None:
    snapshot = Snapshot()
    assert snapshot.learn([a_row("a"), a_row("b")]) == {"a", "b"}
    assert snapshot.learn([a_row("a"), a_row("b", "Completed", minute=1)]) == {"b"}


def test_what_was_read_by_id_is_no_news_when_it_is_listed() -> None:
    snapshot = Snapshot()
    row = a_row("a")
    message = PendingSchedulingMessage(reason="no quota")
    snapshot.learn([WorkloadDetailed(**row.__dict__, pending_scheduling_messages=(message,))])
    assert snapshot.learn([row]) == set()


def test_a_reading_never_goes_back_in_time() -> None:
    snapshot = Snapshot()
    snapshot.learn([a_row("a", "Completed", minute=5)])
    assert snapshot.learn([a_row("a", "Running", minute=1)]) == set()
    row = snapshot.row("a")
    assert row is not None
    assert row.phase == "Completed"


def test_what_a_sweep_did_not_show_is_missing() -> None:
    snapshot = Snapshot()
    snapshot.learn([a_row("a"), a_row("b")])
    snapshot.begin_sweep()
    snapshot.learn([a_row("a")])
    assert snapshot.end_sweep({"a"}) == {"b"}
    assert snapshot.row("b") is None


def test_what_was_learned_during_a_sweep_is_not_missing_from_it() -> None:
    snapshot = Snapshot()
    snapshot.begin_sweep()
    snapshot.learn([a_row("created-meanwhile")])
    assert snapshot.end_sweep(set()) == set()
    assert snapshot.row("created-meanwhile") is not None


def test_what_we_wrote_to_says_nothing_any_more() -> None:
    snapshot = Snapshot()
    snapshot.learn([a_row("a")])
    snapshot.forget("a")
    assert snapshot.row("a") is None


def test_the_watermark_is_the_newest_change_by_the_servers_time() -> None:
    snapshot = Snapshot()
    snapshot.learn([a_row("a", minute=7), a_row("b", minute=3)])
    assert snapshot.watermark is not None
    assert (snapshot.watermark - NOON).seconds == 7 * 60


def test_workloads_are_counted_by_phase() -> None:
    snapshot = Snapshot()
    snapshot.learn([a_row("a"), a_row("b"), a_row("c", "Pending")])
    assert snapshot.phases() == {"Running": 2, "Pending": 1}


def test_it_holds_no_more_rows_than_the_largest_fleet_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runai_operator.fleet.snapshot.MOST_ROWS", 3)
    snapshot = Snapshot()
    assert snapshot.learn([a_row(str(number)) for number in range(5)]) == {"0", "1", "2"}
    assert snapshot.learn([a_row("1", "Failed", minute=1)]) == {"1"}, "what is held still moves"
    assert len(snapshot) == 3
