"""A circle is seen, and work is not taken for one."""

from tests.chaos.world.pace import FOR_EACH, HOT, MOST_CALLS, Pace


def told(calls: int, *, resources: int, afterwards: int, seconds: float = HOT / 2) -> list[str]:
    """What is told of calls, evenly spread, while there are so many resources, and in the second half so many."""
    pace = Pace()
    found = [pace.calls(seconds * call / calls, resources if call < calls / 2 else afterwards) for call in range(calls)]
    return [each for each in found if each]


def test_more_calls_than_the_resources_take_are_a_circle() -> None:
    assert told(MOST_CALLS + FOR_EACH + 1, resources=1, afterwards=1) == [f"{MOST_CALLS + FOR_EACH + 1} calls in 10 s"]


def test_each_resource_takes_calls() -> None:
    assert told(MOST_CALLS + 40 * FOR_EACH, resources=40, afterwards=40) == []


def test_forty_that_are_deleted_took_calls_too() -> None:
    assert told(MOST_CALLS + 40 * FOR_EACH, resources=40, afterwards=0) == []


def test_as_many_in_more_time_are_none() -> None:
    assert told(2 * MOST_CALLS, resources=1, afterwards=1, seconds=2 * HOT) == []
