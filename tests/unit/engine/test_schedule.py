from hypothesis import given
from hypothesis import strategies as st

from runai_operator.engine.schedule import SLACK, Schedule


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20)), max_size=300))
def test_keys_surface_in_the_order_of_the_time_set_last(puts):
    schedule, due = Schedule(), {}
    for key, time in puts:
        schedule.put(key, time)
        due[key] = time
    surfaced = []
    while (key := schedule.pop_due(20)) is not None:
        surfaced.append(key)
    assert sorted(surfaced) == sorted(due)
    assert [due[key] for key in surfaced] == sorted(due.values())


def test_what_is_not_due_stays():
    schedule = Schedule()
    schedule.put("a", 10)
    assert schedule.pop_due(9.9) is None
    assert "a" in schedule
    assert schedule.pop_due(10) == "a"
    assert "a" not in schedule


def test_a_removed_key_does_not_surface():
    schedule = Schedule()
    schedule.put("a", 1)
    schedule.put("b", 2)
    schedule.remove("a")
    assert schedule.next_due() == 2
    assert len(schedule) == 1


def test_superseded_entries_stay_within_twice_the_keys():
    schedule = Schedule()
    for number in range(10_000):
        schedule.put(number % 100, 20_000 - number)
        assert len(schedule._heap) <= 2 * len(schedule) + SLACK
