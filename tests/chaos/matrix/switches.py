"""How Run:ai may be, where nobody knows: each switch turned by itself, and a seeded handful of mixtures."""

from __future__ import annotations

import random
from typing import Any

from runai_simulator import Switches, Times
from tests.chaos.world.line import Call, Side

DEFAULT = "default"
LAG = 8.0
"""Seconds until a POST shows in the list, where it lags."""
TURNED: dict[str, dict[str, Any]] = {
    "put-merges": {"put": "merge"},
    "put-merges-deep": {"put": "deep-merge"},
    "null-is-ignored": {"null_clears": False},
    "notes-writes": {"notes_writes": True},
    "conflict-only-with-live": {"conflict_covers_deleting": False},
    "get-deleted-200": {"get_deleted": 200},
    "list-has-deleted": {"list_includes_deleted": True},
    "updated-at-ignores-phase": {"updated_at_moves_with_phase": False},
    "dry-run-without-409": {"dry_run_conflict": False},
    "no-token-v2": {"token_v2": False},
    "failed-sync-is-creating": {"failed_sync_phase": "Creating"},
    "list-lags": {"list_delay": LAG},
}
CONCERNED = {
    "put-merges": ("PUT",),
    "put-merges-deep": ("PUT",),
    "null-is-ignored": ("PUT",),
    "notes-writes": ("PUT",),
    "conflict-only-with-live": ("POST", "DELETE"),
    "get-deleted-200": ("DELETE",),
    "list-has-deleted": ("DELETE",),
    "list-lags": ("POST",),
}
"""The writes to Run:ai whose outcome looks otherwise under a switch."""
MIXTURES = 5
MIXED = {f"mixture-{number}" for number in range(1, MIXTURES + 1)}


def every() -> list[str]:
    return [DEFAULT, *TURNED, *sorted(MIXED)]


def concerned(name: str, call: Call) -> bool:
    """Whether it is a write to Run:ai whose outcome looks otherwise under that switch."""
    methods = tuple(f"{method} " for method in CONCERNED.get(name, ()))
    return call.side is Side.RUNAI and call.writes and call.name.startswith(methods)


def switched(name: str) -> tuple[Switches, Times]:
    """The settings of that name. Nothing completes unless told to. Raises KeyError."""
    if name == DEFAULT:
        changes: dict[str, Any] = {}
    elif name in MIXED:
        changes = _mixture(random.Random(name))
    else:
        changes = dict(TURNED[name])
    times = Times(running=None, list_delay=changes.pop("list_delay", 0.0))
    return Switches(**changes), times


def _mixture(dice: random.Random) -> dict[str, Any]:
    """Each switch turned or not by the toss of a coin; of those that exclude each other one."""
    turned = [changes for changes in TURNED.values() if dice.random() < 0.5]
    dice.shuffle(turned)
    return {switch: value for changes in turned for switch, value in changes.items()}
