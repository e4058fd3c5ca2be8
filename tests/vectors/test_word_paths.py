"""Codes and points of the words of a model with hierarchical softmax."""

import copy
import pickle

import numpy as np
import pytest

from w2vfast import Word2Vec

SMALL = {"vector_size": 4, "workers": 1, "min_count": 1}
TEXT = [["a"] * 9 + ["b"] * 5 + ["c"] * 4 + ["d"] * 2 + ["e"]] * 3


def path_of(wv, word):
    return wv.get_vecattr(word, "code").tolist(), wv.get_vecattr(word, "point").tolist()


@pytest.mark.parametrize("mode", ["fast", "exact"])
def test_codes_are_huffmans_and_points_are_rows_of_syn1(mode):
    model = Word2Vec(TEXT, hs=1, negative=0, mode=mode, **SMALL)
    paths = {word: path_of(model.wv, word) for word in model.wv.index_to_key}
    codes = ["".join(map(str, code)) for code, _ in paths.values()]
    prefixes = {code[:n] for code in codes for n in range(len(code))}
    assert prefixes.isdisjoint(codes)
    assert sum(2.0 ** -len(code) for code in codes) == 1
    assert len(paths["a"][0]) < len(paths["e"][0])
    root = 0 if mode == "fast" else len(model.wv) - 2
    for code, points in paths.values():
        assert len(code) == len(points)
        assert points[0] == root
        assert max(points) < len(model.wv) - 1


def test_the_path_is_the_one_that_is_trained():
    model = Word2Vec(hs=1, negative=0, sg=1, sample=0, alpha=0.5, **SMALL)
    model.build_vocab(TEXT)
    before = model.syn1.copy()
    model.train([["a", "e"]], epochs=1)
    changed = np.flatnonzero((model.syn1 != before).any(axis=1)).tolist()
    both = {*path_of(model.wv, "a")[1], *path_of(model.wv, "e")[1]}
    assert changed == sorted(both)


def test_paths_follow_a_growth_of_the_vocabulary():
    model = Word2Vec(TEXT, hs=1, **SMALL)
    wv, before = model.wv, path_of(model.wv, "a")
    model.build_vocab([["f"] * 99, ["g"] * 98], update=True)
    assert len(path_of(wv, "a")[0]) > len(before[0])
    assert path_of(wv, "f")[0] != path_of(wv, "g")[0]


def test_other_vectors_have_no_paths():
    wv = Word2Vec(TEXT, hs=1, **SMALL).wv
    for other in (
        Word2Vec(TEXT, **SMALL).wv,
        copy.deepcopy(wv),
        pickle.loads(pickle.dumps(wv)),
    ):
        with pytest.raises(KeyError, match="no key has an attribute 'code'"):
            other.get_vecattr("a", "code")
