"""The crash matrix: every story, told again with a strike at each of its calls, in each way that a call can end.

`python -m tests.chaos.matrix` runs it; a point that fails prints its story and the command that replays it.
"""

from tests.chaos.matrix import adopting, blind, doubt, hands_off, restoring, stories, trouble

__all__ = ["adopting", "blind", "doubt", "hands_off", "restoring", "stories", "trouble"]
