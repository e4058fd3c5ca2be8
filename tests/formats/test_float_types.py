"""Values that another floating-point type cannot hold are never stored as infinite."""

import numpy as np
import pytest

from w2vfast import KeyedVectors
from w2vfast.formats.contents import Contents
from w2vfast.formats.dispatch import write_vectors
from w2vfast.formats.float_types import as_dtype

TOO_LARGE = r"1e\+300 is too large for float32, whose largest value is 3\.4"


def test_values_keep_their_type_or_get_another():
    values = np.float64([[1, np.inf], [np.nan, 1e-300]])
    assert as_dtype(values, None) is values
    assert as_dtype(values, np.float64) is values
    np.testing.assert_array_equal(
        as_dtype(values, np.float32), np.float32([[1, np.inf], [np.nan, 0]])
    )


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.glove", "v.tsv"])
def test_a_value_beyond_float32_is_not_written_as_infinite(tmp_path, name):
    held = Contents(["a", "b"], np.float64([[1, 2], [3, 1e300]]))
    with pytest.raises(ValueError, match=TOO_LARGE):
        write_vectors(tmp_path / name, held)
    assert list(tmp_path.iterdir()) == []


def test_a_value_beyond_float32_is_not_added_as_infinite():
    vectors = KeyedVectors(2)
    vectors.add_vectors(["a"], [[1, 2]])
    for keys in (["b"], ["a"]):
        with pytest.raises(ValueError, match=TOO_LARGE):
            vectors.add_vectors(keys, [[1, 1e300]], replace=True)
    assert vectors.index_to_key == ["a"]
    assert vectors.vectors.tolist() == [[1, 2]]
