"""Random numbers: a recorded stream, and the generator it comes from."""

import pytest
from reference import Random

from w2vfast import _core


def test_stream_is_the_recorded_one():
    # Another stream would change every result of fast mode.
    expected = [3800143325, 1731590707, 3600320423, 2477205703]
    assert _core._test_random(1, 0, 0, 4).tolist() == expected


@pytest.mark.parametrize(
    "key", [(1, 0, 0), (1, 0, 1), (1, 1, 0), (2**64 - 1, 5, 10**6)]
)
def test_stream_is_splitmix64(key):
    random = Random(*key)
    expected = [random.draw() for _ in range(50)]
    assert _core._test_random(*key, 50).tolist() == expected


def test_streams_of_seeds_epochs_and_spans_are_distinct():
    keys = [(s, e, i) for s in range(4) for e in range(4) for i in range(4)]
    streams = {tuple(_core._test_random(*key, 4).tolist()) for key in keys}
    assert len(streams) == len(keys)


@pytest.mark.parametrize("bit", range(16))
def test_low_bits_do_not_repeat(bit):
    """The low 16 bits of the C program's generator repeat after 65536 draws."""
    bits = (_core._test_random(3, 0, 0, 3 * 65536) >> bit) & 1
    assert (bits[:65536] != bits[65536:131072]).mean() == pytest.approx(0.5, abs=0.02)
