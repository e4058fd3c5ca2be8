"""Pages that are one HTML file: names, templates, and data inside a script."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from w2vfast.aliases import PathLike


def is_page(path: PathLike) -> bool:
    """Tell whether a file of this name is a page: it ends in .html or .htm."""
    return os.path.splitext(os.fspath(path))[1].lower() in (".html", ".htm")


def as_json(data: Any) -> str:
    """Return compact JSON that cannot close the script element that contains it.

    Source: HTML standard, "Restrictions for contents of script elements", which
    recommends to escape ``<``.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def fill_template(template: str, parts: Mapping[str, str]) -> str:
    """Replace the placeholders ``{{name}}`` of a template.

    In one pass, because a word may look like a placeholder.
    """
    return re.sub(r"\{\{(\w+)\}\}", lambda m: parts[m[1]], template)
