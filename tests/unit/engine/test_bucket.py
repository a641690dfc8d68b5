import pytest
from hypothesis import given
from hypothesis import strategies as st

from runai_operator.engine.bucket import TokenBucket


def test_a_burst_goes_through_at_once_and_then_one_each_interval():
    bucket = TokenBucket(rate=2, burst=3, now=0)
    now, times = 0.0, []
    for _ in range(5):
        now += bucket.delay(now)
        bucket.take(now)
        times.append(now)
    assert times == pytest.approx([0, 0, 0, 0.5, 1.0])


def test_idle_time_fills_it_no_higher_than_the_burst():
    bucket = TokenBucket(rate=10, burst=2, now=0)
    for _ in range(2):
        bucket.take(1000)
    assert bucket.delay(1000) == pytest.approx(0.1)


@given(st.floats(0.1, 1000), st.floats(1, 50), st.lists(st.floats(0, 5), max_size=60))
def test_never_more_than_burst_plus_rate_times_the_time(rate, burst, pauses):
    bucket, now = TokenBucket(rate=rate, burst=burst, now=0), 0.0
    for taken, pause in enumerate(pauses, start=1):
        now += pause
        now += bucket.delay(now)
        bucket.take(now)
        assert taken <= burst + rate * now + 1e-6
