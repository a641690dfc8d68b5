"""Faults that strike requests: which ones (route, share, count), what happens, and before or after the commit."""

import itertools
import random
from typing import Annotated, Literal

from pydantic import Field

from runai_simulator.settings import Part


class Scope(Part):
    """Which requests a fault strikes: all, unless narrowed down."""

    operation: str | None = Field(default=None, description="an operationId of the contract")
    method: str | None = None
    path: str | None = Field(default=None, description="a path template of the contract")
    share: float = Field(default=1.0, ge=0, le=1, description="of the requests in scope")
    count: int | None = Field(default=None, ge=1, description="so many are struck, then the fault is gone")
    when: Literal["before", "after"] = Field(default="before", description="the request is committed, or after it was")


class Latency(Scope):
    """The answer takes longer: fixed (`seconds`), uniform (`seconds` to `most`), exponential (mean `seconds`)."""

    kind: Literal["latency"] = "latency"
    distribution: Literal["fixed", "uniform", "exponential"] = "fixed"
    seconds: float = Field(ge=0)
    most: float | None = Field(default=None, ge=0)

    def drawn(self, dice: random.Random) -> float:
        if self.distribution == "exponential":
            value = dice.expovariate(1 / self.seconds) if self.seconds else 0.0
            return value if self.most is None else min(value, self.most)
        return dice.uniform(self.seconds, self.most or self.seconds) if self.distribution == "uniform" else self.seconds


class Status(Scope):
    """This status instead of the answer, with Run:ai's error document, a gateway's HTML page, or no body."""

    kind: Literal["status"] = "status"
    status: int = Field(ge=200, le=599)
    body: Literal["json", "html", "empty"] = "json"
    message: str = "a fault that was asked for"
    retry_after: int | None = Field(default=None, ge=0, description="seconds, sent as Retry-After")


class Cut(Scope):
    """The connection is closed without a byte of an answer, or (`midway`) with half of one."""

    kind: Literal["cut"] = "cut"
    midway: bool = False


class Redirect(Scope):
    """The request is sent elsewhere."""

    kind: Literal["redirect"] = "redirect"
    location: str
    status: Literal[301, 302, 303, 307, 308] = 302


Fault = Annotated[Latency | Status | Cut | Redirect, Field(discriminator="kind")]
AnyFault = Latency | Status | Cut | Redirect


class Faults:
    """The faults in force; each request draws once from each that covers it."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._ids = itertools.count(1)
        self.active: dict[str, AnyFault] = {}
        self._left: dict[str, int] = {}

    def add(self, fault: AnyFault) -> str:
        id_ = str(next(self._ids))
        self.active[id_] = fault
        if fault.count is not None:
            self._left[id_] = fault.count
        return id_

    def remove(self, id_: str) -> bool:
        self._left.pop(id_, None)
        return self.active.pop(id_, None) is not None

    def clear(self) -> None:
        self.active.clear()
        self._left.clear()

    def strike(self, *, operation: str, method: str, path: str) -> list[AnyFault]:
        """What this request suffers, in the order in which the faults were added."""
        struck = []
        for id_, fault in list(self.active.items()):
            if _covers(fault, operation, method, path) and self._dice.random() < fault.share:
                struck.append(fault)
                self._use_up(id_)
        return struck

    def latency(self, fault: Latency) -> float:
        return fault.drawn(self._dice)

    def _use_up(self, id_: str) -> None:
        if id_ not in self._left:
            return
        self._left[id_] -= 1
        if self._left[id_] <= 0:
            self.remove(id_)


def _covers(fault: Scope, operation: str, method: str, path: str) -> bool:
    wanted = (fault.operation, fault.method and fault.method.upper(), fault.path)
    return all(want is None or want == have for want, have in zip(wanted, (operation, method, path), strict=True))
