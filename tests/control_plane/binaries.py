"""Where the programs are: given in KUBEBUILDER_ASSETS, cached, or built into the cache."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import ControlPlaneError
from .versions import CACHE_KEY, NODE_PACKAGES, PACKAGES

Say = Callable[[str], None]


@dataclass(frozen=True)
class Binaries:
    """The programs of a control plane, each an absolute path."""

    etcd: Path
    kube_apiserver: Path
    kube_controller_manager: Path
    kubectl: Path


@dataclass(frozen=True)
class NodeBinaries:
    """What places Pods and runs them, each an absolute path."""

    kube_scheduler: Path
    kube_proxy: Path
    kubelet: Path


def prepare(say: Say, environ: Mapping[str, str] = os.environ) -> Binaries:
    """Find the programs, building into the cache what is neither given nor cached yet (minutes).

    Raises ControlPlaneError when something must be built and cannot be.
    """
    return Binaries(**_prepared(PACKAGES, given_folder(environ), cache_folder(environ) / CACHE_KEY, say))


def prepare_node(say: Say, environ: Mapping[str, str] = os.environ) -> NodeBinaries:
    """As `prepare`, the programs that a node needs besides; they are never given, always of the same version."""
    return NodeBinaries(**_prepared(NODE_PACKAGES, None, cache_folder(environ) / CACHE_KEY, say))


def _prepared(packages: Mapping[str, str], given: Path | None, cached: Path, say: Say) -> dict[str, Path]:
    found = _find(packages, given, cached)
    if missing := packages.keys() - found.keys():
        _build_missing(packages, cached, sorted(missing), say)
        found = _find(packages, given, cached)
    return {name.replace("-", "_"): path for name, path in found.items()}


def given_folder(environ: Mapping[str, str]) -> Path | None:
    """The folder KUBEBUILDER_ASSETS names, where envtest's users keep kube-apiserver and etcd of their choice."""
    folder = environ.get("KUBEBUILDER_ASSETS")
    if not folder:
        return None
    absent = [name for name in ("kube-apiserver", "etcd") if not is_program(Path(folder, name))]
    if absent:
        raise ControlPlaneError(
            f"KUBEBUILDER_ASSETS={folder} lacks {' and '.join(absent)}: point it at a folder that has both, or unset it"
        )
    return Path(folder).absolute()


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where built programs are kept between checkouts, by the XDG base directory specification."""
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home(), ".cache")
    return Path(home, "runai-operator", "control-plane")


def _find(names: Iterable[str], *folders: Path | None) -> dict[str, Path]:
    candidates = {name: [Path(folder, name) for folder in folders if folder] for name in names}
    found = {name: next(filter(is_program, paths), None) for name, paths in candidates.items()}
    return {name: path for name, path in found.items() if path}


def is_program(path: Path) -> bool:
    """Whether there is a file that can be run."""
    return path.is_file() and os.access(path, os.X_OK)


def _build_missing(packages: Mapping[str, str], cached: Path, missing: list[str], say: Say) -> None:
    from .build import build_into  # here, so that finding everything in place costs nothing

    with alone(cached, say), scratch(cached) as work:
        still_missing = {name: packages[name] for name in missing if name not in _find(packages, cached)}
        for name, built in build_into(work, still_missing, cached.parent, say):
            built.replace(cached / name)


@contextmanager
def alone(cached: Path, say: Say) -> Iterator[None]:
    """Holds the lock of a folder of the cache, and makes the folder: of two that build into it one waits."""
    cached.mkdir(parents=True, exist_ok=True)
    with open(cached / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run is building into {cached.name}: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def scratch(cached: Path) -> Iterator[Path]:
    """A folder beside the programs, so that a rename puts a finished one in place; what a killed run left goes."""
    for abandoned in cached.glob(".build-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".build-", dir=cached) as scratch:
        yield Path(scratch)
