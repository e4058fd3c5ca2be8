"""Ids are kept in memory or, above a limit, in a file that is always deleted."""

import errno
import io
import os
import tempfile

import numpy as np
import pytest
from corpora import encode_all, in_memory
from helpers import posix_only
from text_reference import reference_encoding

from w2vfast.text import idstore
from w2vfast.text.corpus import encode
from w2vfast.text.idstore import IdStore
from w2vfast.text.sources import file_source


def test_ids_above_the_limit_are_stored_in_the_cache_directory(tmp_path, monkeypatch):
    directories = []
    real = tempfile.TemporaryFile

    def spy(**options):
        directories.append(options["dir"])
        return real(**options)

    monkeypatch.setattr(tempfile, "TemporaryFile", spy)
    data = b"a b c d\n" * 1000
    _, stream = encode(in_memory(data), cache_dir=tmp_path, memory_limit=20_000)
    assert directories == []
    stream.close()
    _, stream = encode(in_memory(data), cache_dir=tmp_path, memory_limit=19_999)
    assert directories == [str(tmp_path)]
    assert stream.ids.size == 5000
    stream.ids[0] = 7  # can be written to
    stream.close()
    assert list(tmp_path.iterdir()) == []


@posix_only
@pytest.mark.parametrize("source", ["text", "sentences"])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_file_is_deleted_after_an_error(tmp_path, source, workers):
    def lines():
        yield from [["a", "b"]] * 1000
        raise ZeroDivisionError

    class Broken(io.BytesIO):
        def readinto(self, buffer):
            if self.tell() > 5000:
                raise ZeroDivisionError
            return super().readinto(buffer[:100])

    broken = lines() if source == "sentences" else file_source(Broken(b"a b\n" * 5000))
    before = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else None
    with pytest.raises(ZeroDivisionError):
        encode(
            broken, cache_dir=tmp_path, memory_limit=0, workers=workers, block_bytes=64
        )
    assert list(tmp_path.iterdir()) == []
    if before is not None:
        assert os.listdir("/proc/self/fd") == before


class FullDisk(io.RawIOBase):
    def write(self, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_full_disk_is_an_error_with_advice(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: FullDisk())
    with pytest.raises(OSError, match=r"No space left.*set cache_dir") as caught:
        encode(
            in_memory(b"a b\n" * 1000),
            cache_dir=tmp_path,
            memory_limit=100,
            workers=workers,
            block_bytes=64,
        )
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path)


def test_partial_writes_are_continued(monkeypatch):
    real = tempfile.TemporaryFile

    class Short:
        def __init__(self, **options):
            self._file = real(**options)
            self.fileno, self.truncate = self._file.fileno, self._file.truncate
            self.close = self._file.close

        def write(self, data):
            return self._file.write(data[:7])

    monkeypatch.setattr(tempfile, "TemporaryFile", Short)
    data = b"a b c\nb\n" * 100
    assert encode_all(
        in_memory(data), memory_limit=0, block_bytes=64
    ) == reference_encoding([data])


def test_a_missing_cache_directory_is_an_error(tmp_path):
    with pytest.raises(OSError, match="name another") as caught:
        encode(in_memory(b"a"), min_count=1, cache_dir=tmp_path / "no", memory_limit=0)
    assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize(
    ("available", "physical", "limit"),
    [(400, 800, 100), (800, 400, 100), (None, 400, 100), (None, None, 1 << 30)],
)
def test_the_default_limit_is_a_quarter_of_the_memory(
    monkeypatch, available, physical, limit
):
    monkeypatch.setattr(idstore, "available_memory", lambda: available)
    monkeypatch.setattr(idstore, "physical_memory", lambda: physical)
    assert idstore.default_limit() == limit


def blocks_of(store):
    return store.block_table().tolist()


def ids(*values):
    return np.array(values, dtype=np.int32)


@pytest.mark.parametrize("memory_limit", [0, 12, 1000])
def test_blocks_that_arrive_out_of_order_are_stored_in_order(memory_limit):
    store = IdStore(memory_limit, None)
    store.put(2, ids(5), worker=0, first_id=3)
    store.put(1, ids(), worker=1, first_id=1)
    assert blocks_of(store) == []
    store.put(0, ids(1, 2), worker=0, first_id=1)
    assert blocks_of(store) == [[2, 0, 1], [0, 1, 1], [1, 0, 3]]
    assert store.take().tolist() == [1, 2, 5]
    assert store.take_first(2).tolist() == [1, 2]
    store.close()


def test_a_stored_block_is_a_copy():
    store = IdStore(1000, None)
    block = ids(1, 2)
    store.put(1, block, worker=0, first_id=1)
    block[:] = 7
    store.put(0, block, worker=0, first_id=1)
    block[:] = 8
    assert store.take().tolist() == [7, 7, 1, 2]


def test_long_sentences_are_split_across_blocks():
    store = IdStore(1000, None, max_sentence_length=3)
    store.put(0, ids(1, 2), worker=0, first_id=1)
    store.put(1, ids(3, 4, 0, 5), worker=0, first_id=3)
    assert store.take().tolist() == [1, 2, 3, 0, 4, 0, 5]
    assert blocks_of(store) == [[2, 0, 1], [5, 0, 3]]
