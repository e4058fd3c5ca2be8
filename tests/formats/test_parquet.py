"""Parquet: round trips, other programs' files, damage.  Needs pyarrow."""

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.formats import parquet
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions

pytestmark = pytest.mark.peer
pa = pytest.importorskip("pyarrow")
files = pytest.importorskip("pyarrow.parquet")

ODD_WORDS = ["plain", "new york", "月", "", "a\nb", "nul\0", "back\\slash"]
DRAW = np.random.default_rng(1)


def read(path, **options):
    return parquet.read(str(path), ReadOptions(**options))


def write(path, held):
    parquet.write(str(path), held, WriteOptions())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("words", [ODD_WORDS, [*ODD_WORDS[1:], "\udcff"], range(7)])
def test_words_vectors_and_counts_survive_a_round_trip(words, dtype, tmp_path):
    words = list(words)
    vectors = DRAW.normal(size=(len(words), 3)).astype(dtype)
    counts = np.arange(len(words))
    write(tmp_path / "v", Contents(words, vectors, counts))
    held = read(tmp_path / "v")
    assert held.words == words
    assert held.vectors.dtype == dtype
    assert np.array_equal(held.vectors, vectors)
    assert held.counts.tolist() == counts.tolist()
    assert read(tmp_path / "v", limit=2).words == words[:2]


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_vectors_without_rows_or_columns(shape, tmp_path):
    words = ["a", "b"][: shape[0]]
    write(tmp_path / "v", Contents(words, np.zeros(shape, np.float32)))
    held = read(tmp_path / "v")
    assert (held.words, held.vectors.shape, held.counts) == (words, shape, None)


def test_other_byte_orders_are_written(tmp_path):
    write(tmp_path / "v", Contents(["a"], np.array([[1, 2]], ">f4")))
    held = read(tmp_path / "v")
    assert (held.vectors.dtype, held.vectors.tolist()) == (np.float32, [[1, 2]])


def test_strings_that_are_no_utf8_keep_their_bytes(tmp_path):
    ends = pa.py_buffer(np.array([0, 2, 3], np.int32))
    keys = pa.StringArray.from_buffers(2, ends, pa.py_buffer(b"a\xffb"))
    table = pa.table({"key": keys, "vector": [[1.0], [2.0]]})
    files.write_table(table, tmp_path / "v")
    assert read(tmp_path / "v").words == ["a\udcff", "b"]


def test_keyed_vectors_are_saved_by_the_suffix(tmp_path):
    wv = KeyedVectors(["a", "b"], [[1.0, 2.0], [3.0, 4.0]])
    wv.save(tmp_path / "v.parquet")
    loaded = KeyedVectors.load(tmp_path / "v.parquet")
    assert loaded.index_to_key == ["a", "b"]
    assert loaded.vectors.tolist() == wv.vectors.tolist()
    assert files.read_table(tmp_path / "v.parquet").column_names == ["key", "vector"]


def test_lists_of_equal_length_and_categories_are_read(tmp_path):
    keys = pa.array(["a", "b"]).dictionary_encode()
    table = pa.table({"vector": [[1.0, 2.0], [3.0, 4.0]], "key": keys, "more": [1, 2]})
    files.write_table(table, tmp_path / "v")
    held = read(tmp_path / "v")
    assert held.words == ["a", "b"]
    assert held.vectors.tolist() == [[1, 2], [3, 4]]


def test_large_keys_keep_their_values(tmp_path):
    keys = pa.array([2**63 + 5, 7], pa.uint64())
    table = pa.table({"key": keys, "vector": [[1.0], [2.0]]})
    files.write_table(table, tmp_path / "v")
    assert read(tmp_path / "v").words == [2**63 + 5, 7]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"word": ["a"], "vector": [[1.0]]}, "'key' and 'vector', found 'word', 'vec"),
        ({"key": ["a", None], "vector": [[1.0], [2.0]]}, "'key' holds string, or null"),
        ({"key": [1.5], "vector": [[1.0]]}, "'key' holds double"),
        ({"key": [1, None], "vector": [[1.0], [1.0]]}, "'key' holds int64, or nulls"),
        ({"key": ["a", "b"], "vector": [[1.0], [2.0, 3.0]]}, "all of one length"),
        ({"key": ["a", "b"], "vector": [[1.0], None]}, "without nulls"),
        ({"key": ["a"], "vector": [[1.0, None]]}, "without nulls"),
        ({"key": ["a"], "vector": [[1]]}, "'vector' holds list<.*int64>; it must"),
        ({"key": ["a"], "vector": [1.0]}, "'vector' holds double; it must hold lists"),
        ({"key": ["a"], "vector": [[1.0]], "count": [0.5]}, "'count' holds double"),
        ({"key": ["a"], "vector": [[1.0]], "count": [-5]}, "'count' must be .* got -5"),
        (
            {"key": ["a"], "vector": [[1.0]], "count": np.array([2**63])},
            "'count' .* got 922337",
        ),
        ({"key": ["a"], "vector": [[np.inf]]}, r"vector of 'a' \(row 1\) contains"),
    ],
)
def test_other_tables_are_an_error_that_names_the_file(columns, message, tmp_path):
    files.write_table(pa.table(columns), tmp_path / "v")
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path / "v")
    assert str(tmp_path / "v") in str(caught.value)


def test_a_file_that_is_no_table_is_an_error(tmp_path):
    write(tmp_path / "v", Contents(["a"], np.ones((1, 2))))
    whole = (tmp_path / "v").read_bytes()
    for content in (b"", b"text", whole[:-9], whole[20:]):
        (tmp_path / "v").write_bytes(content)
        with pytest.raises(ValueError, match="expected a Parquet file, but"):
            read(tmp_path / "v")
