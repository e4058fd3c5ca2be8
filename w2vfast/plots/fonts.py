"""Fonts of matplotlib: one that has the characters, or who brings one."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Iterable, Iterator
from typing import Any

# What stands for a character that no installed font has.
NO_GLYPH = "\u25a1"

# Fonts that claim to have every character and show boxes, or nothing, for most.
_EMPTY_FONTS = ("last resort", "lastresort", "adobe blank", "adobeblank")

# First and last code point, and Debian's package of a font for what lies between;
# the first range that fits counts.
_PACKAGES = (
    (0x20000, 0x2FFFF, "fonts-hanazono"),  # rare Chinese characters
    (0x1F000, 0x1FBFF, "fonts-symbola"),  # pictures, emojis
    (0x1100, 0x11FF, "fonts-noto-cjk"),  # Korean
    (0x2E80, 0x9FFF, "fonts-noto-cjk"),  # Chinese, Japanese, Korean
    (0xA960, 0xA97F, "fonts-noto-cjk"),
    (0xAC00, 0xD7FF, "fonts-noto-cjk"),
    (0xF900, 0xFAFF, "fonts-noto-cjk"),
    (0xFE30, 0xFE4F, "fonts-noto-cjk"),
    (0xFF00, 0xFFEF, "fonts-noto-cjk"),
)
_OTHER_PACKAGE = "fonts-noto-core"  # nearly all other scripts
_FONTS = {
    "fonts-hanazono": "HanaMin",
    "fonts-noto-cjk": "Noto Sans CJK",
    "fonts-noto-core": "Noto Sans",
    "fonts-symbola": "Symbola",
}
_SHOWN = 5  # characters in a message


def choose_families(texts: Iterable[str]) -> tuple[list[str], set[str]]:
    """Choose font families that together have the characters of some texts.

    Parameters
    ----------
    texts : iterable of str

    Returns
    -------
    families : list of str
        matplotlib's own first, which are kept wherever they have a character.
    missing : set of str
        Characters that no installed font has.
    """
    manager = importlib.import_module("matplotlib.font_manager")
    families = list(importlib.import_module("matplotlib").rcParams["font.family"])
    missing = {char for text in texts for char in text if not char.isspace()}
    for family in families:
        missing -= _characters_of(manager, family)
    for names in (_installed(manager), _just_installed(manager)):
        if missing:
            found = _covering(manager, names, missing)
            families += found
            missing = missing.difference(
                *(_characters_of(manager, name) for name in found)
            )
    return families, missing


def missing_message(missing: set[str]) -> str:
    """Say which characters no font has, and which packages bring one."""
    some = sorted(missing)
    shown = ", ".join(f"{char} (U+{ord(char):04X})" for char in some[:_SHOWN])
    shown += ", ..." if len(some) > _SHOWN else ""
    packages = sorted({_package_for(char) for char in some})
    return (
        f"no installed font has {len(some):,} of the characters: {shown}; {NO_GLYPH} "
        f"stands for them. Install one: on Debian and Ubuntu, "
        f"apt install {' '.join(packages)}; elsewhere, the font "
        f"{' and '.join(_FONTS[package] for package in packages)}."
    )


def _package_for(char: str) -> str:
    fits = (name for low, high, name in _PACKAGES if low <= ord(char) <= high)
    return next(fits, _OTHER_PACKAGE)


def _installed(manager: Any) -> Iterator[str]:
    """Yield the families that matplotlib has in its list."""
    entries = manager.fontManager.ttflist
    yield from sorted({entry.name for entry in entries if entry.style == "normal"})


def _just_installed(manager: Any) -> Iterator[str]:
    """Yield families that were installed since matplotlib made its list."""
    known = {entry.fname for entry in manager.fontManager.ttflist}
    before = set(_installed(manager))
    for path in sorted(set(manager.findSystemFonts()) - known):
        # Some are of kinds that it cannot draw; bitmaps, say.
        with contextlib.suppress(Exception):
            manager.fontManager.addfont(path)
    yield from sorted(set(_installed(manager)) - before)


def _covering(manager: Any, names: Iterator[str], wanted: set[str]) -> list[str]:
    """Choose families until they have all that is wanted, or no other one helps."""
    with _no_talk_of_weights():
        has = {name: _characters_of(manager, name) & wanted for name in names}
    likely = _regions(wanted)
    chosen, left = [], set(wanted)
    while left and has:
        best = min(
            has,
            key=lambda name: (
                -len(has[name] & left),
                "Mono" in name,
                "Serif" in name,
                not name.endswith(likely),
                name,
            ),
        )
        if not has[best] & left:
            break
        chosen.append(best)
        left -= has[best]
    return chosen


@contextlib.contextmanager
def _no_talk_of_weights() -> Iterator[None]:
    """Keep matplotlib from logging of each family that it has no normal weight."""
    logger = logging.getLogger("matplotlib.font_manager")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _regions(characters: set[str]) -> str:
    """Return the ending of a pan-CJK family for what the text seems to be."""
    if any("\u3040" <= char <= "\u30ff" for char in characters):
        return "JP"
    if any("\uac00" <= char <= "\ud7af" for char in characters):
        return "KR"
    return "SC"


def _characters_of(manager: Any, family: str) -> set[str]:
    """Return the characters of the font that matplotlib would take for a family."""
    if family.lower().startswith(_EMPTY_FONTS):
        return set()
    # A list: a name alone would be read as a pattern, in which "-" has a meaning.
    wanted = manager.FontProperties(family=[family])
    try:
        path = manager.findfont(wanted, fallback_to_default=False)
        return {chr(code) for code in manager.get_font(path).get_charmap()}
    except (ValueError, RuntimeError, OSError):  # not found, damaged
        return set()
