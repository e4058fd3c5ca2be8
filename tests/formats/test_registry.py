"""The table of formats: consistent, and each row with a working reader and writer."""

import numpy as np
import pytest

from w2vfast.formats.contents import Contents, ReadOptions, WriteOptions
from w2vfast.formats.registry import ANY_WORD2VEC, KINDS

HELD = Contents(["the", "月"], np.float32([[0.5, 1, 2], [3, 4, -5]]))


def test_no_suffix_selects_two_formats():
    suffixes = [suffix for kind in KINDS.values() for suffix in kind.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_every_format_can_be_written_and_has_a_description():
    for kind in KINDS.values():
        assert kind.description
        assert (kind.package is None) == (kind.extra is None)


@pytest.mark.parametrize(
    "name", [name for name, kind in KINDS.items() if kind.read and kind.write]
)
def test_a_reader_reads_what_its_writer_writes(tmp_path, name):
    kind = KINDS[name]
    if kind.package:
        pytest.importorskip(kind.package)
    path = str(tmp_path / "vectors")
    kind.write(path, HELD, WriteOptions())
    held = kind.read(path, ReadOptions())
    assert held.words == HELD.words
    assert np.array_equal(held.vectors, HELD.vectors)


@pytest.mark.parametrize("name", ["text", "binary", "headerless"])
def test_word2vec_files_are_recognised_by_their_content(tmp_path, name):
    path = str(tmp_path / "vectors")
    KINDS[name].write(path, HELD, WriteOptions())
    held = ANY_WORD2VEC.read(path, ReadOptions())
    assert held.words == HELD.words
    assert np.array_equal(held.vectors, HELD.vectors)
