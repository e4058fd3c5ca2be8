"""The files that pages are made of: templates, styles and scripts of this package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources

from w2vfast.system.html_pages import fill_template


def page_of(name: str, scripts: Iterable[str], parts: Mapping[str, str]) -> str:
    """Return a page with its styles and scripts.

    Parameters
    ----------
    name : str
        Of the template and of the style besides ``page.css``.
    scripts : iterable of str
        In the order in which the page runs them.
    parts : mapping of str to str
        Other placeholders of the template.
    """
    filled = {
        "style": _resource("page.css") + _resource(f"{name}.css"),
        "script": "".join(_resource(f"{script}.js") for script in scripts),
    }
    return fill_template(_resource(f"{name}.html"), {**filled, **parts})


def _resource(name: str) -> str:
    file = resources.files("w2vfast") / "learn" / name
    return file.read_text(encoding="utf-8")
