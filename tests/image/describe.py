"""What is in an image, read from its archive (the format of `docker save`)."""

import gzip
import io
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

MEGABYTE = 1_000_000
GZIP = b"\x1f\x8b"
ROOMS = ("opt/runai-operator/lib", "opt/runai-operator", "usr/lib", "usr/local", "usr")
"""Folders that are told apart, innermost first."""
OWN = "opt/runai-operator/"
PACKAGE = re.compile(r"/site-packages/([^/]+)/")
LARGEST = 3
"""So many packages are told by name."""


@dataclass(frozen=True)
class Contents:
    """`config` is the image's configuration (OCI image specification); `files` the bytes of each file, by its path;
    `transferred` what a pull moves: each layer, compressed."""

    config: dict[str, Any]
    files: dict[str, int]
    transferred: int

    @property
    def size(self) -> int:
        return sum(self.files.values())

    def under(self) -> Counter[str]:
        """Bytes by folder."""
        sizes: Counter[str] = Counter()
        for path, size in self.files.items():
            sizes[next((room for room in ROOMS if path.startswith(f"{room}/")), "elsewhere")] += size
        return sizes

    def packages(self) -> Counter[str]:
        """Bytes of each Python package of ours."""
        sizes: Counter[str] = Counter()
        for path, size in self.files.items():
            if path.startswith(OWN) and (inside := PACKAGE.search(path)):
                sizes[inside[1]] += size
        return sizes


def contents(archive: Path) -> Contents:
    """Read an archive; its layers are laid on each other as a container sees them."""
    files: dict[str, int] = {}
    transferred = 0
    with tarfile.open(archive) as outer:
        manifest = json.load(_member(outer, "manifest.json"))[0]
        config = json.load(_member(outer, manifest["Config"]))
    for layer in layers(archive):
        transferred += len(gzip.compress(layer, 6))
        _lay(layer, files)
    return Contents(config, files, transferred)


def layers(archive: Path) -> Iterator[bytes]:
    """Each layer of an archive, unpacked, the lowest first."""
    with tarfile.open(archive) as outer:
        for name in json.load(_member(outer, "manifest.json"))[0]["Layers"]:
            layer = _member(outer, name).read()
            yield gzip.decompress(layer) if layer[:2] == GZIP else layer


def report(image: Contents) -> str:
    """A few lines for people."""
    labels = image.config["config"].get("Labels") or {}
    lines = [f"{labels.get('org.opencontainers.image.title')} {labels.get('org.opencontainers.image.version')}"]
    lines += [f"  {name:28} {size / MEGABYTE:7.1f} MB" for name, size in image.under().most_common()]
    lines += [
        f"  the package {name:16} {size / MEGABYTE:7.1f} MB" for name, size in image.packages().most_common(LARGEST)
    ]
    lines.append(f"  {'all of it':28} {image.size / MEGABYTE:7.1f} MB in {len(image.files)} files")
    lines.append(f"  {'to pull, compressed':28} {image.transferred / MEGABYTE:7.1f} MB")
    return "\n".join(lines)


def _member(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    if found is None:
        raise ValueError(f"{archive.name!r} has no file {name}: is it the archive of an image?")
    return found


def _lay(layer: bytes, files: dict[str, int]) -> None:
    """Put a layer over what is there: `.wh.NAME` takes NAME away, and `.wh..wh..opq` the folder's former contents
    (OCI image specification, "Whiteouts")."""
    entries = list(_entries(layer))
    for path, _ in entries:
        if path.name.startswith(".wh."):
            gone = path.parent if path.name == ".wh..wh..opq" else path.parent / path.name.removeprefix(".wh.")
            for each in [known for known in files if PurePosixPath(known).is_relative_to(gone)]:
                del files[each]
    files.update({str(path): size for path, size in entries if not path.name.startswith(".wh.")})


def _entries(layer: bytes) -> Iterator[tuple[PurePosixPath, int]]:
    with tarfile.open(fileobj=io.BytesIO(layer)) as inner:
        for entry in inner:
            if not entry.isdir():
                yield PurePosixPath(entry.name.removeprefix("./").lstrip("/")), entry.size
