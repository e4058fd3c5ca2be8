"""Fonts that cover a text are found; otherwise a message says what is missing."""

import warnings

import pytest

from w2vfast.plots import fonts

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

from matplotlib import font_manager
from matplotlib.font_manager import fontManager

HAN, KANA, EMOJI = "月山酒", "のは", "\U0001f980"


def make_font(folder, name, characters):
    """Write a font in which each of the characters is a square."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for place in ((0, 0), (0, 800), (800, 800), (800, 0)):
        (pen.moveTo if place == (0, 0) else pen.lineTo)(place)
    pen.closePath()
    square = pen.glyph()
    names = {ord(char): f"u{ord(char):X}" for char in characters}
    order = [".notdef", *names.values()]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(order)
    font.setupCharacterMap(names)
    font.setupGlyf(dict.fromkeys(order, square))
    font.setupHorizontalMetrics(dict.fromkeys(order, (1000, 100)))
    font.setupHorizontalHeader(ascent=900, descent=-100)
    font.setupNameTable({"familyName": name, "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    path = folder / f"{name}.ttf"
    font.save(path)
    return str(path)


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Hide all fonts but matplotlib's own; return a function that installs one.

    `known` fonts are in matplotlib's list; the others were installed after it was made.
    """
    own = [entry for entry in fontManager.ttflist if entry.name == "DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", own)
    new = []
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: new)

    def install(name, characters, *, known=False):
        path = make_font(tmp_path, name, characters)
        if known:
            fontManager.addfont(path)
        else:
            new.append(path)

    with warnings.catch_warnings():
        # From fontTools and matplotlib, about their own code.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield install


def test_no_family_is_added_if_the_default_covers_the_text(machine):
    machine("Other Sans", "abcé", known=True)
    assert fonts.choose_families(["abc", "é ü"]) == (["sans-serif"], set())


@pytest.mark.parametrize("known", [True, False])
def test_an_installed_font_that_covers_the_text_is_found(machine, known):
    machine("Han Sans", HAN, known=known)
    families, missing = fonts.choose_families(["a" + HAN])
    assert families == ["sans-serif", "Han Sans"]
    assert not missing


def test_several_fonts_are_combined(machine):
    machine("Han Sans", HAN, known=True)
    machine("Kana Sans", KANA)
    families, missing = fonts.choose_families([HAN, KANA, EMOJI])
    assert families == ["sans-serif", "Han Sans", "Kana Sans"]
    assert missing == {EMOJI}


def test_the_font_that_covers_most_is_preferred_then_a_plain_sans_serif(machine):
    machine("A Few Sans", HAN[:1], known=True)
    machine("A Han Mono", HAN, known=True)
    machine("A Han Serif", HAN, known=True)
    machine("Han Sans", HAN, known=True)
    assert fonts.choose_families([HAN])[0] == ["sans-serif", "Han Sans"]


@pytest.mark.parametrize(
    ("text", "region"), [(HAN, "SC"), (HAN + KANA, "JP"), (HAN + "한", "KR")]
)
def test_pan_cjk_fonts_are_chosen_by_language(machine, text, region):
    for name in ("JP", "KR", "SC"):
        machine(f"Pan CJK {name}", HAN + KANA + "한", known=True)
    assert fonts.choose_families([text])[0] == ["sans-serif", f"Pan CJK {region}"]


def test_placeholder_fonts_are_ignored(machine):
    machine("Last Resort", HAN, known=True)
    families, missing = fonts.choose_families([HAN])
    assert families == ["sans-serif"]
    assert missing == set(HAN)


def test_a_damaged_font_file_is_ignored(machine, monkeypatch, tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(broken)])
    assert fonts.choose_families([HAN])[1] == set(HAN)


@pytest.mark.parametrize(
    ("character", "script"),
    [
        ("月", "CJK"),
        ("の", "Hiragana"),
        ("한", "Hangul"),
        ("क", "Devanagari"),
        ("٣", "Arabic-indic"),
        ("🦀", "symbols"),
        ("\U000e0041", "others"),
    ],
)
def test_the_message_names_the_script(character, script):
    message = fonts.missing_message({character})
    assert f"1 of the characters ({script}): " in message
    assert f"{character} (U+{ord(character):04X}); □ is drawn instead" in message
    assert "Install a font" in message


def test_the_message_shows_five_characters_and_all_scripts():
    message = fonts.missing_message({*"月山酒花馬雪", "🦀"})
    assert "7 of the characters (CJK, symbols): 山 (U+5C71), " in message
    assert message.count("(U+") == 5
