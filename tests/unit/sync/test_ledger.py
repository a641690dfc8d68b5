import pytest

from runai_operator.sync.ledger import Entry, Ledger

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
    ledger.create_unanswered("a")
    assert ledger.create_uncertain_for("a") == WINDOW
    clock.time += WINDOW
    assert ledger.create_uncertain_for("a") == 0


def test_an_unanswered_create_of_an_unclean_one_counts_from_the_later(ledger, clock):
    clock.time += 60
    ledger.create_unanswered("a")
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
    ledger.note("a", clean=True, corrected="x")
    assert ledger.entry("b") == Entry()
    ledger.forget("a")
    ledger.forget("never seen")
    assert ledger.entry("a") == Entry()


def test_noting_one_thing_leaves_the_others(ledger):
    ledger.note("a", clean=True)
    ledger.note("a", corrected="x")
    assert ledger.entry("a") == Entry(clean=True, corrected="x")
