"""A sample of the crash matrix: each story as it goes without a fault, and a few hundred of its points."""

import os
import random
import subprocess
import sys

import pytest

from tests.chaos.matrix.matrix import judge, small_matrix
from tests.chaos.matrix.points import Point, point
from tests.chaos.matrix.stories import STORIES
from tests.chaos.matrix.switches import every
from tests.chaos.matrix.telling import quietly, told
from tests.chaos.world.line import Fate

SAMPLE = 3 * len(STORIES)
IN_NUMBERS = ["suspend-two/default", "many-vanish/default"]
"""Stories of several resources, whose order would show."""


@pytest.fixture(scope="module")
def points() -> list[Point]:
    return small_matrix(SAMPLE)


@pytest.mark.parametrize("switches", every())
def test_every_story_ends_well_when_nothing_fails(switches: str) -> None:
    with quietly():
        for story in random.Random(switches).sample([*STORIES], 4):
            ending = told(Point(story, switches))
            assert not ending.broken, ending.words()


def test_the_sample_holds_every_story_and_every_fate(points: list[Point]) -> None:
    assert {each.story for each in points} == {*STORIES}
    assert len(points) >= 250
    assert {strike.fate for each in points for _, strike in each.strikes} == {*Fate}


def test_nothing_breaks_at_a_sample_of_the_points(points: list[Point]) -> None:
    failures = [failure for each in points if (failure := judge(each)) is not None]
    told = "\n".join(f"{each.broken[0]}: --replay '{each.point}'" for each in failures)
    assert not failures, f"{failures[0].story}\n{told}"


def test_a_point_tells_the_same_story_twice(points: list[Point]) -> None:
    with quietly():
        assert told(points[0]).journal == told(point(str(points[0]))).journal


def test_a_point_tells_the_same_story_in_whatever_order_python_keeps_its_sets() -> None:
    tell = "from tests.chaos.matrix.telling import told; from tests.chaos.matrix.points import point; "
    told = {
        subprocess.run(
            [sys.executable, "-c", f"{tell}[print(told(point(each)).words()) for each in {IN_NUMBERS!r}]"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
    assert "worker-3" in told.pop()
