import pytest

from runai_operator.sync.ledger import HOUR, MOST_CORRECTIONS, Entry, Ledger
from tests.unit.sync.builders import a_claim

WINDOW = 90.0


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(clock):
    return Ledger(window=WINDOW, now=clock)


def create(ledger, claim=None):
    """One that gets no answer."""
    with ledger.creating("a", claim or a_claim()):
        pass


def test_after_a_start_absence_of_what_others_claimed_means_nothing_until_the_window_is_over(ledger, clock):
    assert ledger.create_uncertain_for("a") == WINDOW
    clock.time += 89
    assert ledger.create_uncertain_for("a") == 1
    clock.time += 1
    assert ledger.create_uncertain_for("a") == 0


def test_a_claim_of_this_very_process_needs_no_waiting(ledger):
    ledger.note("a", clean=True)
    assert ledger.create_uncertain_for("a") == 0


def test_an_unanswered_create_opens_the_window_anew(ledger, clock):
    ledger.note("a", clean=True)
    clock.time += 500
    create(ledger)
    assert ledger.create_uncertain_for("a") == WINDOW
    clock.time += WINDOW
    assert ledger.create_uncertain_for("a") == 0


def test_the_window_of_a_create_counts_from_its_end_however_it_ends(ledger, clock):
    def answers_never():
        with ledger.creating("a", a_claim()):
            assert ledger.create_uncertain_for("a") == WINDOW
            clock.time += 10
            raise TimeoutError

    ledger.first_claim("a")
    with pytest.raises(TimeoutError):
        answers_never()
    assert ledger.create_uncertain_for("a") == WINDOW


def test_an_unanswered_create_of_an_unclean_one_counts_from_the_later(ledger, clock):
    clock.time += 60
    create(ledger)
    clock.time += 40
    assert ledger.create_uncertain_for("a") == 50


def test_a_restart_forgets_what_was_clean_and_waits_again(ledger, clock):
    ledger.note("a", clean=True)
    clock.time += 1000
    assert Ledger(window=WINDOW, now=clock).create_uncertain_for("a") == WINDOW


def test_an_unanswered_update_is_uncertain_for_the_window_and_says_nothing_about_creates(ledger, clock):
    ledger.note("a", clean=True)
    assert ledger.update_uncertain_for("a") == 0
    ledger.update_unanswered("a")
    assert ledger.update_uncertain_for("a") == WINDOW
    assert ledger.create_uncertain_for("a") == 0
    clock.time += WINDOW + 1
    assert ledger.update_uncertain_for("a") == 0


def test_a_state_is_held_since_it_began_and_another_begins_anew(ledger, clock):
    assert ledger.held("a", "Rejected") == 0
    clock.time += 10
    assert ledger.held("a", "Rejected") == 10
    assert ledger.held("a", "Applying") == 0
    clock.time += 5
    assert ledger.held("a", "Rejected") == 0


def test_resources_do_not_share_an_entry_and_one_can_be_forgotten(ledger):
    ledger.note("a", clean=True, merges=True)
    assert ledger.entry("b") == Entry()
    ledger.forget("a")
    ledger.forget("never seen")
    assert ledger.entry("a") == Entry()


def test_noting_one_thing_leaves_the_others(ledger):
    ledger.note("a", clean=True)
    ledger.note("a", merges=True)
    assert ledger.entry("a") == Entry(clean=True, merges=True)


def test_what_an_earlier_process_told_to_be_open_stays_so_for_the_window(ledger, clock):
    assert ledger.update_uncertain_for("a", told=True) == WINDOW
    clock.time += WINDOW
    assert ledger.update_uncertain_for("a", told=True) == 0


