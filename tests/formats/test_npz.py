"""Words and vectors as named arrays: .npz, safetensors."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vfast.formats import npz
from w2vfast.formats.npz import from_arrays, read_npz, to_arrays, write_npz

ODD_WORDS = ["plain", "new york", "月", "", "a\nb", "nul\0", "\udcff", "back\\slash"]
any_word = st.one_of(st.text(st.characters(codec="utf-8")), st.sampled_from(ODD_WORDS))


def some_vectors(n_rows, dim=3, dtype=np.float32):
    return np.random.default_rng(1).normal(size=(n_rows, dim)).astype(dtype)


def packed(**changes):
    """The arrays of two words, some of them replaced, or left out if None."""
    held = to_arrays(["a", "bc"], some_vectors(2), np.array([5, 3]))
    return {name: x for name, x in {**held, **changes}.items() if x is not None}


def npz_file(tmp_path, save=np.savez, **members):
    path = tmp_path / "vectors.npz"
    save(path, **members)
    return path


# --- words as arrays --------------------------------------------------------------


@given(st.lists(any_word))
def test_any_words_come_back(words):
    held = from_arrays("file", to_arrays(words, some_vectors(len(words))))
    assert held.words == words
    assert held.counts is None


def test_integers_stay_integers():
    held = from_arrays("file", to_arrays([0, np.int64(17), 2**62], some_vectors(3)))
    assert held.words == [0, 17, 2**62]
    assert all(type(word) is int for word in held.words)


def test_words_of_two_kinds_are_refused():
    with pytest.raises(ValueError, match="1 of 2 words are integers"):
        to_arrays(["a", 1], some_vectors(2))


def test_the_words_may_be_an_array_of_strings():
    given_by_hand = {"vectors": some_vectors(2), "words": np.array(["a", "new york"])}
    assert from_arrays("file", given_by_hand).words == ["a", "new york"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"vectors": None}, "expected arrays 'vectors' and 'words', found words"),
        ({"words": None}, "expected arrays 'vectors' and 'words', found vectors"),
        ({"vectors": np.zeros(3, np.float32)}, r"2-D .* got float32 of shape \(3,\)"),
        ({"vectors": np.zeros((2, 3), int)}, "floating-point numbers, got int64"),
        ({"vectors": some_vectors(3)}, r"do not belong together: 2 words.*\(3, 3\)"),
        ({"counts": np.array([1])}, r"do not belong together.*counts int64 \(1,\)"),
        ({"counts": np.array([0.5, 1])}, "do not belong together.*counts float64"),
        ({"word_ends": None}, "'words' must be uint8 with its 'word_ends'"),
        ({"word_ends": np.array([1, 2])}, "'words' must be uint8"),
        ({"word_ends": np.array([4, 3])}, "'words' must be uint8"),
        ({"word_ends": np.array([-1, 3])}, "'words' must be uint8"),
        ({"word_ends": np.array([1.0, 3.0])}, "'words' must be uint8"),
        ({"words": np.zeros((3, 1), np.uint8)}, "'words' must be uint8"),
        ({"words": np.zeros(2), "word_ends": None}, "'words' must be .* got float64"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes, reason):
    with pytest.raises(ValueError, match=f"file: .*{reason}"):
        from_arrays("file", packed(**changes))


# --- .npz -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_npz_comes_back(tmp_path, dtype):
    vectors = some_vectors(len(ODD_WORDS), dtype=dtype)
    counts = np.arange(len(ODD_WORDS))
    path = tmp_path / "vectors.npz"
    with open(path, "wb") as file:
        write_npz(file, to_arrays(ODD_WORDS, vectors, counts))
    held = read_npz(path)
    assert held.words == ODD_WORDS
    assert held.vectors.dtype == dtype
    assert np.array_equal(held.vectors, vectors)
    assert held.counts.tolist() == counts.tolist()


def test_numpy_alone_reads_what_was_written(tmp_path):
    with open(tmp_path / "vectors.npz", "wb") as file:
        write_npz(file, packed())
    with np.load(tmp_path / "vectors.npz") as loaded:
        assert np.array_equal(loaded["vectors"], some_vectors(2))
        text, ends = bytes(loaded["words"]), loaded["word_ends"].tolist()
    words = [text[a:b].decode() for a, b in zip([0, *ends], ends, strict=False)]
    assert words == ["a", "bc"]


def test_the_same_arrays_are_the_same_bytes():
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        write_npz(file, packed())
    assert files[0].getvalue() == files[1].getvalue()
    for member in zipfile.ZipFile(files[0]).infolist():
        assert member.date_time == (1980, 1, 1, 0, 0, 0)  # not the time of writing


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_of_numpy_is_read(tmp_path, save):
    vectors = np.asfortranarray(some_vectors(2).astype(">f4"))
    path = npz_file(
        tmp_path, save, vectors=vectors, words=np.array(["a", "b"]), other=1
    )
    held = read_npz(path)
    assert held.words == ["a", "b"]
    assert held.vectors.dtype == np.dtype(np.float32)
    assert np.array_equal(held.vectors, vectors)


def test_npz_cut_anywhere_is_refused(tmp_path):
    path = npz_file(tmp_path, **packed())
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"vectors\.npz: expected an \.npz file"):
            read_npz(path)


def test_a_damaged_byte_is_noticed(tmp_path):
    path = npz_file(tmp_path, vectors=some_vectors(50), words=np.arange(50))
    content = bytearray(path.read_bytes())
    content[content.index(some_vectors(50).tobytes()) + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"vectors\.npz: .*CRC"):
        read_npz(path)


def test_pickles_in_npz_are_never_loaded(tmp_path):
    path = npz_file(tmp_path, vectors=some_vectors(1), words=np.array([None], object))
    with pytest.raises(ValueError, match=r"vectors\.npz: "):
        read_npz(path)


def npz_that_announces(tmp_path, shape, how=zipfile.ZIP_STORED, lie=False):
    """An archive whose vectors have 99 values, whatever their header says."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    member = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    path = npz_file(tmp_path, words=np.arange(3))
    with zipfile.ZipFile(path, "a", how) as archive:
        archive.writestr("vectors.npy", member + bytes(4 * 99))
        if lie:  # the archive's own list says it too
            archive.filelist[-1].file_size = len(member) + 4 * shape[0] * shape[1]
    return path


