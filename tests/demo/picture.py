"""The final table as a picture for the README, which fetches nothing from anywhere."""

import io
import re
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.demo.play import TITLE, rows_of
from tests.demo.table import table

WIDTH = 136
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")
ADVERTISEMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def save_picture(path: Path, resources: list[dict[str, Any]]) -> None:
    """Write the table as SVG, with the reader's own fonts instead of ones from the web."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(table(rows_of(resources), title=TITLE))
    svg = console.export_svg(title="kubectl apply --server-side -f examples/", unique_id="demo")
    path.write_text(ADVERTISEMENT.sub("", FONT_FACE.sub("", svg)))
