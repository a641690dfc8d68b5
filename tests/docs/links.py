"""What mkdocs.yml hooks into the build: links out of docs/ lead into the repository, which the site is not a part of.

Who reads docs/ in the repository can follow them; the site shows their path instead, once it is known to be there.
"""

import logging
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

log = logging.getLogger(f"mkdocs.plugins.{__name__}")
"""Below mkdocs' own, so that a warning fails a strict build."""

_LINK = re.compile(r"\[(?P<text>[^]]*)\]\((?P<target>\.\./[^)#\s]*)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, /, *, page: Any, config: Any, **_: Any) -> str:
    """Called by mkdocs for each page."""
    docs = Path(config["docs_dir"])
    return _LINK.sub(lambda link: _shown(link, docs, page.file.src_uri), markdown)


def _shown(link: re.Match[str], docs: Path, page: str) -> str:
    path = os.path.normpath(PurePosixPath(docs.name, page).parent / link["target"])
    if path.split("/")[0] == docs.name:
        return link[0]
    if not (docs.parent / path).exists():
        log.warning("docs/%s: there is no %s in the repository: correct the link", page, path)
    return f"`{path}`" if _repeats(link["text"], path) else f"{link['text']} (`{path}`)"


def _repeats(text: str, path: str) -> bool:
    """Whether the text says no more than the path does."""
    return path.removesuffix(".md").endswith(text.strip("`").removesuffix(".md"))
