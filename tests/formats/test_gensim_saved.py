"""Vectors that gensim saved are read, without executing anything of its pickles.

The golden files were written by gensim 4.4.0.  tests/peers/test_gensim_formats.py reads
what the installed gensim writes, and its files of older versions.
"""

import gzip
import os
import pickle
import shutil
import sys
import types

import numpy as np
import pytest
from helpers import GOLDEN

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.cli.main import main
from w2vfast.formats import gensim_saved

SAVED = GOLDEN / "gensim"
PICKLES = [path.name for path in SAVED.glob("*-4.4.0")]


@pytest.fixture(scope="module")
def expected():
    return KeyedVectors.load_word2vec_format(
        SAVED / "vectors.bin", SAVED / "counts.txt", binary=True
    )


@pytest.mark.parametrize("name", PICKLES)
def test_words_vectors_and_counts_are_gensims(expected, name):
    found = KeyedVectors.load(SAVED / name, kind="gensim")
    assert found.index_to_key == expected.index_to_key
    assert np.array_equal(found.vectors, expected.vectors)
    assert found.counts.tolist() == expected.counts.tolist()
    found.vectors[0] = 0  # they may be changed


def test_the_number_of_words_can_be_limited(expected):
    found = KeyedVectors.load(SAVED / "model-4.4.0", kind="gensim", limit=2)
    assert found.index_to_key == expected.index_to_key[:2]


def test_the_command_line_converts_them(expected, tmp_path, capsys):
    output = tmp_path / "vectors.kv"
    command = ["convert", str(SAVED / "model-4.4.0"), str(output)]
    assert main(command) == 1
    assert "w2vfast convert --from gensim" in capsys.readouterr().err
    assert main([*command, "--from", "gensim"]) == 0
    found = KeyedVectors.load(output)
    assert np.array_equal(found.vectors, expected.vectors)
    assert found.counts.tolist() == expected.counts.tolist()


@pytest.mark.parametrize("name", PICKLES)
def test_pickles_are_read_only_when_asked_for(name):
    with pytest.raises(ValueError, match=r"a pickle, as gensim's save .*kind='gensim'"):
        KeyedVectors.load(SAVED / name)
    with pytest.raises(ValueError, match=r"Word2Vec\.load\(.*, kind='gensim'\)"):
        Word2Vec.load(SAVED / name)


@pytest.mark.parametrize("data", [b"2 2\na 1 2\nb 2 3\n", b""])
def test_a_file_that_is_no_pickle_is_an_error(data, tmp_path):
    (tmp_path / "v").write_bytes(data)
    with pytest.raises(ValueError, match=r"gensim's save.*Leave out the kind"):
        KeyedVectors.load(tmp_path / "v", kind="gensim")


def test_the_kind_is_not_written(expected, tmp_path):
    with pytest.raises(ValueError, match="kind 'gensim' are only read"):
        expected.save(tmp_path / "file", kind="gensim")
    assert main(["convert", "x.txt", "y", "--to", "gensim"]) == 2


def test_a_missing_file_of_arrays_is_named(tmp_path):
    shutil.copy(SAVED / "separate-4.4.0", tmp_path / "renamed")
    with pytest.raises(ValueError, match=r"another file, '.*renamed\.vectors\.npy'"):
        KeyedVectors.load(tmp_path / "renamed", kind="gensim")


def test_a_file_of_arrays_is_read_without_pickles(tmp_path):
    shutil.copy(SAVED / "separate-4.4.0", tmp_path / "v")
    np.save(tmp_path / "v.vectors.npy", np.array([os.system], object))
    with pytest.raises(ValueError, match="the array announces object"):
        KeyedVectors.load(tmp_path / "v", kind="gensim")


def test_arrays_beside_a_compressed_file(tmp_path, expected):
    content = (SAVED / "separate-4.4.0").read_bytes()
    (tmp_path / "v.gz").write_bytes(gzip.compress(content))
    np.savez_compressed(tmp_path / "v.gz.vectors.npz", val=expected.vectors)
    found = KeyedVectors.load(tmp_path / "v.gz", kind="gensim")
    assert np.array_equal(found.vectors, expected.vectors)
    np.savez_compressed(tmp_path / "v.gz.vectors.npz", other=expected.vectors)
    with pytest.raises(ValueError, match="no table of floating-point numbers"):
        KeyedVectors.load(tmp_path / "v.gz", kind="gensim")


