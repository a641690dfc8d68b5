import pytest
from hypothesis import given
from hypothesis import strategies as st

from runai_operator.engine import Backoff

BOUNDS = [
    (1, (0, 1)),
    (2, (0, 2)),
    (3, (6, 6)),
    (4, (6, 8)),
    (5, (6, 16)),
    (9, (6, 256)),
    (10, (6, 300)),
    (99, (6, 300)),
]


@pytest.mark.parametrize(("failures", "bounds"), BOUNDS)
def test_bounds_double_up_to_five_minutes(failures, bounds):
    assert Backoff().bounds(failures) == bounds


@pytest.mark.parametrize(("random", "delays"), [(0.0, [0, 0, 6, 6, 6]), (0.5, [0.5, 1, 6, 7, 11])])
def test_delays_lie_between_the_bounds_where_chance_says(random, delays):
    backoff = Backoff(random=lambda: random)
    assert [backoff.next("key") for _ in delays] == delays


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=30, max_size=30))
def test_a_key_is_tried_at_most_twelve_times_in_any_minute_whatever_chance_says(chances):
    chance = iter(chances)
    backoff = Backoff(random=lambda: next(chance))
    tries = [0.0]
    for _ in chances:
        tries.append(tries[-1] + backoff.next("key"))
    assert all(sum(start <= time < start + 60 for time in tries) <= 12 for start in tries)


def test_success_starts_over_for_that_key_alone():
    backoff = Backoff(random=lambda: 0.5)
    for key in ("a", "b"):
        for _ in range(5):
            backoff.next(key)
    backoff.reset("a")
    backoff.reset("never-failed")
    assert (backoff.failures("a"), backoff.failures("b")) == (0, 5)
    assert (backoff.next("a"), backoff.next("b")) == (0.5, 19)


def test_memory_is_bounded_and_the_key_that_failed_longest_ago_goes_first():
    backoff = Backoff(capacity=3)
    for key in ("a", "b", "c", "a", "d"):
        backoff.next(key)
    assert backoff.failing() == 3
    assert [backoff.failures(key) for key in "abcd"] == [2, 0, 1, 1]