def test_what_a_create_went_by_is_kept_until_it_is_refused_or_another_run_is_claimed(ledger, clock):
    assert ledger.last_claim("a") is None
    create(ledger)
    clock.time += 10 * WINDOW
    ledger.recorded("a")
    assert (ledger.last_claim("a"), ledger.may_have_sent("a")) == (a_claim(), True)
    ledger.fresh_run("a")
    assert (ledger.last_claim("a"), ledger.may_have_sent("a")) == (None, False)
    create(ledger)
    ledger.create_refused("a")
    assert (ledger.last_claim("a"), ledger.may_have_sent("a")) == (None, False)


def test_another_run_that_is_claimed_ends_no_doubt_about_the_one_before(ledger, clock):
    clock.time += 60
    ledger.fresh_run("a")
    assert ledger.create_uncertain_for("a") == 30
    clock.time += 30
    assert not ledger.may_be_replaced("a")


def test_what_an_earlier_process_claimed_is_remembered_as_it_was_first_found(ledger):
    ledger.may_have_sent_by("a", a_claim(rerun_at="1"))
    ledger.may_have_sent_by("a", a_claim(workload_name="forged"))
    assert ledger.last_claim("a") == a_claim(rerun_at="1")
    ledger.may_have_sent_by("a", a_claim(rerun_at="2"))
    assert ledger.last_claim("a") == a_claim(rerun_at="2")


def test_what_this_process_claimed_first_was_sent_by_nobody_else(ledger):
    ledger.first_claim("a")
    ledger.may_have_sent_by("a", a_claim())
    assert ledger.last_claim("a") is None


def test_what_is_seen_live_is_replaced_by_nothing(ledger):
    assert ledger.may_be_replaced("a")
    ledger.nothing_replaces("a")
    assert not ledger.may_be_replaced("a")
    create(ledger)
    assert ledger.may_be_replaced("a")


def test_the_longer_a_create_is_waited_for_the_rarer_it_is_looked_up(ledger, clock):
    ledger.first_claim("a")
    assert ledger.create_looked_up_after("a") is None
    create(ledger)
    waits = []
    while (after := ledger.create_looked_up_after("a")) is not None:
        waits.append(after)
        clock.time += after
    assert waits == [5, 5, 10, 20, 30, 20]


def test_an_update_that_does_not_show_is_waited_for_the_longer_the_more_often_it_was_made(ledger, clock):
    assert not ledger.put_lately("a", "x")
    for waits in (1, 2, 4, 8, 16, 32, 32):
        ledger.put("a", "x")
        clock.time += waits * WINDOW - 1
        assert ledger.put_lately("a", "x")
        assert not ledger.put_lately("a", "y")
        clock.time += 1
        assert not ledger.put_lately("a", "x")
    ledger.put("a", "y")
    clock.time += WINDOW
    assert not ledger.put_lately("a", "y")


def test_drift_is_corrected_once_until_it_was_seen_in_order(ledger):
    assert ledger.may_correct("a", ["/x"])
    ledger.corrected("a", ["/x"])
    assert not ledger.may_correct("a", ["/x"])
    assert ledger.may_correct("a", ["/x", "/y"])
    ledger.seen_different("a", ["/x"])
    assert not ledger.may_correct("a", ["/x"])
    ledger.seen_different("a", [])
    assert ledger.may_correct("a", ["/x"])


def test_whoever_edits_again_and_again_is_given_in_to_for_a_while(ledger, clock):
    for _ in range(MOST_CORRECTIONS):
        assert ledger.may_correct("a", ["/x"])
        ledger.corrected("a", ["/x"])
        ledger.seen_different("a", [])
    assert not ledger.may_correct("a", ["/x"])
    clock.time += HOUR
    assert ledger.may_correct("a", ["/x"])


def test_another_submission_forgets_what_was_tried(ledger):
    ledger.corrected("a", ["/x"])
    ledger.begin_anew("a")
    assert ledger.may_correct("a", ["/x"])


def test_what_was_asked_of_runai_is_remembered_for_a_minute(ledger, clock):
    assert ledger.asked_lately("a") is None
    ledger.asked("a", suspend=False)
    assert ledger.asked_lately("a") is False
    clock.time += 60
    assert ledger.asked_lately("a") is None
