"""Pages that are one HTML file: names, templates, and data inside a script."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from w2vfast.aliases import PathLike

# What every page begins with.
_HEAD = """\
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<!-- Forbid all requests, whatever the words contain. -->
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">"""


def is_page(path: PathLike) -> bool:
    """Tell whether a file of this name is a page: it ends in .html or .htm."""
    return os.path.splitext(os.fspath(path))[1].lower() in (".html", ".htm")


def has_other_suffix(path: PathLike) -> bool:
    """Tell whether a name has a suffix, and not that of a page."""
    return bool(os.path.splitext(os.fspath(path))[1]) and not is_page(path)


def as_json(data: Any) -> str:
    """Return compact JSON that cannot close the script element that contains it.

    Source: HTML standard, "Restrictions for contents of script elements", which
    recommends to escape ``<``.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def fill_template(template: str, parts: Mapping[str, str]) -> str:
    """Replace the placeholders ``{{name}}`` of a template.

    In one pass, because a word may look like a placeholder.  ``{{head}}`` is the same
    in every page.
    """
    filled = {"head": _HEAD, **parts}
    return re.sub(r"\{\{(\w+)\}\}", lambda m: filled[m[1]], template)