# --- other pickles ----------------------------------------------------------------


@pytest.fixture
def pickled(monkeypatch, tmp_path):
    """Return a function that pickles attributes as a gensim object, and its file."""
    module = types.ModuleType("gensim.models.keyedvectors")
    module.KeyedVectors = type("KeyedVectors", (), {"__module__": module.__name__})
    for name in ("gensim", "gensim.models"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)

    def write(**attributes):
        saved = module.KeyedVectors()
        saved.__dict__.update(attributes)
        (tmp_path / "file").write_bytes(pickle.dumps(saved))
        return tmp_path / "file"

    return write


def vectors(n=2):
    return np.arange(3 * n, dtype=np.float32).reshape(n, 3)


def test_arrays_of_any_order_and_type_of_numbers_are_read(pickled):
    for array in (
        vectors(),
        vectors().astype(">f4"),
        vectors().astype(np.float16),
        np.asfortranarray(vectors()),
        vectors()[::-1],
    ):
        path = pickled(index_to_key=["a", "b"], vectors=array)
        found = KeyedVectors.load(path, kind="gensim")
        assert found.vectors.tolist() == array.tolist()
        assert found.vectors.dtype.isnative
        assert found.counts is None


def test_integer_words_and_counts_of_numpy(pickled):
    words = [type("Vocab", (), {"__module__": "gensim.models.keyedvectors"})()] * 2
    sys.modules["gensim.models.keyedvectors"].Vocab = type(words[0])
    words[0].count = np.int64(7)
    path = pickled(
        index2word=[5, 3], syn0=vectors(), vocab=dict(zip([5, 3], words, strict=True))
    )
    found = KeyedVectors.load(path, kind="gensim")
    assert found.index_to_key == [5, 3]
    assert found.counts.tolist() == [7, 7]


def test_rows_at_the_end_without_a_word_are_left_out(pickled):
    path = pickled(
        index_to_key=["a", "b", None, None],
        vectors=vectors(4),
        expandos={"count": np.array([3, 2, 0, 0]), "x": np.arange(4)},
    )
    found = KeyedVectors.load(path, kind="gensim")
    assert found.index_to_key == ["a", "b"]
    assert found.vectors.tolist() == vectors().tolist()
    assert found.counts.tolist() == [3, 2]
    assert found.get_vecattr("b", "x") == 1


def test_attributes_of_words_are_read(pickled, tmp_path):
    attributes = {
        "small": np.array([1, 2], np.uint8),
        "share": np.array([0.5, 2], np.float32),
        "known": np.array([True, False]),
        "kind": np.array(["noun", None], object),
        "mixed": np.array([np.int64(3), 0.5], object),
        "code": np.array([[1], [0]], object),  # of gensim's own tree
        "sample_int": np.array([1, 2], np.uint32),  # of its subsampling
    }
    path = pickled(index_to_key=["a", "b"], vectors=vectors(), expandos=attributes)
    found = KeyedVectors.load(path, kind="gensim")
    del attributes["code"], attributes["sample_int"]
    assert list(found.expandos) == list(attributes)
    for name, values in attributes.items():
        assert found.expandos[name].tolist() == values.tolist()
    found.save(tmp_path / "again")
    assert KeyedVectors.load(tmp_path / "again").get_vecattr("a", "kind") == "noun"


@pytest.mark.parametrize(
    "values",
    [
        np.array([["noun"], None], object),
        np.array([2**64 - 1, 0], np.uint64),
        np.ones((2, 1)),
        np.ones(3),
        "ab",
    ],
)
def test_other_attributes_are_named(pickled, values):
    path = pickled(
        index_to_key=["a", "b"], vectors=vectors(), expandos={"kind": values}
    )
    with pytest.warns(UserWarning, match="attributes 'kind' of words are not read"):
        found = KeyedVectors.load(path, kind="gensim")
    assert found.expandos == {}


