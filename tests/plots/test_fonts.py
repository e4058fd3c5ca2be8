"""Fonts for the characters of a picture, or who brings one."""

import warnings

import pytest

from w2vfast.plots import fonts

pytest.importorskip("matplotlib", reason="matplotlib is not installed")

from matplotlib import font_manager
from matplotlib.font_manager import fontManager

HAN, KANA, OLD = "月山酒", "のは", "\U0001f980"


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
    """A machine that has no font but matplotlib's own; returns a function to add some.

    A font is known to matplotlib, or was installed after it made its list.
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
        # fontTools and matplotlib may speak of each other's ways.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield install


def test_what_the_usual_font_has_needs_no_other(machine):
    machine("Other Sans", "abcé", known=True)
    assert fonts.choose_families(["abc", "é ü"]) == (["sans-serif"], set())


@pytest.mark.parametrize("known", [True, False])
def test_an_installed_font_that_has_the_characters_is_found(machine, known):
    machine("Han Sans", HAN, known=known)
    families, missing = fonts.choose_families(["a" + HAN])
    assert families == ["sans-serif", "Han Sans"]
    assert not missing


def test_a_text_may_need_several_fonts(machine):
    machine("Han Sans", HAN, known=True)
    machine("Kana Sans", KANA)
    families, missing = fonts.choose_families([HAN, KANA, OLD])
    assert families == ["sans-serif", "Han Sans", "Kana Sans"]
    assert missing == {OLD}


def test_the_font_with_the_most_characters_is_preferred_then_the_plainest(machine):
    machine("A Few Sans", HAN[:1], known=True)
    machine("Han Mono", HAN, known=True)
    machine("Han Serif", HAN, known=True)
    machine("Han Sans", HAN, known=True)
    assert fonts.choose_families([HAN])[0] == ["sans-serif", "Han Sans"]


@pytest.mark.parametrize(
    ("text", "region"), [(HAN, "SC"), (HAN + KANA, "JP"), (HAN + "한", "KR")]
)
def test_chinese_japanese_and_korean_have_their_own_forms(machine, text, region):
    for name in ("JP", "KR", "SC"):
        machine(f"Pan CJK {name}", HAN + KANA + "한", known=True)
    assert fonts.choose_families([text])[0] == ["sans-serif", f"Pan CJK {region}"]


def test_fonts_that_draw_boxes_for_everything_do_not_count(machine):
    machine("Last Resort", HAN, known=True)
    families, missing = fonts.choose_families([HAN])
    assert families == ["sans-serif"]
    assert missing == set(HAN)


def test_a_file_that_is_no_font_does_not_disturb(machine, monkeypatch, tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font")
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [str(broken)])
    assert fonts.choose_families([HAN])[1] == set(HAN)


@pytest.mark.parametrize(
    ("character", "package", "font"),
    [
        ("月", "fonts-noto-cjk", "Noto Sans CJK"),
        ("の", "fonts-noto-cjk", "Noto Sans CJK"),
        ("한", "fonts-noto-cjk", "Noto Sans CJK"),
        ("Ａ", "fonts-noto-cjk", "Noto Sans CJK"),
        ("क", "fonts-noto-core", "Noto Sans"),
        ("ก", "fonts-noto-core", "Noto Sans"),
        ("ꀀ", "fonts-noto-core", "Noto Sans"),
        ("🦀", "fonts-symbola", "Symbola"),
        ("\U00020000", "fonts-hanazono", "HanaMin"),
    ],
)
def test_the_message_names_a_package_that_has_the_character(character, package, font):
    message = fonts.missing_message({character})
    assert f"{character} (U+{ord(character):04X})" in message
    assert f"apt install {package};" in message
    assert message.endswith(f"the font {font}.")


def test_the_message_names_some_of_many_characters_and_all_packages():
    message = fonts.missing_message({*"月山酒花馬雪", "🦀"})
    assert "has 7 of the characters: 山 (U+5C71), " in message
    assert message.count("(U+") == 5
    assert "apt install fonts-noto-cjk fonts-symbola; " in message
