"""One request, as a handler sees it: parsed query and body in, an Answer out. Handlers are plain functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from runai_simulator.errors import bad_request
from runai_simulator.state import State

T = TypeVar("T")
LARGEST_INT32 = 2**31 - 1
DEFAULT_LIMIT = 50
MOST_PER_PAGE = 500


@dataclass(frozen=True)
class Answer:
    """A status and a JSON document (`None`: no body)."""

    status: int
    document: Any


@dataclass(frozen=True)
class Call:
    """What was asked."""

    state: State
    path: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def text(self, name: str) -> str | None:
        return self.query.get(name)

    def choice(self, name: str, allowed: Sequence[str], default: str | None = None) -> str | None:
        value = self.query.get(name, default)
        if value is not None and value not in allowed:
            raise bad_request(f"{name} must be one of {', '.join(allowed)}")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        value = self.query.get(name)
        if value is None:
            return default
        if not value.lstrip("-").isdecimal() or not value.isascii() or not least <= int(value[:20]) <= most:
            raise bad_request(f"{name} must be a whole number from {least} to {most}")
        return int(value)

    def many(self, name: str, allowed: Sequence[str], most: int) -> list[str]:
        values = self.query[name].split(",") if self.query.get(name) else []
        if len(values) > most or any(value not in allowed for value in values):
            raise bad_request(f"{name} takes at most {most} of {', '.join(allowed)}")
        return values

    def order(self, default: str = "asc") -> str:
        return self.choice("sortOrder", ("asc", "desc"), default) or default

    def object_body(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise bad_request("the body must be a JSON object")
        return self.body

    def page(self, name: str, items: list[T], view: Callable[[T], Any]) -> Answer:
        """The page that offset and limit ask for; `next` is the offset of the one after it, if there is one."""
        offset = self.integer("offset", 0, 0, LARGEST_INT32)
        limit = self.integer("limit", DEFAULT_LIMIT, 1, MOST_PER_PAGE)
        document: dict[str, Any] = {name: [view(item) for item in items[offset : offset + limit]]}
        if offset + limit < len(items):
            document["next"] = offset + limit
        return Answer(200, document)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One operation of the contract, and who answers it."""

    id: str
    method: str
    path: str
    handler: Handler
    secured: bool = True
    form: bool = False
