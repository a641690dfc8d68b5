"""An authority, and who is who: certificates by openssl, and a kubeconfig for each part of the control plane."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .site import API_SERVICE, NODE, Site

DAYS = "30"
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
API_NAMES = ("localhost", *(f"kubernetes{suffix}" for suffix in ("", ".default", ".default.svc")))
API_NAMES += ("kubernetes.default.svc.cluster.local",)
USERS = {
    "admin": "/O=system:masters/CN=admin",
    "controllers": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
    "kubelet": f"/O=system:nodes/CN=system:node:{NODE}",
}
"""The names that Kubernetes' own roles are bound to (Kubernetes, "Using RBAC Authorization", core component roles)."""


@dataclass(frozen=True)
class Authority:
    """Files in one folder, by name: NAME.crt and NAME.key."""

    folder: Path

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def establish(self) -> None:
        """Its own certificate, `ca`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        usage = ("-addext", "keyUsage=critical,keyCertSign,digitalSignature")
        self._openssl("req", "-x509", *CURVE, "-subj", "/CN=e2e", "-days", DAYS, *usage, *self._out("ca", "-out"))

    def issue(self, name: str, subject: str, *, serves: tuple[str, ...] = ()) -> None:
        """A certificate for a client; for a server where names or addresses (`DNS:...`, `IP:...`) are given."""
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        names = f"\nsubjectAltName={','.join(serves)}" if serves else ""
        extensions.write_text(f"extendedKeyUsage={'serverAuth' if serves else 'clientAuth'}{names}\n")
        self._openssl("req", "-new", *CURVE, "-subj", subject, "-keyout", self.key(name), "-out", request)
        signer = ("-CA", self.certificate("ca"), "-CAkey", self.key("ca"), "-CAcreateserial", "-days", DAYS)
        signed = ("-extfile", extensions, "-out", self.certificate(name))
        self._openssl("x509", "-req", "-in", request, *signer, *signed)

    def _out(self, name: str, flag: str) -> tuple[str | Path, ...]:
        return "-keyout", self.key(name), flag, self.certificate(name)

    @staticmethod
    def _openssl(*args: str | Path) -> None:
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


def make_credentials(site: Site) -> Authority:
    """Everything that the command lines name, and the kubeconfigs beside it."""
    authority = Authority(site.credentials)
    authority.establish()
    served = (*(f"DNS:{name}" for name in API_NAMES), "IP:127.0.0.1", f"IP:{site.address}", f"IP:{API_SERVICE}")
    authority.issue("api-server", "/CN=kube-apiserver", serves=served)
    authority.issue("node", f"/O=system:nodes/CN=system:node:{NODE}", serves=(f"DNS:{NODE}", f"IP:{site.address}"))
    authority.issue("to-kubelet", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    for name, subject in USERS.items():
        authority.issue(name, subject)
        _write_kubeconfig(site, authority, name)
    return authority


def _write_kubeconfig(site: Site, authority: Authority, name: str) -> None:
    server = {
        "server": f"https://127.0.0.1:{site.ports.api_server}",
        "certificate-authority": str(authority.certificate("ca")),
    }
    user = {"client-certificate": str(authority.certificate(name)), "client-key": str(authority.key(name))}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "e2e", "cluster": server}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name}}],
        "current-context": "e2e",
    }
    path = site.folder / f"{name}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
