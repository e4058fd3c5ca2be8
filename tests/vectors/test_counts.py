"""Numbers that are asked for: whole numbers in any form, and a message for others."""

import io

import numpy as np
import pytest

from w2vfast import KeyedVectors, Word2Vec, save_map_page

WORDS = ["king", "queen", "man", "woman", "apple"]
ANALOGIES = ": x\nking man queen woman\n"
PAIRS = "king\tqueen\t9\nman\tapple\t1\nking\tman\t5\n"


@pytest.fixture(scope="module")
def wv():
    vectors = np.random.default_rng(1).normal(size=(len(WORDS), 6)).astype(np.float32)
    return KeyedVectors(WORDS, vectors)


def ask(wv, name, n, path):
    """Ask a question with `n` for one of its numbers."""
    questions = {
        "most_similar topn": lambda: wv.most_similar("king", topn=n),
        "most_similar restrict_vocab": lambda: wv.most_similar(
            "king", restrict_vocab=n
        ),
        "cosmul topn": lambda: wv.most_similar_cosmul("king", topn=n),
        "batch topn": lambda: wv.most_similar_batch(["king", "man"], topn=n),
        "similar_by_word topn": lambda: wv.similar_by_word("king", topn=n),
        "analogies restrict_vocab": lambda: wv.evaluate_word_analogies(
            io.StringIO(ANALOGIES), restrict_vocab=n
        ),
        "pairs restrict_vocab": lambda: wv.evaluate_word_pairs(
            io.StringIO(PAIRS), restrict_vocab=n
        ),
        "load limit": lambda: KeyedVectors.load(path, limit=n),
        "word2vec limit": lambda: KeyedVectors.load_word2vec_format(path, limit=n),
        "page top": lambda: save_map_page(path.with_name("map.html"), wv, top=n),
        "page neighbours": lambda: save_map_page(
            path.with_name("map.html"), wv, neighbours=n
        ),
        "memory vocab_size": lambda: Word2Vec().estimate_memory(n),
    }
    return questions[name]()


QUESTIONS = [
    *("most_similar topn", "most_similar restrict_vocab", "cosmul topn", "batch topn"),
    *("similar_by_word topn", "analogies restrict_vocab", "pairs restrict_vocab"),
    *("load limit", "word2vec limit", "page top", "page neighbours"),
    "memory vocab_size",
]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_whole_number_may_be_written_as_a_float(name, wv, tmp_path):
    wv.save(tmp_path / "v.txt")
    as_int, as_float = (
        repr(ask(wv, name, n, tmp_path / "v.txt")) for n in (4, np.float64(4))
    )
    assert as_float == as_int


@pytest.mark.parametrize("wrong", [1.5, "3", True, float("nan")])
@pytest.mark.parametrize("name", QUESTIONS)
def test_anything_else_is_refused_by_name(name, wrong, wv, tmp_path):
    wv.save(tmp_path / "v.txt")
    message = rf"^{name.split()[1]} must be a whole number.*, got {wrong!r} \("
    with pytest.raises(TypeError, match=message):
        ask(wv, name, wrong, tmp_path / "v.txt")
