"""Who may do what on the control plane: one administrator, by token; and what a client needs to trust the server."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Credentials:
    """Files in one folder. The API server makes its certificate by itself when it first starts, and keeps it.

    The certificate's file ends with the authority that signed it, so it serves clients as their trusted authority; its
    key also signs service account tokens.
    """

    folder: Path
    token: str

    @property
    def certificate(self) -> Path:
        return self.folder / "apiserver.crt"

    @property
    def key(self) -> Path:
        return self.folder / "apiserver.key"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens.csv"


def make_credentials(folder: Path) -> Credentials:
    """Write the token of the administrator, whom no authorization stops."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Credentials(folder, secrets.token_hex(16))
    made.tokens.write_text(f"{made.token},admin,admin,system:masters\n")
    return made


def write_kubeconfig(path: Path, server: str, credentials: Credentials) -> None:
    """A kubeconfig of the administrator with everything in it but the server's certificate."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "test", "cluster": {"server": server, "certificate-authority": str(credentials.certificate)}}
        ],
        "users": [{"name": "admin", "user": {"token": credentials.token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(config, indent=2))
