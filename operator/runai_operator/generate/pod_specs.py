"""Where Pods are described in the manifests that people submit, and what of a Pod refers to others or is merged."""

_RAY = ("headGroupSpec/template/spec", "workerGroupSpecs[groupName]/template/spec")

_REPLICAS = {
    "pytorchReplicaSpecs": ("Master", "Worker"),
    "tfReplicaSpecs": ("Chief", "Master", "Worker", "PS", "Evaluator"),
    "mpiReplicaSpecs": ("Launcher", "Worker"),
    "xgbReplicaSpecs": ("Master", "Worker"),
    "jaxReplicaSpecs": ("Worker",),
    "paddleReplicaSpecs": ("Master", "Worker"),
}
"""Of Kubeflow's training operator, by the field of the manifest's spec."""

POD_SPECS: tuple[str, ...] = (
    "spec",  # Pod
    "spec/template/spec",  # Job, Deployment, StatefulSet, DaemonSet, ReplicaSet, Notebook, Knative's Service
    "spec/jobTemplate/spec/template/spec",  # CronJob
    *(f"spec/{field}/{role}/template/spec" for field, roles in _REPLICAS.items() for role in roles),
    *(f"spec/{group}" for group in _RAY),  # RayCluster
    *(f"spec/rayClusterSpec/{group}" for group in _RAY),  # RayJob
    "spec/submitterPodTemplate/spec",
    *(f"spec/rayClusterConfig/{group}" for group in _RAY),  # RayService
    "spec/replicatedJobs[name]/template/spec/template/spec",  # JobSet
    "spec/leaderWorkerTemplate/leaderTemplate/spec",  # LeaderWorkerSet
    "spec/leaderWorkerTemplate/workerTemplate/spec",
    "spec/predictor",  # InferenceService
    "spec/transformer",
)
"""Paths within a manifest to what has the fields of a Pod's spec; `[key]` marks a list, and the key of its items."""

_CONTAINERS = ("containers", "initContainers")

REFERENCES: dict[str, tuple[str, ...]] = {
    "ConfigMap": (
        "volumes/configMap/name",
        "volumes/projected/sources/configMap/name",
        *(f"{each}/env/valueFrom/configMapKeyRef/name" for each in _CONTAINERS),
        *(f"{each}/envFrom/configMapRef/name" for each in _CONTAINERS),
    ),
    "Secret": (
        "volumes/secret/secretName",
        "volumes/projected/sources/secret/name",
        "volumes/azureFile/secretName",
        "volumes/csi/nodePublishSecretRef/name",
        "imagePullSecrets/name",
        *(f"{each}/env/valueFrom/secretKeyRef/name" for each in _CONTAINERS),
        *(f"{each}/envFrom/secretRef/name" for each in _CONTAINERS),
    ),
    "PersistentVolumeClaim": ("volumes/persistentVolumeClaim/claimName",),
    "ServiceAccount": ("serviceAccountName",),
}
"""What a Pod's spec refers to by name, by kind; lists count as if they were not there."""

Keys = tuple[str, ...]
"""What tells one item of a list from the others: the values of these fields together."""

_NAME: Keys = ("name",)
_CONTAINER_LISTS: dict[str, Keys] = {
    "env": _NAME,
    "ports": ("containerPort", "protocol"),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
}

MERGED: dict[str, tuple[Keys, dict[str, Keys]]] = {
    **dict.fromkeys((*_CONTAINERS, "ephemeralContainers"), (_NAME, _CONTAINER_LISTS)),
    **dict.fromkeys(("volumes", "imagePullSecrets", "resourceClaims", "schedulingGates"), (_NAME, {})),
    "hostAliases": (("ip",), {}),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"), {}),
}
"""Which lists of a Pod's spec are merged item by item, by which keys, and so the lists within the items: as the API
server tells in its OpenAPI (x-kubernetes-list-map-keys where x-kubernetes-patch-strategy merges), to which a test holds
this."""
