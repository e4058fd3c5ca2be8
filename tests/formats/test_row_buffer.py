"""The byte window and the table of rows that the readers fill."""

import io

import numpy as np
import pytest

from w2vfast.formats import row_buffer
from w2vfast.formats.row_buffer import ByteWindow, RowTable, consume_rows


@pytest.fixture
def window(monkeypatch):
    monkeypatch.setattr(row_buffer, "CHUNK_BYTES", 4)
    return ByteWindow(io.BytesIO(b"ab\ncdefgh").readinto)


def test_the_window_keeps_what_is_not_consumed(window):
    assert window.more()
    assert window.take(2) == b"ab"
    assert window.more()
    assert window.peek(99) == b"\ncde"
    assert window.offset == 2
    assert len(window) == 4


def test_the_window_grows_until_the_file_ends(window):
    while window.more():
        pass
    assert window.peek(99) == b"ab\ncdefgh"
    assert not window.more()
    assert window.offset == 0


def test_the_window_gives_whole_lines(window):
    assert window.peek_line() == b"ab\n"
    window.take(3)
    assert window.peek_line() == b"cdefgh"
    assert window.find(b"\n") == -1


def test_find_counts_from_the_first_byte_not_consumed(window):
    window.more()
    assert window.find(b"\n") == 2
    window.take(1)
    assert window.find(b"\n") == 1


def table(**options):
    return RowTable("file", np.dtype(np.float32), **options)


def test_a_table_grows_beyond_what_was_expected():
    rows = table()
    rows.expect(1, 2)
    rows.extend([b"a"], [[1, 2]], "line", [2])
    rows.extend([b"b", b"c"], [[3, 4], [5, 6]], "line", [3, 4])
    assert len(rows) == 3
    assert rows.words == ["a", "b", "c"]
    assert rows.vectors(2).tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_table_counts_rows_that_it_does_not_keep():
    rows = table(only={"b"})
    rows.extend([b"a", b"b"], [[1], [2]], "line", [1, 2])
    assert len(rows) == 2
    assert rows.words == ["b"]
    assert rows.vectors(None).tolist() == [[2]]


def test_a_table_without_rows_has_the_announced_dimension():
    assert table().vectors(7).shape == (0, 7)


def test_consuming_rows_moves_the_window_behind_the_last_of_them():
    window = ByteWindow(io.BytesIO(b"a 1\nb 2\nc").readinto)
    window.more()
    rows = table()
    spans = np.array([[0, 1, 4], [4, 5, 8], [0, 0, 0]])
    consume_rows(window, rows, np.float32([[1], [2]]), spans, "line", [1, 2])
    assert rows.words == ["a", "b"]
    assert window.peek(9) == b"c"


@pytest.mark.parametrize(
    ("dim", "available", "most", "expected"),
    [(1, 10, None, 10), (1, 10, 3, 3), (4, 100, None, 6), (1000, 10, None, 1)],
)
def test_rows_per_block(monkeypatch, dim, available, most, expected):
    monkeypatch.setattr(row_buffer, "BLOCK_BYTES", 100)
    assert row_buffer.rows_per_block(dim, available, table(), most) == expected
