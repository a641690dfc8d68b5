"""A record that is taken away, or a name that changes, while a create may be on its way: whatever comes of that, and
whoever dies of it, one workload is left, or none. The matrix strikes a share of these stories' points; here are those
at which they turn."""

import pytest

from tests.chaos.matrix import doubt
from tests.chaos.matrix.matrix import judge
from tests.chaos.matrix.points import LATE, Point, points_of
from tests.chaos.matrix.stories import STORIES
from tests.chaos.matrix.switches import DEFAULT
from tests.chaos.matrix.telling import quietly, told
from tests.chaos.world.line import Fate, Strike

IN_DOUBT = [name for name, story in STORIES.items() if story.tell.__module__ == doubt.__name__]


@pytest.mark.parametrize("story", IN_DOUBT)
def test_whatever_comes_of_a_create_nothing_is_there_twice_or_left(story: str) -> None:
    points = creates_in_doubt(story)
    assert points
    failures = [failure for each in points if (failure := judge(each)) is not None]
    broken = "\n".join(f"{each.broken[0]}: --replay '{each.point}'" for each in failures)
    assert not failures, f"{failures[0].story}\n{broken}"


def creates_in_doubt(story: str) -> list[Point]:
    """Each of its creates, struck so that nobody learns what came of it."""
    with quietly():
        calls = told(Point(story, DEFAULT)).calls
    struck = [(each, *each.strikes[0]) for each in points_of(story, DEFAULT, calls)]
    return [each for each, number, strike in struck if calls[number].name == doubt.CREATE and leaves_doubt(strike)]


def leaves_doubt(strike: Strike) -> bool:
    """The answer is lost, by itself or with its reader; or the create is carried out as late as may be."""
    if strike.fate is Fate.LATE:
        return strike.after == LATE[-1]
    return strike.fate in (Fate.ANSWERED, Fate.LOST, Fate.BROKEN_LATE)
