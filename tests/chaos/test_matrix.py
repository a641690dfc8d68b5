"""A sample of the crash matrix: each story as it goes without a fault, and a few hundred of its points."""

import random

import pytest

from tests.chaos.matrix.matrix import judge, small_matrix
from tests.chaos.matrix.points import Point, point
from tests.chaos.matrix.stories import STORIES
from tests.chaos.matrix.switches import every
from tests.chaos.matrix.telling import quietly, told
from tests.chaos.world.line import Fate

SAMPLE = 264


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
    assert {strike.fate for each in points for _, strike in each.strikes} == {*Fate}


def test_nothing_breaks_at_a_sample_of_the_points(points: list[Point]) -> None:
    failures = [failure for each in points if (failure := judge(each)) is not None]
    told = "\n".join(f"{each.broken[0]}: --replay '{each.point}'" for each in failures)
    assert not failures, f"{failures[0].story}\n{told}"


def test_a_point_tells_the_same_story_twice(points: list[Point]) -> None:
    with quietly():
        assert told(points[0]).journal == told(point(str(points[0]))).journal
