"""`python -m tests.chart`: write what is made of the chart, docs/reference/chart.md and deploy/rbac."""

import tempfile
from pathlib import Path

from tests.control_plane import Helm, helm_program

from .rbac_files import FOLDER, files
from .render import REPOSITORY
from .values_table import PAGE, page


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        made = {f"{FOLDER}/{name}": text for name, text in files(Helm(helm_program(4), Path(home))).items()}
    for path, text in {PAGE: page(), **made}.items():
        (REPOSITORY / path).write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
