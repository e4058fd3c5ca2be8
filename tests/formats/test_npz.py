"""NumPy's .npz: round trips, NumPy's own files, damaged archives."""

import errno
import pickle
import zipfile

import numpy as np
import pytest

from w2vfast.formats import npz
from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions

ODD_WORDS = ["plain", "new york", "月", "", "a\nb", "nul\0", "\udcff", "back\\slash"]
VECTORS = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
HELD = Contents(["a", "bc"], VECTORS, np.array([5, 3]))


def read(path):
    return npz.read(str(path), ReadOptions())


def write(path, held=HELD):
    npz.write(str(path), held, WriteOptions())


def npz_file(tmp_path, save=np.savez, **members):
    path = tmp_path / "vectors.npz"
    save(path, **members)
    return path


def npy_header(descr, shape):
    """Return the 128 bytes before the data of a .npy file."""
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


# --- round trips ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_words_vectors_and_counts_survive_a_round_trip(tmp_path, dtype):
    vectors = np.random.default_rng(1).normal(size=(len(ODD_WORDS), 3)).astype(dtype)
    counts = np.arange(len(ODD_WORDS))
    write(tmp_path / "v.npz", Contents(ODD_WORDS, vectors, counts))
    held = read(tmp_path / "v.npz")
    assert held.words == ODD_WORDS
    assert held.vectors.dtype == dtype
    assert np.array_equal(held.vectors, vectors)
    assert held.counts.tolist() == counts.tolist()


def test_numpy_alone_reads_what_was_written(tmp_path):
    write(tmp_path / "v.npz")
    with np.load(tmp_path / "v.npz") as loaded:
        assert np.array_equal(loaded["vectors"], VECTORS)
        text, ends = bytes(loaded["words"]), loaded["word_ends"].tolist()
    words = [text[a:b].decode() for a, b in zip([0, *ends], ends, strict=False)]
    assert words == ["a", "bc"]


def test_the_same_contents_give_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        write(tmp_path / name)
    first = (tmp_path / "first").read_bytes()
    assert first == (tmp_path / "second").read_bytes()
    with zipfile.ZipFile(tmp_path / "first") as archive:
        for member in archive.infolist():
            assert member.date_time == (1980, 1, 1, 0, 0, 0)  # not the time of writing


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_that_numpy_wrote_is_read(tmp_path, save):
    vectors = np.asfortranarray(VECTORS.astype(">f4"))
    path = npz_file(
        tmp_path, save, vectors=vectors, words=np.array(["a", "b"]), other=1
    )
    held = read(path)
    assert held.words == ["a", "b"]
    assert held.vectors.dtype == np.dtype(np.float32)
    assert np.array_equal(held.vectors, vectors)


# --- damaged files ----------------------------------------------------------------


def test_a_file_truncated_anywhere_is_an_error(tmp_path):
    path = tmp_path / "vectors.npz"
    write(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"vectors\.npz: expected an \.npz file"):
            read(path)


def test_a_changed_byte_is_noticed(tmp_path):
    vectors = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    path = npz_file(tmp_path, vectors=vectors, words=np.arange(50))
    content = bytearray(path.read_bytes())
    content[content.index(vectors.tobytes()) + 100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"vectors\.npz: .*CRC"):
        read(path)


def test_pickles_are_never_loaded(tmp_path):
    # An array of objects whose pickle has the size that its header announces, so that
    # the check of sizes passes.
    values = np.array(["a", "b"] * 20, object)
    payload = pickle.dumps(values)
    payload = payload.ljust(-len(payload) % 8 + len(payload), b"\0")
    path = npz_file(tmp_path, vectors=VECTORS)
    with zipfile.ZipFile(path, "a") as archive:
        member = npy_header("|O", (len(payload) // 8,)) + payload
        archive.writestr("words.npy", member)
    with pytest.raises(ValueError, match=r"announces object of shape .*, not n"):
        read(path)


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing.npz")


# --- headers that announce too much -----------------------------------------------


def npz_that_announces(tmp_path, shape, how=zipfile.ZIP_STORED, lie=False):
    """Return an archive whose vectors have 99 values, whatever their header says."""
    member = npy_header("<f4", shape)
    path = npz_file(tmp_path, words=np.arange(3))
    with zipfile.ZipFile(path, "a", how) as archive:
        archive.writestr("vectors.npy", member + bytes(4 * 99))
        if lie:  # in the archive's directory as well
            archive.filelist[-1].file_size = len(member) + 4 * shape[0] * shape[1]
    return path


@pytest.mark.parametrize("n_rows", [10**7, 10**15, 10**30])
@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_array_header_that_announces_too_much_is_an_error(tmp_path, n_rows, how):
    path = npz_that_announces(tmp_path, (n_rows, 99), how)
    with pytest.raises(ValueError, match=rf"vectors\.npy announces .*\({n_rows}, 99\)"):
        read(path)


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_directory_that_agrees_with_the_header_is_not_believed(
    tmp_path, how
):
    path = npz_that_announces(tmp_path, (10**7, 99), how, lie=True)
    with pytest.raises(ValueError, match=r"vectors\.npy announces 3960000128 bytes"):
        read(path)


@pytest.mark.parametrize("n_rows", [2, 4])
def test_an_array_of_another_size_than_its_header_says_is_an_error(tmp_path, n_rows):
    assert read(npz_that_announces(tmp_path, (3, 33))).vectors.shape == (3, 33)
    path = npz_that_announces(tmp_path, (n_rows, 33))
    with pytest.raises(ValueError, match=r"announces \d+ bytes .* and has 524"):
        read(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_compression_that_numpy_does_not_write_is_refused(tmp_path, method):
    """The header of LZMA announces up to 4 GB of memory."""
    write(tmp_path / "v.npz")
    with (
        zipfile.ZipFile(tmp_path / "v.npz") as given,
        zipfile.ZipFile(tmp_path / "other.npz", "w", method) as made,
    ):
        for name in given.namelist():
            made.writestr(name, given.read(name))
    with pytest.raises(ValueError, match=f"by method {method}, and NumPy writes"):
        read(tmp_path / "other.npz")


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(errno.EIO, "Input/output error")]
)
def test_errors_that_are_not_about_the_file_stay(tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    write(tmp_path / "v.npz")
    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(type(error)):
        read(tmp_path / "v.npz")
