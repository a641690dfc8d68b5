"""Keyed queue, workers, backoff and budget. Knows neither Kubernetes nor Run:ai.

All time goes through a `Clock`, so that a test turns it by hand.
"""

from .backoff import Backoff
from .breaker import BreakerLimits
from .budget import Budget, BudgetClosed
from .clock import BootClock, Clock, SystemClock
from .priority import Priority, current_priority
from .queue import KeyedQueue, QueueShutDown
from .workers import Result, Workers, log_error, run_workers

__all__ = [
    "Backoff",
    "BootClock",
    "BreakerLimits",
    "Budget",
    "BudgetClosed",
    "Clock",
    "KeyedQueue",
    "Priority",
    "QueueShutDown",
    "Result",
    "SystemClock",
    "Workers",
    "current_priority",
    "log_error",
    "run_workers",
]
