"""gensim's classes are replaced by ours as the documentation says; the rest works."""

import re
from pathlib import Path

import pytest
from helpers import run_python

pytestmark = pytest.mark.peer
pytest.importorskip("gensim", reason="gensim is not installed; pip install gensim")

PAGE = Path(__file__).parents[2] / "docs" / "coming-from" / "gensim.md"
LIBRARY = """
import os
from gensim.models import FastText, KeyedVectors, Phrases, Word2Vec
from gensim.models.doc2vec import Doc2Vec, TaggedDocument
from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phraser, npmi_scorer
from gensim.models.poincare import PoincareModel
from gensim.models.word2vec import LineSentence, Text8Corpus, Word2Vec as Same
from gensim.models.word2vec import FAST_VERSION, MAX_WORDS_IN_BATCH, logger
import gensim.models.word2vec

assert Same is Word2Vec is w2vfast.Word2Vec
assert KeyedVectors is w2vfast.KeyedVectors
assert Phrases is w2vfast.Phrases is gensim.models.phrases.Phrases
assert LineSentence is w2vfast.LineSentence
assert Phraser is w2vfast.FrozenPhrases
assert npmi_scorer is w2vfast.phrases.npmi_scorer
text = ["a b c d".split() * 3]
os.mkdir("brown")
with open("brown/news", "w") as file:
    file.write("New/jj york/nn ./. is/bez\\n" * 20)
brown = Word2Vec(gensim.models.word2vec.BrownCorpus("brown"), vector_size=4)
assert sorted(brown.wv.index_to_key) == ["is/be", "new/jj", "york/nn"]
Word2Vec(text, vector_size=4, min_count=1).wv["a"]
models = {
    "document": Doc2Vec([TaggedDocument(text[0], [0])], vector_size=4, min_count=1),
    "fast": FastText(text, vector_size=4, min_count=1),
    "poincare": PoincareModel([("a", "b"), ("b", "c"), ("c", "d")], 2, negative=2),
}
for name, model in models.items():
    model.save(name)
    vectors = getattr(type(model).load(name), "wv", None)
    print(name, "a" in (vectors or type(model).load(name).kv))
"""


def test_the_lines_of_the_documentation_leave_the_rest_of_gensim_as_it_is(tmp_path):
    section = PAGE.read_text("utf-8").split("## Libraries that import gensim")[1]
    (lines,) = re.findall(r"```python\n(import sys\n.*?)```", section, re.S)
    done = run_python(lines + LIBRARY, cwd=tmp_path)
    assert done.stdout.split("\n")[:-1] == [
        "document True",
        "fast True",
        "poincare True",
    ], done.stderr
