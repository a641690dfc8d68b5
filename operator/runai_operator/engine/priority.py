"""Whose turn it is first: what a user did, what follows from it, what runs in the background."""

from contextvars import ContextVar
from enum import IntEnum


class Priority(IntEnum):
    """Smaller goes first."""

    USER = 0
    FOLLOW_UP = 1
    BACKGROUND = 2


current_priority: ContextVar[Priority] = ContextVar("current_priority", default=Priority.BACKGROUND)
"""On whose behalf the running task works; the workers set it, the budget reads it."""
