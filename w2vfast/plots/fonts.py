"""Fonts: find installed ones that together cover a text."""

from __future__ import annotations

import contextlib
import importlib
import logging
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

# Drawn in place of a character that no installed font covers.
NO_GLYPH = "\u25a1"

# Fonts that claim to cover every character but draw boxes, or nothing, for most.
_PLACEHOLDER_FONTS = ("last resort", "lastresort", "adobe blank", "adobeblank")
_CHARACTERS_SHOWN = 5  # in a message


def choose_families(texts: Iterable[str]) -> tuple[list[str], set[str]]:
    """Choose font families that together cover the characters of some texts.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    families : list of str
        matplotlib's default families, then the added ones.  matplotlib takes each
        character from the first family that has it.
    missing : set of str
        Characters that no installed font covers.
    """
    manager = importlib.import_module("matplotlib.font_manager")
    families = list(importlib.import_module("matplotlib").rcParams["font.family"])
    missing = {char for text in texts for char in text if not char.isspace()}
    for family in families:
        missing -= _characters_of(manager, family)
    for names in (_listed_families(manager), _unlisted_families(manager)):
        if missing:
            found = _cover(manager, names, missing)
            families += found
            missing = missing.difference(
                *(_characters_of(manager, name) for name in found)
            )
    return families, missing


def missing_message(missing: set[str]) -> str:
    """Return a warning that names the characters without a font, and their scripts."""
    some = sorted(missing)
    shown = ", ".join(
        f"{char} (U+{ord(char):04X})" for char in some[:_CHARACTERS_SHOWN]
    )
    shown += ", ..." if len(some) > _CHARACTERS_SHOWN else ""
    scripts = ", ".join(sorted({_script_of(char) for char in some}))
    return (
        f"no installed font has glyphs for {len(some):,} of the characters "
        f"({scripts}): {shown}; {NO_GLYPH} is drawn instead. Install a font for them, "
        "for example one of the Noto fonts (Noto Sans CJK for Chinese, Japanese and "
        "Korean)."
    )


def _script_of(char: str) -> str:
    """Return the script of a character, by the first word of its Unicode name."""
    name, category = unicodedata.name(char, ""), unicodedata.category(char)
    if name and category[0] in "LMN":
        script = name.split()[0]
        return script if script == "CJK" else script.capitalize()
    return "symbols" if category[0] == "S" else "others"


def _listed_families(manager: Any) -> Iterator[str]:
    """Yield the families in matplotlib's list of fonts."""
    entries = manager.fontManager.ttflist
    yield from sorted({entry.name for entry in entries if entry.style == "normal"})


def _unlisted_families(manager: Any) -> Iterator[str]:
    """Yield families that were installed after matplotlib cached its list."""
    known = {entry.fname for entry in manager.fontManager.ttflist}
    before = set(_listed_families(manager))
    for path in sorted(set(manager.findSystemFonts()) - known):
        # matplotlib cannot read some kinds of fonts, for example bitmap fonts.
        with contextlib.suppress(Exception):
            manager.fontManager.addfont(path)
    yield from sorted(set(_listed_families(manager)) - before)


def _cover(manager: Any, names: Iterator[str], wanted: set[str]) -> list[str]:
    """Choose families greedily until all of `wanted` is covered, or none adds any.

    Among families that cover equally many characters, proportional sans-serif ones of
    the likely region are preferred.
    """
    with _no_warnings_about_weights():
        has = {name: _characters_of(manager, name) & wanted for name in names}
    region = _cjk_region(wanted)
    chosen, left = [], set(wanted)
    while left and has:
        best = min(
            has,
            key=lambda name: (
                -len(has[name] & left),
                "Mono" in name,
                "Serif" in name,
                not name.endswith(region),
                name,
            ),
        )
        if not has[best] & left:
            break
        chosen.append(best)
        left -= has[best]
    return chosen


@contextlib.contextmanager
def _no_warnings_about_weights() -> Iterator[None]:
    """Keep matplotlib from logging every family that lacks a normal weight."""
    logger = logging.getLogger("matplotlib.font_manager")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _cjk_region(characters: set[str]) -> str:
    """Return the suffix of the pan-CJK family for the likely language of the text."""
    if any("\u3040" <= char <= "\u30ff" for char in characters):
        return "JP"
    if any("\uac00" <= char <= "\ud7af" for char in characters):
        return "KR"
    return "SC"


def _characters_of(manager: Any, family: str) -> set[str]:
    """Return the characters of the font that matplotlib would use for a family."""
    if family.lower().startswith(_PLACEHOLDER_FONTS):
        return set()
    # A list, because a string would be parsed as a pattern, in which "-" is special.
    wanted = manager.FontProperties(family=[family])
    try:
        path = manager.findfont(wanted, fallback_to_default=False)
        return {chr(code) for code in manager.get_font(path).get_charmap()}
    except (ValueError, RuntimeError, OSError):  # not found, or damaged
        return set()
