"""Files that earlier versions saved are loaded for ever.

``python tests/test_old_files.py`` writes those of this version to
``tests/data/golden/saved``; those that are there are never replaced.
"""

import sys

import numpy as np
import pytest
from helpers import GOLDEN

from w2vfast import KeyedVectors, Phrases, Word2Vec

FOLDER = GOLDEN / "saved"
SENTENCES = [["new", "york", "café"], ["new", "york", "東京"]] * 5
VECTORS = ("1-vectors", "1-vectors.npz", "1-vectors.bin", "1-vectors.txt")


def made_vectors():
    vectors = KeyedVectors(3)
    values = np.arange(12, dtype=np.float32).reshape(4, 3) / 8
    vectors.add_vectors(["new", "york", "café", "東京"], values)
    for word, count in (("new", 10), ("york", 10), ("café", 5), ("東京", 5)):
        vectors.set_vecattr(word, "count", count)
    return vectors


def made_model():
    return Word2Vec(
        SENTENCES,
        vector_size=3,
        min_count=1,
        hs=1,
        workers=1,
        epochs=2,
        freeze=["york"],
        sample=0,
    )


def made_phrases():
    return Phrases(SENTENCES, min_count=1, threshold=0.1)


MAKERS = {
    **dict.fromkeys(VECTORS, made_vectors),
    "1-model": made_model,
    "1-phrases.json": made_phrases,
}


@pytest.mark.parametrize("name", VECTORS)
def test_old_vectors_are_loaded(name):
    old, new = KeyedVectors.load(FOLDER / name), made_vectors()
    assert old.index_to_key == new.index_to_key
    assert old.vectors.tobytes() == new.vectors.tobytes()
    if name in ("1-vectors", "1-vectors.npz"):
        assert old.get_vecattr("café", "count") == 5


def test_an_old_model_is_loaded_and_trained_on():
    model = Word2Vec.load(FOLDER / "1-model")
    assert sorted(model.wv.index_to_key) == ["café", "new", "york", "東京"]
    assert [stats.epoch for stats in model.history] == [0, 1]
    assert model.params.hs
    assert model.vector_size == 3
    frozen, free = model.wv["york"].copy(), model.wv["new"].copy()
    model.train(SENTENCES, total_examples=10, epochs=1)
    assert (model.wv["york"] == frozen).all()
    assert (model.wv["new"] != free).any()


def test_old_phrases_are_loaded():
    joined = Phrases.load(FOLDER / "1-phrases.json")[["new", "york", "café"]]
    assert joined == made_phrases()[["new", "york", "café"]]
    assert "new_york" in joined


def test_every_old_file_is_tested():
    assert {path.name for path in FOLDER.iterdir()} == {*MAKERS}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in MAKERS.items():
        if not (FOLDER / name).exists():
            make().save(FOLDER / name)
            sys.stdout.write(f"{FOLDER / name}\n")
