"""The claim: an annotation on the resource that says what is about to be submitted, written before it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError

# Both go into queries of Run:ai, and the claim is an annotation, which whoever may write the resource can write: what
# no workload and no project can be called was never claimed by us.
WorkloadName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$")]
ProjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._:-]{0,252}$")]

VERSION = 1
NOBODY = ""
"""The uid of a claim whose maker is not known any more."""


@dataclass(frozen=True)
class Claim:
    """The names under which a resource submits, and what a new submission takes the place of.

    `fixed` holds what Run:ai takes at creation only; `replaces` the id of the workload that is recreated, which is
    never adopted again; `adopts` that of one that is taken over; `rerun_at` the value of the annotation that was
    last answered. `vanished` stands there where the workload to replace was found gone, and nobody here had deleted
    it: it holds the `fixed` of that one, which counts again if it is seen alive. `version` tells how it is written;
    a claim without one is of the first.
    """

    namespace: str
    name: str
    uid: str
    workload_name: WorkloadName
    project_id: ProjectId
    project_name: str
    cluster_name: str | None = None
    fixed: Mapping[str, str | None] | None = None
    replaces: str | None = None
    adopts: str | None = None
    rerun_at: str | None = None
    vanished: Mapping[str, str | None] | None = None
    version: int = VERSION

    @property
    def run(self) -> tuple[str, str, str | None]:
        """What tells one run from another: its place in Run:ai, and what it takes the place of."""
        return self.workload_name, self.project_id, self.replaces

    def dump(self) -> str:
        return json.dumps({key: value for key, value in asdict(self).items() if value is not None}, sort_keys=True)


def read_claim(text: str | None) -> Claim | None:
    """A claim as it is written; None for none, and for one that cannot be read.

    Fields that are not known are passed over: a later version may have written it.
    """
    if not text:
        return None
    try:
        return CLAIM.validate_json(text)
    except ValidationError:
        return None


CLAIM = TypeAdapter(Claim)
