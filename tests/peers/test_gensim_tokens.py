"""The tokens of `SimpleTokenizer` beside those of gensim's `simple_preprocess`."""

import random

import pytest
from helpers import SOURCE
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.text.tokenizers import SIMPLE, SimpleTokenizer

pytestmark = pytest.mark.peer
utils = pytest.importorskip("gensim.utils")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n")))
def test_any_text_has_the_same_tokens(text):
    assert SIMPLE(text) == utils.simple_preprocess(text)


def test_long_texts_of_every_script_have_the_same_tokens():
    draw = random.Random(1)
    points = [c for c in range(32, 0x30000) if not 0xD800 <= c < 0xE000]
    for _ in range(50):
        start = draw.randrange(len(points) - 300)
        script = [*points[start : start + 300], 0x3A3, 0x130, *range(32, 127), 95, 95]
        text = "".join(map(chr, draw.choices(script, k=4000)))
        assert SIMPLE(text) == utils.simple_preprocess(text)


any_settings = st.builds(
    lambda deacc, least, more: (deacc, least, least + more),
    st.booleans(),
    st.integers(1, 5),
    st.integers(0, 20),
)
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))


@given(any_text, any_settings)
def test_any_settings_give_the_same_tokens(text, settings):
    deacc, least, most = settings
    expected = utils.simple_preprocess(text, deacc, least, most)
    assert SimpleTokenizer(deacc, least, most)(text) == expected


@pytest.mark.parametrize("start", range(0, 0x30000, 0x8000))
def test_every_character_has_the_same_letter_without_accents(start):
    points = [c for c in range(start, start + 0x8000) if not 0xD800 <= c < 0xE000]
    split = SimpleTokenizer(remove_accents=True, min_length=1, max_length=99)
    for size in (1, 100):
        for k in range(0, len(points), 100):
            chars = points[k : k + 100]
            text = " ".join(f"ab{chr(c)}cd {chr(c)}e" for c in chars)
            if size == 1:  # of each alone, which no other sends to Python
                for c in chars:
                    word = f"ab{chr(c)}cd"
                    assert split(word) == utils.simple_preprocess(word, True, 1, 99)
            else:
                assert split(text) == utils.simple_preprocess(text, True, 1, 99)


def test_marks_join_as_in_gensim():
    draw = random.Random(1)
    split = SimpleTokenizer(remove_accents=True, min_length=1, max_length=99)
    ranges = [(0x300, 0x370), (0x900, 0xE00), (0x1100, 0x1200), (0x1B00, 0x1B80)]
    ranges += [(0xAC00, 0xAC40), (0x11300, 0x11400), (0x1E00, 0x2000), (0x3B0, 0x400)]
    for low, high in ranges * 10:
        points = [*range(low, high), *range(0x300, 0x310), *range(97, 105), 32, 32]
        text = "".join(map(chr, draw.choices(points, k=3000)))
        for line in text.split(" "):  # short, so that few go to Python
            assert split(line) == utils.simple_preprocess(line, True, 1, 99)


def test_real_text_has_the_same_tokens():
    text = (SOURCE.parent / "CHANGELOG.md").read_text("utf-8") + "Été à Zürich. " * 20
    for deacc in (False, True):
        expected = utils.simple_preprocess(text, deacc, 1, 30)
        assert SimpleTokenizer(deacc, 1, 30)(text) == expected
