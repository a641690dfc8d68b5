"""How many may vanish at once, and what becomes of more."""

import pytest

from runai_operator.fleet.absence import Absence, Expected, is_massive


def ids(count: int, prefix: str = "w") -> frozenset[str]:
    return frozenset(f"{prefix}-{number}" for number in range(count))


def expecting(counting: frozenset[str], *, leaving: frozenset[str] = frozenset()) -> Expected:
    return Expected(counting=counting, held=counting | leaving)


@pytest.mark.parametrize(
    ("missing", "of", "massive"),
    [(10, 12, False), (11, 12, True), (10, 200, False), (11, 200, True), (50, 1000, False), (51, 1000, True)],
)
def test_more_than_ten_and_more_than_a_twentieth_are_too_many(missing: int, of: int, massive: bool) -> None:
    assert is_massive(missing, of) is massive


def test_a_few_that_vanish_are_no_matter() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(90))
    assert absence.message() is None


def test_many_that_vanish_are_told_with_how_many_and_of_how_many() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(60))
    assert "40 of 100" in (absence.message() or "")
    assert "confirm-absence" in (absence.message() or "")
    assert "w-" not in (absence.message() or ""), "other namespaces read this"
    assert absence.examples().count("w-") == 3


def test_the_first_sweep_of_a_process_counts_like_any_other() -> None:
    absence = Absence()
    absence.swept(expecting(ids(50)), set())
    assert absence.missing == ids(50)


def test_it_ends_with_the_last_that_is_listed_again_and_not_before() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(60))
    absence.swept(expecting(ids(100)), ids(99))
    assert absence.missing == {"w-99"}
    absence.swept(expecting(ids(100)), ids(100))
    assert not absence.massive


def test_what_vanishes_meanwhile_is_missing_too() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(60))
    absence.swept(expecting(ids(100)), ids(99) - {"w-0"})
    assert absence.missing == {"w-0", "w-99"}
    absence.swept(expecting(ids(100)), ids(100))
    assert not absence.massive


def test_what_we_deleted_ourselves_does_not_count() -> None:
    absence = Absence()
    for workload_id in ids(40):
        absence.deleted(workload_id)
    absence.swept(expecting(ids(100)), ids(100) - ids(40))
    assert not absence.massive


def test_what_is_being_deleted_does_not_make_it_massive() -> None:
    absence = Absence()
    absence.swept(expecting(ids(10), leaving=ids(90, "leaving")), ids(10))
    assert not absence.massive


def test_deleting_the_resources_of_what_is_missing_is_no_way_round() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(80))
    absence.swept(expecting(ids(80), leaving=ids(100) - ids(80)), ids(80))
    assert absence.massive


def test_resources_that_are_gone_are_missed_no_more() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(80))
    absence.swept(expecting(ids(80)), ids(80))
    assert not absence.massive


def test_a_person_confirms_what_is_missing_once() -> None:
    absence = Absence()
    absence.swept(expecting(ids(100)), ids(80))
    assert absence.confirm() == ids(100) - ids(80)
    assert not absence.massive
    absence.swept(expecting(ids(100)), ids(80))
    assert not absence.massive, "what is gone indeed is gone with the next sweep too"
    absence.swept(expecting(ids(100)), ids(60))
    assert absence.missing == ids(80) - ids(60), "other ones need another word"


def test_one_that_was_told_before_a_restart_goes_on_however_few_are_left_of_it() -> None:
    few, leaving = ids(3), ids(30, "leaving")
    restarted = Absence(told=True)
    restarted.swept(expecting(few, leaving=leaving), {"w-0"})
    assert restarted.missing == (few | leaving) - {"w-0"}
    over = Absence(told=True)
    over.swept(expecting(few), few)
    assert not over.massive
