"""The spec of a RunaiWorkload: what a user asks for."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from runai_operator.api.wire import Rule, Wire, rules

DNS_LABEL = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"

Priority = Annotated[str, Field(min_length=1, max_length=253)]
RunaiId = Annotated[str, Field(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-][A-Za-z0-9._:-]*$")]
"""What can be asked for as a part of a path: an id of Run:ai's is a UUID or a number."""
Preemptibility = Literal["preemptible", "non-preemptible"]
Mnnvl = Literal["Required", "None"]
UpdateStrategy = Literal["InPlace", "RecreateIfFinished", "Recreate"]
DriftMode = Literal["Correct", "Report", "Ignore"]
DeletionPolicy = Literal["Delete", "Orphan"]
AdoptPolicy = Literal["Never", "IfUnowned", "IfIdentical"]


class ConnectionRef(Wire):
    name: Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)] = Field(
        default="default",
        description="Name of the RunaiConnection. Immutable.",
        json_schema_extra=rules(
            Rule(
                "self == oldSelf",
                "spec.connectionRef.name is immutable: set it back, or delete the resource and create another one",
            )
        ),
    )


class Scheduling(Wire):
    priority: Priority | None = Field(
        default=None,
        description="Name of a Run:ai priority: very-low, low, medium-low, medium, medium-high, high, very-high, or "
        "one of your own. Unset: Run:ai's default for the kind.",
    )
    category: Priority | None = Field(
        default=None,
        description="Name of a Run:ai category: Build, Train, Deploy, or one of your own. Unset: Run:ai's default for "
        "the kind.",
    )
    preemptibility: Preemptibility | None = Field(
        default=None,
        description="Whether Run:ai may take the resources back: preemptible or non-preemptible. Unset: Run:ai's "
        "default for the kind. A change needs an updateStrategy that recreates.",
    )
    mnnvl: Mnnvl | None = Field(
        default=None,
        description="Multi-node NVLink: Required schedules onto nodes joined by it, None does not ask for it. Unset: "
        "Run:ai's default. A change needs an updateStrategy that recreates.",
    )


class Drift(Wire):
    mode: DriftMode = Field(
        default="Correct",
        description="Correct: write what the spec says. Report: tell it in status.drift and leave it. Ignore: do not "
        "look.",
    )
    ignore_paths: Annotated[
        tuple[
            Annotated[
                str,
                Field(
                    max_length=512,
                    json_schema_extra=rules(
                        Rule(
                            "self.startsWith('/manifest/') || self.startsWith('/scheduling/')",
                            "each of spec.drift.ignorePaths must begin with /manifest/ or /scheduling/, "
                            "such as /manifest/spec/replicas",
                        )
                    ),
                ),
            ],
            ...,
        ],
        Field(max_length=64),
    ] = Field(
        default=(),
        description="JSON pointers into spec that others change, such as /manifest/spec/replicas for an autoscaler. "
        "A later change of the spec leaves the values there as they are. Lists count as a whole: name the list, not an "
        "item of it.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )


class Adopt(Wire):
    policy: AdoptPolicy = Field(
        default="Never",
        description="Never: a taken name is a NameConflict. IfUnowned: take over a workload that no other resource "
        "owns, and make it what the spec says. IfIdentical: only where nothing would change.",
    )
    workload_id: RunaiId | None = Field(
        default=None, description="Take over exactly the workload with this id, and nothing else. Excludes policy."
    )


class RunaiWorkloadSpec(Wire):
    model_config = ConfigDict(
        json_schema_extra=rules(
            Rule(
                "!has(self.projectId) || (!has(self.projectName) && !has(self.clusterName))",
                "spec.projectId stands for projectName and clusterName: set either it or them",
                at=".projectId",
            )
        )
    )

    connection_ref: ConnectionRef = Field(
        default_factory=ConnectionRef,
        description="Which Run:ai control plane to submit to. Immutable.",
        json_schema_extra={"default": {"name": "default"}},
    )
    workload_name: Annotated[str, Field(min_length=1, max_length=63, pattern=DNS_LABEL)] | None = Field(
        default=None,
        description="Name of the workload in Run:ai: letters a-z, digits and -, at most 63. Unset: metadata.name. "
        "Immutable once submitted.",
    )
    project_name: Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_LABEL)] | None = Field(
        default=None,
        description="Name of the Run:ai project. Unset: the label runai/queue of the namespace. Immutable once "
        "submitted.",
    )
    cluster_name: Annotated[str, Field(min_length=1, max_length=253)] | None = Field(
        default=None,
        description="Name of the project's cluster in Run:ai, where project names repeat across clusters. Immutable "
        "once submitted.",
    )
    project_id: RunaiId | None = Field(
        default=None,
        description="Id of the Run:ai project, instead of projectName and clusterName. Immutable once submitted.",
    )
    scheduling: Scheduling = Field(
        default_factory=Scheduling, description="How Run:ai schedules the workload; what is unset is Run:ai's default."
    )
    suspend: bool | None = Field(
        default=None,
        description="true: stopped, and kept so. false: running, and resumed when it is stopped in Run:ai. Unset: a "
        "stop or resume made in Run:ai is left alone.",
    )
    manifest: dict[str, Any] = Field(
        description="The Kubernetes manifest to submit: one object of any kind that Run:ai supports, such as Job, "
        "PyTorchJob, RayCluster or Deployment. metadata.name may be left out; metadata.namespace must be.",
        json_schema_extra={
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
            **rules(
                Rule(
                    "!has(self.kind) || self.kind != 'List'",
                    "spec.manifest must be one object, not a List: write one RunaiWorkload for each of its items",
                )
            ),
        },
    )
    update_strategy: UpdateStrategy = Field(
        default="RecreateIfFinished",
        description="What to do about a change that Run:ai cannot apply in place. InPlace: never recreate, and say "
        "what was not applied. RecreateIfFinished: delete and submit anew where nothing is lost: finished, or never "
        "applied at all. Recreate: always, whatever is running.",
    )
    drift: Drift = Field(
        default_factory=Drift, description="What to do when the workload is edited in Run:ai, past this resource."
    )
    deletion_policy: DeletionPolicy = Field(
        default="Delete",
        description="What becomes of the workload when this resource is deleted. Delete: it is deleted too. Orphan: it "
        "stays in Run:ai.",
    )
    adopt: Adopt = Field(
        default_factory=Adopt,
        description="Whether a workload that bears the name already may be taken over.",
        json_schema_extra=rules(
            Rule(
                "!has(self.workloadId) || self.policy == 'Never'",
                "spec.adopt.workloadId names the one workload to take over: remove spec.adopt.policy beside it",
                at=".policy",
            )
        ),
    )
