"""Show CONTRIBUTING.md as a page of the documentation; a hook of MkDocs.

In a page, ``<!-- include CONTRIBUTING.md -->`` is replaced by that file and
``<!-- package map -->`` by its table of packages, so each text is written once.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
INCLUDE, PACKAGE_MAP = "<!-- include CONTRIBUTING.md -->", "<!-- package map -->"


def contributing() -> str:
    """Return CONTRIBUTING.md with its paths to the documentation made into links."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = text.replace("`docs/how-it-works/`", "[How it works](how-it-works/modes.md)")
    return re.sub(r"`docs/(\w[\w/-]*\.md)`", r"[\1](\1)", text)


def package_map() -> str:
    """Return the table of packages."""
    table = contributing().split("<!-- packages -->\n")[1]
    return table.split("\n\n")[0]


def on_page_markdown(markdown: str, **_: object) -> str:
    """Insert the file or its table."""
    if INCLUDE in markdown:
        markdown = markdown.replace(INCLUDE, contributing())
    if PACKAGE_MAP in markdown:
        markdown = markdown.replace(PACKAGE_MAP, package_map())
    return markdown
