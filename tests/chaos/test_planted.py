"""Each planted fault is caught, where the operator as it is passes."""

import pytest

from tests.chaos.matrix.matrix import Failure, judge
from tests.chaos.matrix.telling import quietly
from tests.chaos.planted import PLANTED, Planted


@pytest.mark.parametrize("planted", PLANTED, ids=lambda each: each.name)
def test_a_planted_fault_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    innocent = struck(planted)
    assert not innocent, innocent[0].story
    with monkeypatch.context() as patch:
        planted.plant(patch)
        caught = struck(planted)
    assert planted.rule in {broken.rule for failure in caught for broken in failure.broken}


def struck(planted: Planted) -> list[Failure]:
    """What fails at its points."""
    with quietly():
        points = [*planted.points()]
    assert points, "no call of the story is the one that is meant"
    return [failure for each in points if (failure := judge(each)) is not None]