@pytest.mark.parametrize("n_rows", [10**7, 10**15, 10**30])
@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_array_that_announces_the_moon_costs_no_memory(tmp_path, n_rows, how):
    path = npz_that_announces(tmp_path, (n_rows, 99), how)
    with pytest.raises(ValueError, match=rf"vectors\.npy announces .*\({n_rows}, 99\)"):
        read_npz(path)


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_lies_with_its_array_costs_no_memory(tmp_path, how):
    path = npz_that_announces(tmp_path, (10**7, 99), how, lie=True)
    with pytest.raises(ValueError, match=r"vectors\.npy announces 3960000128 bytes"):
        read_npz(path)


@pytest.mark.parametrize("n_rows", [2, 4])
def test_an_array_with_more_or_fewer_bytes_than_it_announces_is_refused(
    tmp_path, n_rows
):
    assert read_npz(npz_that_announces(tmp_path, (3, 33))).vectors.shape == (3, 33)
    path = npz_that_announces(tmp_path, (n_rows, 33))
    with pytest.raises(ValueError, match=r"announces \d+ bytes .* and has 524"):
        read_npz(path)


def test_a_missing_npz_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "missing.npz")


# --- safetensors ------------------------------------------------------------------


def test_without_the_package_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(npz.importlib, "import_module", missing)
    for use in (
        lambda: npz.read_safetensors(tmp_path / "x.safetensors"),
        lambda: npz.safetensors_bytes(packed()),
    ):
        with pytest.raises(ImportError, match=r'pip install "w2vfast\[hf\]"'):
            use()


@pytest.fixture
def safetensors():
    return pytest.importorskip("safetensors.numpy", reason="safetensors is missing")


def written(tmp_path, held):
    path = tmp_path / "vectors.safetensors"
    path.write_bytes(npz.safetensors_bytes(held))
    return path


@pytest.mark.peer
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_safetensors_come_back(tmp_path, safetensors, dtype):
    vectors = some_vectors(len(ODD_WORDS), dtype=dtype)
    path = written(tmp_path, to_arrays(ODD_WORDS, vectors))
    held = npz.read_safetensors(path)
    assert held.words == ODD_WORDS
    assert held.vectors.dtype == dtype
    assert np.array_equal(held.vectors, vectors)


@pytest.mark.peer
def test_safetensors_reads_what_was_written(tmp_path, safetensors):
    loaded = safetensors.load_file(written(tmp_path, packed()))
    assert sorted(loaded) == ["counts", "vectors", "word_ends", "words"]
    assert np.array_equal(loaded["vectors"], some_vectors(2))
    assert bytes(loaded["words"]) == b"abc"


@pytest.mark.peer
def test_strided_vectors_are_written_without_their_padding(tmp_path, safetensors):
    wide = some_vectors(2, dim=8)
    held = to_arrays(["a", "b"], wide[:, :3])
    loaded = npz.read_safetensors(written(tmp_path, held))
    assert np.array_equal(loaded.vectors, wide[:, :3])


@pytest.mark.peer
def test_safetensors_cut_anywhere_are_refused(tmp_path, safetensors):
    path = written(tmp_path, packed())
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"expected a safetensors file"):
            npz.read_safetensors(path)
    path.write_bytes(whole + b"more")
    with pytest.raises(ValueError, match=r"expected a safetensors file"):
        npz.read_safetensors(path)


@pytest.mark.peer
def test_safetensors_without_words_say_what_they_hold(tmp_path, safetensors):
    path = tmp_path / "model.safetensors"
    safetensors.save_file({"embeddings": some_vectors(2)}, path)
    with pytest.raises(ValueError, match=r"'vectors' and 'words', found embeddings"):
        npz.read_safetensors(path)


@pytest.mark.peer
def test_a_type_that_safetensors_does_not_know_is_refused(safetensors):
    if np.dtype(np.longdouble).itemsize <= 8:
        pytest.skip("long double is double here")
    with pytest.raises(ValueError, match="no type for 'vectors'"):
        npz.safetensors_bytes(packed(vectors=some_vectors(2, dtype=np.longdouble)))


@pytest.mark.peer
def test_missing_safetensors_are_the_systems_error(tmp_path, safetensors):
    with pytest.raises(FileNotFoundError, match=r"missing\.safetensors"):
        npz.read_safetensors(tmp_path / "missing.safetensors")
