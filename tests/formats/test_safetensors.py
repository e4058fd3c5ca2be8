"""safetensors files; needs the package of that name."""

import numpy as np
import pytest

from w2vfast.formats import safetensors as our_safetensors
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions

safetensors = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
pytestmark = pytest.mark.peer

ODD_WORDS = ["plain", "new york", "月", "", "a\nb", "nul\0", "\udcff", "back\\slash"]
VECTORS = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
HELD = Contents(["a", "bc"], VECTORS, np.array([5, 3]))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.safetensors"


def read(path):
    return our_safetensors.read(str(path), ReadOptions())


def write(path, held=HELD):
    our_safetensors.write(str(path), held, WriteOptions())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_words_and_vectors_survive_a_round_trip(path, dtype):
    vectors = np.random.default_rng(1).normal(size=(len(ODD_WORDS), 3)).astype(dtype)
    write(path, Contents(ODD_WORDS, vectors))
    held = read(path)
    assert held.words == ODD_WORDS
    assert held.vectors.dtype == dtype
    assert np.array_equal(held.vectors, vectors)
    assert held.counts is None


def test_the_package_alone_reads_what_was_written(path):
    write(path)
    loaded = safetensors.load_file(path)
    assert sorted(loaded) == ["counts", "vectors", "word_ends", "words"]
    assert np.array_equal(loaded["vectors"], VECTORS)
    assert bytes(loaded["words"]) == b"abc"


def test_strided_vectors_are_written_without_their_padding(path):
    wide = np.arange(16, dtype=np.float32).reshape(2, 8)
    write(path, Contents(["a", "b"], wide[:, :3]))
    assert np.array_equal(read(path).vectors, wide[:, :3])


def test_a_file_truncated_or_extended_is_an_error(path):
    write(path)
    whole = path.read_bytes()
    for content in [whole[:length] for length in range(0, len(whole), 7)] + [
        whole + b"more"
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"expected a safetensors file"):
            read(path)


def test_a_file_without_words_lists_its_arrays(path):
    safetensors.save_file({"embeddings": VECTORS}, path)
    with pytest.raises(ValueError, match=r"'vectors' and 'words', found embeddings"):
        read(path)


def test_a_type_that_the_format_lacks_is_an_error(path):
    if np.dtype(np.longdouble).itemsize <= 8:
        pytest.skip("long double is double here")
    with pytest.raises(ValueError, match="no type for 'vectors'"):
        write(path, HELD._replace(vectors=VECTORS.astype(np.longdouble)))
    assert not path.exists()


def test_a_missing_file_is_the_systems_error(path):
    with pytest.raises(FileNotFoundError, match=r"vectors\.safetensors"):
        read(path)
