"""An image is unpacked as a container sees it."""

from pathlib import Path

from .describe import contents
from .starts import unpack
from .test_describe import a_layer, an_archive


def test_what_is_unpacked_is_what_the_description_tells_of(tmp_path: Path) -> None:
    base = a_layer(**{"lib/pip/a.py": b"aa", "lib/pip/b.py": b"b", "lib/json.py": b"json", "etc/old": b"1"})
    above = a_layer(**{"lib/.wh.pip": b"", "etc/.wh..wh..opq": b"", "etc/new": b"22"})
    archive, folder = an_archive(tmp_path / "image.tar", base, above), tmp_path / "root"

    unpack(archive, folder)

    found = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    assert found == contents(archive).files == {"lib/json.py": 4, "etc/new": 2}
