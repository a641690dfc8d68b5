"""A real Kubernetes control plane for tests and the demo: etcd, kube-apiserver and three of the controllers.

Import what `__all__` names; `python -m tests.control_plane build|run` is the same by hand. Helm is here too, for it is
built in the same way. It knows nothing of Run:ai nor of the operator.
"""

from .control_plane import ControlPlane
from .errors import ControlPlaneError
from .helm import Helm, HelmFailed, helm_program
from .kubectl import Kubectl, KubectlFailed

__all__ = [
    "ControlPlane",
    "ControlPlaneError",
    "Helm",
    "HelmFailed",
    "Kubectl",
    "KubectlFailed",
    "helm_program",
]
