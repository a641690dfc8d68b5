"""How long a start's imports take in the image, by what of it is compiled; docs/image.md has the table.

The archive is unpacked and entered with chroot, so it takes root; nothing else of a container matters here.
"""

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .builders import BuildFailed
from .describe import MEGABYTE, layers

IMPORTS = "import runai_operator.cli.app, runai_operator.cli.process, runai_operator.kube.election"
TIMED = f"import time; began = time.perf_counter(); {IMPORTS}; print(time.perf_counter() - began)"
PYTHON = "/opt/runai-operator/bin/python"
COMPILED = ("/opt/runai-operator/lib", "/usr/lib/python3.13", "/usr/local/lib/python3.13")
RUNS = 7
"""The fastest counts: what others do on the machine only ever adds."""


@dataclass(frozen=True)
class Start:
    """With the bytecode of what, how many seconds, and how many bytes of it there are."""

    compiled: str
    seconds: float
    bytecode: int

    def __str__(self) -> str:
        size = f"{self.bytecode / MEGABYTE:.1f} MB"
        return f"bytecode of {self.compiled}: {self.seconds:.2f} s, {size}"


def starts(archive: Path, folder: Path) -> Iterator[Start]:
    """Unpacks into the folder; as the image is comes first. Raises BuildFailed for who is not root."""
    if os.geteuid():
        raise BuildFailed("an unpacked image is entered with chroot: be root")
    unpack(archive, folder)
    yield _measured("what a start imports, as it is", folder)
    _within(folder, "-m", "compileall", "-q", *(each for each in COMPILED if (folder / each[1:]).is_dir()))
    yield _measured("everything", folder)
    for cache in folder.rglob("__pycache__"):
        shutil.rmtree(cache)
    yield _measured("nothing", folder)


def unpack(archive: Path, folder: Path) -> None:
    """The files of an image, as a container sees them."""
    for layer in layers(archive):
        _unpack(layer, folder)


def _measured(compiled: str, root: Path) -> Start:
    seconds = min(float(_within(root, "-B", "-c", TIMED)) for _ in range(RUNS))
    return Start(compiled, seconds, sum(path.stat().st_size for path in root.rglob("*.pyc")))


def _within(root: Path, *args: str) -> str:
    command, path = ["chroot", str(root), PYTHON, *args], {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, capture_output=True, text=True, env=path, check=False)
    if done.returncode:
        raise BuildFailed(f"{PYTHON} in the image ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _unpack(layer: bytes, root: Path) -> None:
    """Over what is there; `.wh.NAME` takes NAME away, `.wh..wh..opq` all that its folder had (OCI image specification,
    "Whiteouts")."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        for entry in tar:
            path = root / entry.name
            if path.name == ".wh..wh..opq":
                for each in path.parent.iterdir():
                    _remove(each)
            elif path.name.startswith(".wh."):
                _remove(path.parent / path.name.removeprefix(".wh."))
            elif entry.isdir() or entry.isfile() or entry.issym() or entry.islnk():
                tar.extract(entry, root, filter="tar")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
