"""The words that Kubernetes knows us by: group, resources, finalizer, annotations, labels."""

GROUP = "runai-operator.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

WORKLOADS = "runaiworkloads"
WORKLOAD_KIND = "RunaiWorkload"
WORKLOADS_CRD = f"{WORKLOADS}.{GROUP}"
CONNECTIONS = "runaiconnections"
CONNECTION_KIND = "RunaiConnection"

FINALIZER = f"{GROUP}/workload"
CONNECTION_FINALIZER = f"{GROUP}/connection"
"""On a RunaiConnection that resources need, for their workloads can be deleted through it alone."""

CLAIM = f"{GROUP}/claim"
"""On the resource: what we are about to submit, written before we submit it."""

RECONCILE_AT = f"{GROUP}/reconcile-at"
"""A user's wish: any new value looks again now."""
RERUN_AT = f"{GROUP}/rerun-at"
"""A user's wish: any new value runs a finished workload again, once."""
PAUSED = f"{GROUP}/paused"
"""A user's wish: "true" keeps our hands off, deletion included."""
RELEASE = f"{GROUP}/release"
"""A user's wish: "true", while being deleted, lets go without deleting in Run:ai."""

CONFIRM_ABSENCE = f"{GROUP}/confirm-absence"
"""A person's word, on a RunaiConnection: any new value says, once, that what vanished from Run:ai is gone indeed."""

STAMP_PREFIX = f"{GROUP}/"
"""Annotations of a submitted manifest below this prefix are ours; a user's manifest may not carry any."""
STAMP_CLUSTER = f"{STAMP_PREFIX}cluster"
STAMP_NAMESPACE = f"{STAMP_PREFIX}namespace"
STAMP_NAME = f"{STAMP_PREFIX}name"
STAMP_UID = f"{STAMP_PREFIX}uid"
STAMP_DIGEST = f"{STAMP_PREFIX}digest"
STAMP_SET = f"{STAMP_PREFIX}scheduling"
STAMP_VERSION = f"{STAMP_PREFIX}version"

QUEUE_LABEL = "runai/queue"
"""Run:ai's own label on a namespace: the project it belongs to."""
