"""What can be set about the simulator: credentials, times, and the answers that the contract leaves open."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_CLIENT_ID = "demo"
DEFAULT_CLIENT_SECRET = "demo-secret"


class Part(BaseModel):
    """A group of settings; unknown names are refused, so that a typo is not a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Times(Part):
    """How long each stage of a workload's life takes, in seconds."""

    queued: float = Field(default=1.0, ge=0, description="syncInfo Queued")
    applying: float = Field(default=1.0, ge=0, description="syncInfo Applying")
    pending: float = Field(default=2.0, ge=0, description="phase Pending")
    running: float | None = Field(default=30.0, ge=0, description="until kinds that finish complete; null: never")
    stopping: float = Field(default=2.0, ge=0, description="phase Stopping, after a suspend")
    resuming: float = Field(default=2.0, ge=0, description="phase Resuming, after a resume")
    deleting: float = Field(default=3.0, ge=0, description="from DELETE until deletedAt is set")
    list_delay: float = Field(default=0.0, ge=0, description="until a POST shows in the v1 list")

    @classmethod
    def fast(cls) -> "Times":
        """Every stage in some hundredths of a second; nothing completes unless told to."""
        return cls(queued=0.02, applying=0.02, pending=0.02, running=None, stopping=0.02, resuming=0.02, deleting=0.05)


class Switches(Part):
    """Answers on which the contract is silent; a client has to live with either."""

    put: Literal["replace", "merge", "deep-merge"] = Field(
        default="replace",
        description="replace: metadata that PUT leaves out falls back to its default; merge: it stays; "
        "deep-merge: the manifest too is merged into the old one",
    )
    null_clears: bool = Field(default=True, description="a null in PUT clears the value; else it is ignored")
    notes_writes: bool = Field(default=False, description="rawManifest tells in an annotation when it was written")
    conflict_covers_deleting: bool = Field(default=True, description="409 covers names of workloads still Deleting")
    get_deleted: Literal[404, 200] = Field(default=404, description="what GET V2 of a deleted workload answers")
    list_includes_deleted: bool = Field(default=False, description="a list without deleted= contains deleted ones")
    updated_at_moves_with_phase: bool = Field(default=True, description="updatedAt moves with the pods' status")
    dry_run_conflict: bool = Field(default=True, description="dryRun on a taken name says 409; else 202")
    token_v2: bool = Field(default=True, description="POST /api/v2/token exists; else it is 404")
    failed_sync_phase: Literal["Failed", "Creating"] = Field(
        default="Failed", description="the phase of a workload that never could be applied"
    )


class Settings(Part):
    """Everything that a simulator is started with."""

    client_id: str = DEFAULT_CLIENT_ID
    client_secret: str = Field(default=DEFAULT_CLIENT_SECRET, repr=False)
    tenant_id: int = 1001
    token_lifetime: int = Field(default=3600, ge=1, description="seconds until an access token expires")
    seed: int = Field(default=0, description="of the dice that decide which requests a fault hits")
    blind: bool = Field(
        default=False,
        description="no workload is listed or found, as for an application that lost its role; projects still are",
    )
    hidden_projects: tuple[str, ...] = Field(
        default=(),
        description="ids of projects that the application's role does not cover: they and their workloads are 404",
    )
    times: Times = Times()
    switches: Switches = Switches()