def test_a_dict_with_numbers_of_numpy_as_keys_is_passed_over(pickled):
    path = pickled(
        index_to_key=["a", "b"], vectors=vectors(), buckets={np.uint64(3): 1}
    )
    assert KeyedVectors.load(path, kind="gensim").index_to_key == ["a", "b"]


def test_attributes_that_share_an_array_have_limited_bytes(pickled, monkeypatch):
    monkeypatch.setattr(gensim_saved, "_FREE_BYTES", 100)
    shared = np.arange(2)
    path = pickled(
        index_to_key=["a", "b"],
        vectors=vectors(),
        expandos={f"x{n}": shared for n in range(1000)},
    )
    with pytest.warns(UserWarning, match="'x7', 'x8'.*, 'x16' of words are not read"):
        assert len(KeyedVectors.load(path, kind="gensim").expandos) == 7


WRONG = [
    (
        {
            "index_to_key": [("a", 1)],
            "vectors": vectors(1),
            "key_to_index": {("a", 1): 0},
        },
        "tuples, which are not read",
    ),
    ({"index_to_key": [None, "a"], "vectors": vectors()}, "not all strings or all int"),
    ({"vectors": vectors()}, "it holds no words"),
    ({"index_to_key": ["a", 1], "vectors": vectors()}, "not all strings or all int"),
    ({"index_to_key": "ab", "vectors": vectors()}, "not all strings or all integers"),
    ({"index_to_key": ["a"], "vectors": vectors()}, r"1 words and vectors .*\(2, 3\)"),
    ({"index_to_key": ["a", "b"]}, "vectors are in another file"),
    ({"index_to_key": ["a"], "vectors": [[1.0]]}, "not an array"),
    ({"index_to_key": ["a"], "vectors": np.array([["x"]])}, "not a type of numbers"),
    ({"index_to_key": ["a"], "vectors": np.array([[None]])}, "no table of floating"),
    ({"index_to_key": ["a"], "vectors": np.array([[1]])}, "no table of floating"),
    ({"index_to_key": ["a"], "vectors": np.ones(1)}, "no table of floating"),
    ({"index_to_key": ["a"], "vectors": np.ones((1, 1, 1))}, "not a table"),
    ({"index_to_key": ["a"], "vectors": np.array([[np.nan]])}, "not a finite"),
    (
        {"index_to_key": ["a"], "vectors": vectors(1), "expandos": {"count": [1]}},
        "not an array",
    ),
    (
        {"index_to_key": ["a"], "vectors": vectors(1), "vocab": {"b": None}},
        "not an integer",
    ),
    (
        {
            "index_to_key": ["a"],
            "vectors": vectors(1),
            "expandos": {"count": np.array([2**70])},
        },
        "not an integer of 64 bits",
    ),
]


@pytest.mark.parametrize(("attributes", "problem"), WRONG)
def test_what_is_no_saved_vectors_is_an_error(pickled, attributes, problem):
    with pytest.raises(ValueError, match=f"file.*{problem}"):
        KeyedVectors.load(pickled(**attributes), kind="gensim")


def test_an_array_has_the_size_of_its_values(pickled):
    path = pickled(index_to_key=["a", "b"], vectors=vectors())
    content = path.read_bytes()
    shape = b"K\x02K\x03\x86"
    assert content.count(shape) == 1
    path.write_bytes(content.replace(shape, b"M\xff\xffK\x03\x86"))
    with pytest.raises(ValueError, match=r"24 bytes are no array of shape \(65535, 3"):
        KeyedVectors.load(path, kind="gensim")


@pytest.mark.parametrize("place", ["index_to_key", "vectors", "anything"])
def test_what_a_pickle_calls_is_not_called(pickled, tmp_path, place):
    class Touches:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "called"),)

    path = pickled(**{"index_to_key": ["a"], "vectors": vectors(1), place: Touches()})
    with pytest.raises(ValueError, match=r"names '\w+\.mkdir'.* It was not executed"):
        KeyedVectors.load(path, kind="gensim")
    assert not (tmp_path / "called").exists()
