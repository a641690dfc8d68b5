"""A base image without any registry: Debian with Python 3.13, under the name that the Dockerfile asks for.

Where python:3.13-slim can be pulled, pull it: what users get is built on that. This one is for machines that reach
Debian's mirror and a Python package index, but no image registry. It differs in that Python is Debian's own, in
/usr/bin, and comes with its bytecode.
"""

import fcntl
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .build import Image, build, run
from .builders import Builder, BuildFailed

NAME = "localhost/python:3.13-slim"
SUITE = "trixie"
PACKAGES = "python3,python3-venv,ca-certificates"
UNNEEDED = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "var/log",
)
PROGRAMS = {"buildah": "buildah", "debootstrap": "debootstrap"}
"""What makes it, and the package of each."""
SCRATCH = "scratch-"
TRIES = 15
CERTIFICATES = Path("/etc/ssl/certs")
DOCKERFILE = """FROM scratch
ADD rootfs.tar /
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
CMD ["python3"]
"""
Say = Callable[[str], None]


def build_without_a_registry(
    image: Image, storage: Path, *, archive: Path | None = None, log: Path | None = None, say: Say = print
) -> None:
    """As `build`, on a base of our own, with all that buildah keeps in a folder of ours. Raises BuildFailed."""
    builder = local_builder(storage)
    with _alone(builder, storage):
        prepare_base(builder, storage, log, say)
        with build_options(storage) as options:
            build(image, builder, archive=archive, options=options, log=log)
        run([*builder.command, "rmi", "--prune", "--force"], log)  # the one that had the tag before would stay for ever


@contextmanager
def _alone(builder: Builder, storage: Path) -> Iterator[None]:
    """One build at a time; what one that was broken off has mounted there goes at once, or before the next."""
    with (storage / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _clear(builder, storage)
        try:
            yield
        finally:
            _clear(builder, storage)


def _clear(builder: Builder, storage: Path) -> None:
    """The containers that steps ran in, with their mounts, and folders for a while."""
    for left in reversed(range(TRIES)):
        try:
            run([*builder.command, "rm", "--all"], Path(os.devnull))
            break
        except BuildFailed:  # a step of a build that was broken off may still be ending
            if not left:
                raise
            time.sleep(1)
    for abandoned in storage.glob(f"{SCRATCH}*"):
        shutil.rmtree(abandoned, ignore_errors=True)


def local_builder(storage: Path) -> Builder:
    """A buildah with a storage of its own, that runs steps by chroot: neither systemd nor cgroups are asked for.

    Raises BuildFailed where that cannot be.
    """
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent or os.geteuid():
        lack = f"lacks {' and '.join(absent)}" if absent else "is no root"
        raise BuildFailed(f"an image without a registry needs root, buildah and debootstrap: this {lack}")
    storage.mkdir(parents=True, exist_ok=True)
    settings = storage / "containers.conf"  # or it would leave a lock in /etc/cni
    settings.write_text(f'[network]\nnetwork_config_dir = "{storage / "networks"}"\n')
    own = ("--root", storage / "root", "--runroot", storage / "run", "--storage-driver", "overlay")
    return Builder("buildah", ("env", f"CONTAINERS_CONF={settings}", "buildah", *map(str, own)))


def prepare_base(builder: Builder, storage: Path, log: Path | None, say: Say) -> None:
    """Make the base image, unless it is in the storage: a minute, once."""
    if _is_there(builder):
        return
    say(f"making {NAME} from Debian's packages ({SUITE}): a minute, once")
    with tempfile.TemporaryDirectory(dir=storage, prefix=SCRATCH) as scratch:
        root, context = Path(scratch, "rootfs"), Path(scratch, "context")
        context.mkdir()
        run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root), _mirror()], log)
        _slim(root)
        with tarfile.open(context / "rootfs.tar", "w") as tar:
            tar.add(root, ".", filter=_without_devices)
        (context / "Dockerfile").write_text(DOCKERFILE)
        run(builder.build(context, NAME, ["--isolation", "chroot"]), log)


@contextmanager
def build_options(storage: Path) -> Iterator[list[str]]:
    """What a build on this base needs: no pulling, and in its steps the trust of this machine.

    Where TLS to the outside is signed anew by a proxy, pip in a RUN step needs that authority. The certificates are
    mounted for the steps alone: no layer holds them.
    """
    with tempfile.TemporaryDirectory(dir=storage, prefix=SCRATCH) as scratch:
        trusted, pip = Path(scratch, "certs"), Path(scratch, "pip.conf")
        trusted.mkdir()
        for each in CERTIFICATES.iterdir():  # as files, for the targets of links are not in the image
            if each.is_file():
                shutil.copyfile(each, trusted / each.name)
        pip.write_text(f"[global]\ncert = {CERTIFICATES / 'ca-certificates.crt'}\n")
        mounts = (f"{trusted}:{CERTIFICATES}:ro", f"{pip}:/etc/pip.conf:ro")
        yield ["--isolation", "chroot", "--pull=false", *(part for each in mounts for part in ("--volume", each))]


def _is_there(builder: Builder) -> bool:
    try:
        run([*builder.command, "inspect", "--type", "image", NAME], Path(os.devnull))
    except BuildFailed:
        return False
    return True


def _slim(root: Path) -> None:
    for name in UNNEEDED:
        shutil.rmtree(root / name, ignore_errors=True)
    for alias in ("python", "python3"):
        (root / "usr/local/bin" / alias).symlink_to("/usr/bin/python3")
    (root / "etc/pip.conf").touch()  # what build_options mounts over, so that no layer of ours gets it


def _without_devices(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    under = re.match(r"\./(?:dev|proc|sys)/.", entry.name)
    return None if under or entry.isdev() else entry


def _mirror() -> str:
    """The mirror that this machine's own packages come from."""
    sources = (*Path("/etc/apt/sources.list.d").glob("*.sources"), *Path("/etc/apt").glob("**/*.list"))
    text = "\n".join(path.read_text() for path in sources)
    found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+/debian)/?(?:\s|$)", text, re.MULTILINE)
    if found is None:
        raise BuildFailed("/etc/apt names no Debian mirror to make a base image from: pull python:3.13-slim instead")
    return found[1]
