"""Arrays in .npy files: order, maps, and headers that announce too much."""

import io

import numpy as np
import pytest

from w2vfast.formats.npy import read_array, read_header


@pytest.mark.parametrize("mmap", [False, True, "c"])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
        np.zeros((0, 3), np.float32),
        np.float32(7),
    ],
    ids=["C", "Fortran", "big endian", "empty", "scalar"],
)
def test_arrays_come_back(tmp_path, array, mmap):
    np.save(tmp_path / "a.npy", array)
    with open(tmp_path / "a.npy", "rb") as file:
        found = read_array(file, mmap=mmap)
    assert np.array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x01\x00(",
        b"\x93NUMPY\x01\x00\x05\x00''''\n",
        b"\x93NUMPY\x09\x00\x05\x00    \n",
        b"\x93NUMPY\x01\x00\xff\x20" + b"(" * 0x20FF,
    ],
)
def test_a_damaged_header_is_a_value_error(header):
    with pytest.raises(ValueError, match="the header of the array is damaged"):
        read_header(io.BytesIO(header))


def test_a_file_shorter_than_announced_takes_no_memory(tmp_path):
    with open(tmp_path / "a.npy", "wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 50, 1 << 40)}
        np.lib.format.write_array_header_1_0(file, header)
    with (
        open(tmp_path / "a.npy", "rb") as file,
        pytest.raises(ValueError, match="the file has 128 bytes, but float32 of shape"),
    ):
        read_array(file)
