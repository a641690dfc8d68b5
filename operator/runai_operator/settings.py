"""How one operator process runs: flags and environment, each with the text that `--help` shows."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
"""Where every pod finds the namespace it runs in (Kubernetes, "Accessing the API from a Pod")."""

DEFAULT_NAMESPACE = "runai-operator"


def own_namespace() -> str:
    """The namespace this process runs in: POD_NAMESPACE, or the pod's service account, or `runai-operator`."""
    return os.environ.get("POD_NAMESPACE", "").strip() or _pod_namespace() or DEFAULT_NAMESPACE


def _pod_namespace() -> str:
    try:
        return SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    except OSError:
        return ""


class Settings(BaseSettings):
    """Each field is read from RUNAI_OPERATOR_<FIELD>, unless it is given. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="RUNAI_OPERATOR_", env_ignore_empty=True, frozen=True, extra="forbid")

    namespace: str = Field(
        default_factory=own_namespace,
        min_length=1,
        description="The operator's own namespace, where connections keep their Secrets. Default: the pod's namespace.",
    )
    cluster_id: str | None = Field(
        default=None,
        min_length=1,
        description="What tells this cluster from others in the stamp on each workload. "
        "Default: the uid of the namespace kube-system.",
    )
    watch_namespaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="The namespaces whose RunaiWorkloads are looked after, separated by commas. Default: all.",
    )
    workers: int = Field(default=16, ge=1, le=256, description="How many resources are reconciled at the same time.")
    request_timeout: float = Field(
        default=10.0, gt=0, le=300, description="After how many seconds a request to Run:ai is given up."
    )
    settle_margin: float = Field(
        default=120.0,
        ge=0,
        description="How many seconds beyond the request timeout a write without an answer may still take effect; "
        "until then absence proves nothing.",
    )
    probe_host: str = Field(default="0.0.0.0", description="The address that /livez, /readyz and /metrics listen on.")
    probe_port: int = Field(default=8080, ge=0, le=65535, description="Their port; 0 lets the system choose one.")
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto", description="How log lines look; auto is console at a terminal, and json elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least severe log lines that are written."
    )
    shutdown_seconds: float = Field(
        default=8.0, ge=0, description="How many seconds work in hand may take to finish when the operator is stopped."
    )

    leader_elect: bool = Field(
        default=True,
        description="Whether a Lease in the operator's own namespace decides which of several instances works. "
        "Without it there must never be two.",
    )
    lease_name: str = Field(
        default="runai-operator",
        pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$",
        description="The Lease that instances with the same work compete for.",
    )
    lease_duration: int = Field(
        default=17, ge=1, description="For how many seconds after its renewal the others respect a Lease."
    )
    renew_deadline: float = Field(
        default=6.0, gt=0, description="After how many seconds without renewal the leader writes no more, and ends."
    )
    retry_period: float = Field(
        default=1.0, gt=0, description="Every how many seconds the Lease is renewed, or tried for."
    )

    @property
    def write_seconds(self) -> float | None:
        """How long a write may take that was permitted to a leader, so that none overlaps the next one's; None: ever
        so long."""
        return self.lease_duration - self.renew_deadline if self.leader_elect else None

    @property
    def settle_window(self) -> float:
        """For how many seconds after a write that may have been sent absence proves nothing."""
        return self.request_timeout + self.settle_margin

    @field_validator("watch_namespaces", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_leader_at_a_time(self) -> Self:
        if not self.leader_elect:
            return self
        if self.renew_deadline < 2 * self.retry_period:
            raise ValueError(
                f"renew_deadline ({self.renew_deadline:g}) has room for one try only: make it at least twice "
                f"retry_period ({self.retry_period:g})"
            )
        left = self.lease_duration - self.renew_deadline
        if self.request_timeout >= left:
            raise ValueError(
                f"request_timeout ({self.request_timeout:g}) must be less than lease_duration - renew_deadline "
                f"({self.lease_duration} - {self.renew_deadline:g} = {left:g}), or a request could outlive its "
                "leadership: lower request_timeout, or raise lease_duration"
            )
        return self
