import pytest

from runai_operator.engine.breaker import Breaker, BreakerLimits


def a_breaker(**limits) -> Breaker:
    return Breaker(BreakerLimits(**{"outages": 3, "first": 1, "longest": 4} | limits))


def an_open_one(now: float = 0) -> Breaker:
    breaker = a_breaker()
    for _ in range(3):
        breaker.failed(now, probe=False)
    return breaker


def test_it_opens_after_so_many_outages_in_a_row():
    breaker = a_breaker()
    assert breaker.is_open is False
    for outages in (1, 2):
        breaker.failed(0, probe=False)
        assert breaker.retry_in(0) == 0, outages
    breaker.failed(0, probe=False)
    assert breaker.is_open
    assert breaker.retry_in(0) == 1


def test_an_answer_in_between_starts_the_count_over():
    breaker = a_breaker()
    for _ in range(10):
        breaker.failed(0, probe=False)
        breaker.failed(0, probe=False)
        breaker.answered(probe=False)
    assert not breaker.is_open


def test_one_probe_at_a_time_after_the_delay():
    breaker = an_open_one(now=10)
    assert breaker.retry_in(10.4) == pytest.approx(0.6)
    assert breaker.retry_in(11) == 0
    assert breaker.let_in() is True
    assert breaker.retry_in(11) > 0


def test_an_answered_probe_closes_it_for_everybody():
    breaker = an_open_one()
    breaker.answered(probe=breaker.let_in())
    assert breaker.retry_in(0) == 0
    assert [breaker.let_in(), breaker.let_in()] == [False, False]


def test_failed_probes_double_the_delay_up_to_the_longest():
    breaker, now, delays = an_open_one(), 0.0, []
    for _ in range(4):
        delays.append(breaker.retry_in(now))
        now += delays[-1]
        breaker.failed(now, probe=breaker.let_in())
    assert delays == [1, 2, 4, 4]


def test_after_it_closed_the_delay_is_the_first_again():
    breaker = an_open_one()
    breaker.failed(1, probe=breaker.let_in())
    breaker.answered(probe=breaker.let_in())
    for _ in range(3):
        breaker.failed(10, probe=False)
    assert breaker.retry_in(10) == 1


def test_an_abandoned_probe_lets_another_one_try():
    breaker = an_open_one()
    breaker.abandoned(probe=breaker.let_in())
    assert breaker.retry_in(1) == 0
    assert breaker.let_in() is True


def test_news_from_before_it_opened_change_nothing():
    breaker = an_open_one()
    breaker.failed(0.5, probe=False)
    breaker.answered(probe=False)
    breaker.abandoned(probe=False)
    assert breaker.is_open
    assert breaker.retry_in(0.5) == 0.5
