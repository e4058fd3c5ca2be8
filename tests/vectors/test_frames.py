"""`KeyedVectors.to_frame`: tables of Polars, pandas and pyarrow."""

import sys

import numpy as np
import pytest

from w2vfast import KeyedVectors

VECTORS = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
WV = KeyedVectors(["a", "b"], VECTORS, counts=[5, 3])


@pytest.mark.peer
@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_a_frame_has_keys_counts_and_vectors(library):
    pytest.importorskip(library)
    frame = WV.to_frame(library)
    assert type(frame).__module__.partition(".")[0] == library
    assert list(frame["key"].to_numpy()) == ["a", "b"]
    assert list(frame["count"].to_numpy()) == [5, 3]
    assert [list(row) for row in frame["vector"].to_numpy()] == VECTORS.tolist()
    columns = getattr(frame, "column_names", None) or list(frame.columns)
    assert columns == ["key", "count", "vector"]


@pytest.mark.peer
@pytest.mark.parametrize("library", ["polars", "pandas", "pyarrow"])
def test_keys_may_be_integers_and_counts_unknown(library):
    pytest.importorskip(library)
    frame = KeyedVectors([7, 3], VECTORS).to_frame(library)
    assert list(frame["key"].to_numpy()) == [7, 3]
    assert "count" not in getattr(frame, "column_names", frame.columns)


@pytest.mark.peer
def test_polars_has_an_array_of_numbers_in_each_row():
    polars = pytest.importorskip("polars")
    expected = polars.Array(polars.Float32, 2)
    assert WV.to_frame("polars").schema["vector"] == expected


@pytest.mark.peer
def test_a_key_that_is_not_utf8_is_an_error():
    pytest.importorskip("polars")
    with pytest.raises(ValueError, match=r"is not UTF-8.*\.npz"):
        KeyedVectors(["a\udcff", "b"], VECTORS).to_frame("polars")


def test_without_a_library_the_error_names_them(monkeypatch):
    for name in ("polars", "pandas", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="polars or pandas or pyarrow: pip install"):
        WV.to_frame()
    with pytest.raises(ImportError, match="needs pandas: pip install pandas"):
        WV.to_frame("pandas")


def test_another_library_is_an_error():
    with pytest.raises(ValueError, match=r"must be one of polars, .*got 'dask'"):
        WV.to_frame("dask")
