"""The resource as read from Kubernetes, and what it records of our doings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from runai_operator.api import names
from runai_operator.api.reasons import Reason
from runai_operator.api.wire import SHORT
from runai_operator.sync.claim import Claim, read_claim

NEVER = -1
"""The observedGeneration that the CRD gives to what nothing was told of."""


class Key(NamedTuple):
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Resource:
    """A RunaiWorkload as the API server holds it; `body` is never changed."""

    body: Mapping[str, Any]

    @cached_property
    def key(self) -> Key:
        return Key(self.metadata["namespace"], self.metadata["name"])

    @property
    def metadata(self) -> Mapping[str, Any]:
        metadata: Mapping[str, Any] = self.body["metadata"]
        return metadata

    @property
    def status(self) -> Mapping[str, Any]:
        """What was told of it; what came along with a copy is told of another."""
        return {} if self.tells_of_another else self._written_status

    @property
    def uid(self) -> str:
        return str(self.metadata["uid"])

    @property
    def generation(self) -> int:
        return int(self.metadata.get("generation", 0))

    @property
    def deleting(self) -> bool:
        return "deletionTimestamp" in self.metadata

    @property
    def finalized(self) -> bool:
        """Whether it carries our finalizer."""
        return names.FINALIZER in (self.metadata.get("finalizers") or ())

    @property
    def bound(self) -> bool:
        """Whether something of it is, or may be, in Run:ai: its connection has to stay."""
        return self.finalized or self.workload_id is not None

    @property
    def leaving(self) -> bool:
        """Whether it is being deleted, and Run:ai was seen to delete its workload: that this is absent is no wonder."""
        return self.deleting and self.status.get("leaving") is True

    @property
    def paused(self) -> bool:
        return self.annotation(names.PAUSED) == "true"

    @property
    def released(self) -> bool:
        return self.annotation(names.RELEASE) == "true"

    @property
    def orphaned(self) -> bool:
        return (self.body.get("spec") or {}).get("deletionPolicy") == "Orphan"

    @property
    def connection_name(self) -> str:
        return str(((self.body.get("spec") or {}).get("connectionRef") or {}).get("name") or "default")

    @property
    def workload_id(self) -> str | None:
        return self.status.get("workloadId") or None

    @cached_property
    def claim(self) -> Claim | None:
        """Of this very namespace and name: that of a copied YAML is none."""
        claim = self._written_claim
        return claim if claim is not None and (claim.namespace, claim.name) == self.key else None

    @property
    def tells_of_another(self) -> bool:
        """Whether the status came along with a copy: it is of another uid, and the claim beside it of another name.
        It goes before the claim is written that would make it ours.

        Users write the claim, so it decides nothing over a status of this uid; over one of none, as earlier versions
        wrote it, only where it claims the very workload that the status tells of. Without the claim a status of another
        uid counts as restored.
        """
        told, claim = self._written_status, self._written_claim
        if claim is None or self.claim is not None:
            return False
        if told.get("uid") is None:
            return (told.get("workloadName"), told.get("projectId")) == (claim.workload_name, claim.project_id)
        return str(told["uid"]) != self.uid

    @property
    def restored(self) -> bool:
        """Whether it came out of a backup, claim and all: it has the names of then, and a new uid. Where that claim was
        lost, too, once it was told that the workload has vanished."""
        if self.claim is None:
            return self.workload_id is None and self.told_to_have_vanished
        return self.claim is not None and self.claim.uid != self.uid

    @property
    def told_unanswered(self) -> bool:
        """Whether it was told that an update got no answer. Earlier versions told it by the reason alone."""
        by_reason = (self.condition("Ready") or {}).get("reason") == Reason.OUTCOME_UNKNOWN
        lives_on = self.workload_id is not None and not self.replacing
        return self.status.get("unanswered") is True or (by_reason and lives_on)

    @property
    def told_to_have_vanished(self) -> bool:
        """Whether it was told, since it is here, that what no id of its own stands for is gone: then that was certain,
        and is still, for it is taken back before anything is sent (policies/submitting.py)."""
        without_id = self.workload_id is None or self.replacing
        told = self._written_status
        return without_id and told.get("uid") == self.uid and told.get("vanished") is True

    @property
    def just_restored(self) -> bool:
        """Whether it was restored, and nothing was told of it since: its status is of another uid, or there is none."""
        if self.status.get("uid") not in (None, self.uid):
            return True
        return self.restored and self.status.get("observedGeneration", NEVER) == NEVER

    @property
    def _written_status(self) -> Mapping[str, Any]:
        status: Mapping[str, Any] = self.body.get("status") or {}
        return status

    @cached_property
    def _written_claim(self) -> Claim | None:
        return read_claim(self.annotation(names.CLAIM))

    @property
    def never_claimed(self) -> bool:
        """Whether nothing can ever have been sent for it: a finalizer without claim means that a claim was lost, and so
        does the word that what it was for has vanished."""
        return self.claim is None and self.workload_id is None and not self.finalized and not self.restored

    @property
    def replacing(self) -> bool:
        """Whether the recorded workload is the one that the claim says is being replaced."""
        return self.claim is not None and self.claim.replaces is not None and self.claim.replaces == self.workload_id

    @property
    def replacing_what_vanished(self) -> bool:
        """Whether that is so because it was found gone: nobody here had it deleted, and it may be seen alive again."""
        return self.replacing and self.claim is not None and self.claim.vanished is not None

    def claiming(self, claim: Claim) -> Resource:
        """The resource as it would be with this claim."""
        annotations = {**(self.metadata.get("annotations") or {}), names.CLAIM: claim.dump()}
        return Resource({**self.body, "metadata": {**self.metadata, "annotations": annotations}})

    @property
    def rerun_at(self) -> str | None:
        """The value of rerun-at, as far as the status can hold it."""
        return SHORT(self.annotation(names.RERUN_AT)) or None

    @property
    def look_at(self) -> str | None:
        """The value of reconcile-at, as far as the status can hold it."""
        return SHORT(self.annotation(names.RECONCILE_AT)) or None

    @property
    def rerun_asked(self) -> str | None:
        """The value of rerun-at while it is unanswered; one that came out of a backup was answered before."""
        if self.just_restored:
            return None
        value = self.rerun_at
        answered = {self.status.get("lastHandledRerunAt"), self.claim.rerun_at if self.claim else None}
        return value if value and value not in answered else None

    @property
    def look_asked(self) -> bool:
        """Whether reconcile-at has a value that is unanswered."""
        return self.look_at is not None and self.look_at != self.status.get("lastHandledReconcileAt")

    def annotation(self, name: str) -> str | None:
        return (self.metadata.get("annotations") or {}).get(name)

    def condition(self, kind: str) -> Mapping[str, Any] | None:
        conditions = self.status.get("conditions") or ()
        return next((each for each in conditions if each.get("type") == kind), None)
