"""RunaiConnection: one Run:ai control plane, its credentials, and who may use it."""

from typing import Annotated, Literal

from pydantic import Field

from runai_operator.api.conditions import Condition
from runai_operator.api.wire import Rule, Text, Wire, rules
from runai_operator.api.workload import DNS_SUBDOMAIN

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_SUBDOMAIN)]
LabelValue = Annotated[str, Field(max_length=63)]
Duration = Annotated[str, Field(max_length=5, pattern="^([1-9][0-9]{0,3}s|[1-9][0-9]{0,2}m|[1-9][0-9]?h)$")]
"""A whole number of seconds, minutes or hours, such as 5s, 5m or 1h."""

_SECONDS = {"s": 1, "m": 60, "h": 3600}

_TRIAL_HOSTS = r"^http://(localhost|127\\.0\\.0\\.1|\\[::1\\]|[a-z0-9.-]+\\.svc(\\.cluster\\.local)?)(:[0-9]+)?(/|$)"


class CredentialsSecretRef(Wire):
    name: ObjectName = Field(description="Name of the Secret.")


class CABundleRef(Wire):
    kind: Literal["ConfigMap", "Secret"] = Field(default="ConfigMap", description="ConfigMap or Secret.")
    name: ObjectName = Field(description="Name of the ConfigMap or Secret.")
    key: Annotated[str, Field(min_length=1, max_length=253)] = Field(
        default="ca.crt", description="The key that holds the certificates, as PEM."
    )


class LabelRequirement(Wire):
    key: Annotated[str, Field(min_length=1, max_length=317)] = Field(description="Key of the label.")
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = Field(
        description="In, NotIn: whether the label's value is one of values. Exists, DoesNotExist: whether there is one."
    )
    values: Annotated[tuple[LabelValue, ...], Field(max_length=64)] = Field(
        default=(),
        description="The values, with In and NotIn only.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )


class LabelSelector(Wire):
    """Kubernetes' own label selector: all that is said must hold, and {} says nothing."""

    match_labels: Annotated[dict[str, LabelValue], Field(max_length=64)] = Field(
        default_factory=dict, description="Labels that the namespace must carry, with these values."
    )
    match_expressions: Annotated[tuple[LabelRequirement, ...], Field(max_length=64)] = Field(
        default=(),
        description="Further requirements of the namespace's labels.",
        json_schema_extra={
            "x-kubernetes-list-type": "atomic",
            **rules(
                Rule(
                    "self.all(e, (e.operator in ['In', 'NotIn']) == (has(e.values) && size(e.values) > 0))",
                    "matchExpressions: In and NotIn need values, Exists and DoesNotExist must have none",
                )
            ),
        },
    )


class ProjectSelector(Wire):
    names: (
        Annotated[tuple[Annotated[str, Field(min_length=1, max_length=253)], ...], Field(min_length=1, max_length=64)]
        | None
    ) = Field(
        default=None,
        description="Names of projects; * stands for any text, ? for one character.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    source: Literal["NamespaceLabel"] | None = Field(
        default=None,
        alias="from",
        description="NamespaceLabel: the one project that the namespace's label runai/queue names.",
    )


class AccessRule(Wire):
    namespace_selector: LabelSelector = Field(
        description="The namespaces that the rule is for, by their labels. {}: every namespace."
    )
    projects: ProjectSelector = Field(
        description="The projects that they may use: either names or from.",
        json_schema_extra=rules(
            Rule("has(self.names) != has(self.from)", "projects needs either names or from: set one, and only one")
        ),
    )


class Limits(Wire):
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=50, description="Requests a second, at most."
    )
    max_concurrent: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=32, description="Requests under way at the same time, at most."
    )


class Polling(Wire):
    interval: Duration = Field(default="5s", description="How often to ask what changed, such as 5s.")
    full_interval: Duration = Field(default="5m", description="How often to read everything, such as 5m.")

    @property
    def interval_seconds(self) -> float:
        return _seconds(self.interval)

    @property
    def full_interval_seconds(self) -> float:
        return _seconds(self.full_interval)


class RunaiConnectionSpec(Wire):
    url: Annotated[str, Field(min_length=1, max_length=2048)] = Field(
        description="Address of the Run:ai control plane, such as https://example.run.ai. Immutable. http:// is for a "
        "trial on localhost or inside the cluster (a host that ends in .svc) only.",
        json_schema_extra=rules(
            Rule("self == oldSelf", "spec.url is immutable: set it back, or create another RunaiConnection"),
            Rule(
                "isURL(self) && url(self).getScheme() in ['https', 'http'] && url(self).getHostname() != ''",
                "spec.url must be an address such as https://example.run.ai",
            ),
            Rule(
                "!self.contains('@') && !self.contains('?') && !self.contains('#')",
                "spec.url must hold no user, query or fragment: credentials belong into the Secret",
            ),
            Rule(
                f"!self.lowerAscii().startsWith('http:') || self.matches('{_TRIAL_HOSTS}')",
                "spec.url must begin with https://, or the client's secret would be sent in the clear; http:// is for "
                "a trial on localhost or inside the cluster (a host that ends in .svc)",
            ),
        ),
    )
    credentials_secret_ref: CredentialsSecretRef = Field(
        description="Secret in the operator's own namespace with the keys clientId and clientSecret of a Run:ai "
        "application."
    )
    ca_bundle_ref: CABundleRef | None = Field(
        default=None,
        description="Certificates to trust besides the usual ones, from a ConfigMap or Secret in the operator's own "
        "namespace.",
    )
    access: Annotated[tuple[AccessRule, ...], Field(max_length=64)] = Field(
        default=(),
        description="Who may use the connection: a resource may when one of the rules allows its namespace and its "
        "project. Empty: nobody.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    limits: Limits = Field(default_factory=Limits, description="How much to ask of Run:ai at most.")
    polling: Polling = Field(
        default_factory=Polling,
        description="How often to look for changes made in Run:ai.",
        json_schema_extra=rules(
            Rule(
                "duration(self.fullInterval) >= duration(self.interval)",
                "spec.polling.fullInterval must not be shorter than interval",
            )
        ),
    )
    paused: bool = Field(
        default=False, description="true: nothing is sent to Run:ai, deletions wait, and every status stays as it is."
    )


class RunaiConnectionStatus(Wire):
    observed_generation: int | None = Field(
        default=None, description="metadata.generation that the status speaks of; -1 before the first look."
    )
    tenant_id: Text | None = Field(
        default=None,
        description="Id of the Run:ai tenant that was seen first: nothing is written to another one later.",
    )
    workloads: int | None = Field(default=None, description="Workloads in Run:ai that resources of this cluster own.")
    last_handled_confirm_absence: Text | None = Field(
        default=None,
        description="The last value of the annotation runai-operator.io/confirm-absence that was heeded.",
    )
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16)] = Field(
        default=(),
        description="Ready: whether Run:ai can be used over the connection.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


def _seconds(duration: str) -> float:
    return float(duration[:-1]) * _SECONDS[duration[-1]]
