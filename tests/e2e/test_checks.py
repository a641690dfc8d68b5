"""That a check can fail, and what its failing does."""

import subprocess

import httpx
import pytest

from tests.control_plane import ControlPlaneError, KubectlFailed
from tests.e2e.checks import Checks, CommandFailed


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def checks(told: list[str]) -> Checks:
    return Checks(told.append)


def test_what_is_as_wanted_passes(checks: Checks, told: list[str]) -> None:
    with checks.chapter("one"):
        checks.equal("two and two", 2 + 2, 4)
        checks.eventually("it comes", iter([False, False, True]).__next__)
        checks.stays("it is steady", lambda: 1, 1, seconds=0.01)
    assert (checks.passed, checks.failed) == (3, [])
    assert told[1] == "PASS two and two"


@pytest.mark.parametrize("found", [None, 5, "4"])
def test_what_is_not_as_wanted_fails_and_ends_its_chapter(checks: Checks, told: list[str], found: object) -> None:
    with checks.chapter("one"):
        checks.equal("two and two", found, 4)
        checks.equal("never reached", 1, 2)
    assert (checks.passed, checks.failed) == (0, ["two and two"])
    assert f"FAIL two and two: found {found!r}, wanted 4" in told


def test_what_does_not_come_in_time_fails_and_tells_what_was_there(checks: Checks, told: list[str]) -> None:
    with checks.chapter("one"):
        checks.eventually("health", lambda: "Progressing", "Healthy", within=0)
    assert checks.failed == ["health"]
    assert "found 'Progressing', wanted 'Healthy'" in told[1]


def test_what_changes_only_once_was_not_steady(checks: Checks) -> None:
    answers = iter([1, 1, 2])
    with checks.chapter("one"):
        checks.stays("syncs", lambda: next(answers, 1), 1, seconds=5)
    assert checks.failed == ["syncs"]


def test_the_chapter_after_a_failed_one_is_tried(checks: Checks) -> None:
    with checks.chapter("one"):
        checks.equal("wrong", 1, 2)
    with checks.chapter("two"):
        checks.equal("right", 1, 1)
    assert (checks.passed, checks.failed) == (1, ["wrong"])


@pytest.mark.parametrize(
    "error",
    [
        KubectlFailed(("get",), "no"),
        CommandFailed("no"),
        httpx.ConnectError("no"),
        subprocess.TimeoutExpired("git", 60),
        KeyError("status"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_chapter_that_breaks_off_has_failed(checks: Checks, error: Exception) -> None:
    with checks.chapter("one"):
        raise error
    assert checks.failed == ["one, to its end"]


def test_a_program_that_died_ends_the_run_while_it_is_waited_for(checks: Checks) -> None:
    def died() -> None:
        raise ControlPlaneError("redis ended with 1")

    checks.alive = died
    with pytest.raises(ControlPlaneError), checks.chapter("one"):
        checks.eventually("never", lambda: False, within=60)
