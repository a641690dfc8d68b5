"""Which of the machine's clocks answers."""

import time

from runai_operator.engine import BootClock


def test_the_boot_clock_counts_the_sleep_of_a_suspended_machine(monkeypatch):
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
    monkeypatch.setattr(time, "clock_gettime", lambda which: {7: 3600.0}[which])
    assert BootClock().monotonic() == 3600.0


def test_where_there_is_none_the_monotonic_one_answers(monkeypatch):
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(time, "clock_gettime", lambda which: {time.CLOCK_MONOTONIC: 60.0}[which])
    assert BootClock().monotonic() == 60.0
