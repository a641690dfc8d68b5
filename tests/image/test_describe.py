"""What an image holds is read from its archive, as a container would see it."""

import io
import json
import tarfile
from pathlib import Path

from .describe import contents, report


def a_layer(**files: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as layer:
        for name, data in files.items():
            _add(layer, name, data)
    return written.getvalue()


def an_archive(path: Path, *layers: bytes) -> Path:
    labels = {"org.opencontainers.image.title": "runai-operator", "org.opencontainers.image.version": "1.2.3"}
    names = [f"{number}.tar" for number, _ in enumerate(layers)]
    with tarfile.open(path, "w") as archive:
        _add(archive, "manifest.json", json.dumps([{"Config": "config.json", "Layers": names}]).encode())
        _add(archive, "config.json", json.dumps({"config": {"Labels": labels}}).encode())
        for name, layer in zip(names, layers, strict=True):
            _add(archive, name, layer)
    return path


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    archive.addfile(entry, io.BytesIO(data))


def test_a_later_layer_takes_away_what_an_earlier_one_brought(tmp_path: Path) -> None:
    base = a_layer(**{"usr/lib/pip/a.py": b"aa", "usr/lib/pip/b.py": b"b", "usr/lib/json.py": b"json"})
    without = a_layer(**{"usr/lib/.wh.pip": b"", "opt/runai-operator/lib/x.py": b"12345"})

    found = contents(an_archive(tmp_path / "image.tar", base, without))

    assert found.files == {"usr/lib/json.py": 4, "opt/runai-operator/lib/x.py": 5}
    assert found.under() == {"usr/lib": 4, "opt/runai-operator/lib": 5}


def test_the_report_names_version_and_sizes(tmp_path: Path) -> None:
    told = report(contents(an_archive(tmp_path / "image.tar", a_layer(**{"usr/lib/big": b"x" * 2_000_000}))))
    assert told.splitlines()[0] == "runai-operator 1.2.3"
    assert "2.0 MB in 1 files" in told


def test_the_largest_packages_are_told_by_name(tmp_path: Path) -> None:
    own = "opt/runai-operator/lib/python3.13/site-packages"
    packages = {f"{own}/{name}/x.py": b"x" * size for name, size in (("a", 4), ("b", 3), ("c", 2), ("d", 1))}
    elsewhere = {"usr/lib/python3/site-packages/e/x.py": b"x" * 9}

    told = report(contents(an_archive(tmp_path / "image.tar", a_layer(**packages, **elsewhere))))

    assert [line.split()[2] for line in told.splitlines() if "the package" in line] == ["a", "b", "c"]
