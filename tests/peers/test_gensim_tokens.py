"""The tokens of `tokenize="simple"` beside those of gensim's `simple_preprocess`."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.text.tokenizers import SIMPLE

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
