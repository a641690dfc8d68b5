"""How fast an operator calls: whether it runs in a circle."""

from collections import deque

MOST_CALLS, FOR_EACH, HOT = 280, 20, 10.0
"""An operator that makes so many calls, and so many more for each resource, within so many seconds runs in a circle."""


class Pace:
    """The calls of one operator, whatever they are for, within the last seconds."""

    def __init__(self) -> None:
        self._lately: deque[tuple[float, int]] = deque()

    def calls(self, now: float, resources: int) -> str | None:
        """Count one, made while there are so many resources; what to tell when these are too many.

        As many as there were at some time of those seconds: to delete forty takes calls, too.
        """
        self._lately.append((now, resources))
        while self._lately[0][0] <= now - HOT:
            self._lately.popleft()
        made = len(self._lately)
        if made <= MOST_CALLS + FOR_EACH or made <= MOST_CALLS + FOR_EACH * max(each for _, each in self._lately):
            return None
        return f"{made} calls in {HOT:g} s"
