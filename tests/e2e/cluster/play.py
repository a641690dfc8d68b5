"""One run: the image, the cluster, the chapters, and whether all is gone in the end."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.control_plane import ControlPlaneError, helm_program
from tests.control_plane.binaries import Say, cache_folder, prepare
from tests.e2e.checks import Checks
from tests.image import Builder, BuildFailed, Image, build, find_builder
from tests.image.base import PROGRAMS, build_without_a_registry
from tests.image.build import run

from .chapters import CHAPTERS
from .cluster import Cluster, choose
from .simulator import URL, simulated_runai
from .world import IMAGE, TAG, World

FOLDER = Path("/tmp/runai-operator-e2e")
"""The same for every run, so that one finds what another left when it was killed; short, for it holds a socket."""


def perform(kind: str, many: int, say: Say, environ: dict[str, str]) -> list[str]:
    """Play everything, and tell what failed."""
    cache = cache_folder(environ).parent
    with _alone(cache):
        return _perform(kind, many, say, cache)


def _perform(kind: str, many: int, say: Say, cache: Path) -> list[str]:
    checks, cluster = Checks(say), choose(kind, FOLDER, say)
    cluster.require({} if _pulling_builder() else PROGRAMS)
    prepare(say)
    helm = helm_program(4, say)
    with _emptied(FOLDER.with_name(f"{FOLDER.name}-image")) as folder:
        archive = built_image(folder, cache / "images", say)
        with cluster:
            checks.alive = cluster.check
            cluster.load(archive)
            say("the image is on the node")
            _play(cluster, helm, checks, archive, many)
        with checks.chapter("Afterwards"):
            checks.equal("nothing of the cluster is left on this machine", cluster.left(), [])
    say(f"{checks.passed} checks passed, {len(checks.failed)} failed")
    return checks.failed


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Raises ControlPlaneError while another run is going: it would be taken for one that was killed."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".e2e-cluster").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ControlPlaneError("another run is going on this machine: there can be one at a time") from None
        yield


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """A folder for a while; a run that was killed may have left it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def built_image(folder: Path, storage: Path, say: Say) -> Path:
    """The image of the Dockerfile, as an archive. Where docker and podman do not work its base is made, not pulled."""
    archive, log, image = folder / "image.tar", folder / "build.log", Image(f"{IMAGE}:{TAG}")
    if builder := _pulling_builder():
        say(f"building the image with {builder.name}")
        build(image, builder, archive=archive, log=log)
        run(builder.remove(image.tag), log)  # the store is the user's
    else:
        say("building the image with buildah")
        build_without_a_registry(image, storage, archive=archive, log=log, say=say)
    return archive


def _pulling_builder() -> Builder | None:
    """docker or podman, where one of them works."""
    try:
        builder = find_builder()
    except BuildFailed:
        return None
    return None if builder.name == "buildah" else builder


def _play(cluster: Cluster, helm: Path, checks: Checks, archive: Path, many: int) -> None:
    kubectl = cluster.kubectl
    with simulated_runai(kubectl, cluster.kubeconfig.parent) as runai:
        world = World(cluster, kubectl, helm, checks, runai, URL, archive, many)
        for name, chapter in CHAPTERS:
            failed = len(checks.failed)
            with checks.chapter(name):
                chapter(world)
            if len(checks.failed) > failed:
                checks.say(world.last_words())
