"""Pickles are read as plain values; nothing that they name is imported or called."""

import os
import pickle
import struct
import tracemalloc

import numpy as np
import pytest

from w2vfast.formats.pickled_values import Global, Record, read_pickle


def read(data, *allowed):
    return read_pickle(data, "file", allowed.__contains__)


class Calls:
    """Pickled as a call of a function."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


PLAIN = {
    "text": "月",
    "odd bytes": b"a\xff".decode("utf-8", "surrogateescape"),
    "bytes": b"\0\xff",
    "numbers": [0, 1, -1, 255, 65535, 2**31, -(2**40), 0.5],
    "none": None,
    "flags": [True, False],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "nested": {"a": [{"b": ("c",)}]},
    5: "a key",
}


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_plain_values_are_those_that_were_pickled(protocol):
    assert read(pickle.dumps(PLAIN, protocol)) == PLAIN


def test_shared_values_stay_shared():
    shared = ["x"]
    first, second = read(pickle.dumps([shared, shared], 4))
    assert first is second


def test_an_object_is_a_record_of_names():
    made = read(pickle.dumps(Calls(os.getcwd), 4), f"{os.getcwd.__module__}.getcwd")
    assert isinstance(made, Record)
    assert (made.name, made.args) == (f"{os.getcwd.__module__}.getcwd", ())
    assert made.state is None
    assert read(b"c__builtin__\nhash\n.", "__builtin__.hash") == Global(
        "__builtin__.hash"
    )


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_function_that_is_not_allowed_is_not_called(tmp_path, protocol):
    path = str(tmp_path / "called")
    for function, *arguments in [
        (os.system, f"touch {path}"),
        (eval, f"open({path!r}, 'w')"),
        (os.mkdir, path),
        (open, path, "w"),
        (np.save, path, [1]),
        (np.fromfile, path),
    ]:
        data = pickle.dumps({"vectors": Calls(function, *arguments)}, protocol)
        with pytest.raises(ValueError, match=r"It was not executed|no pickle"):
            read(data, "numpy.dtype")
        assert list(tmp_path.iterdir()) == []


GETS = b"cmodule\nname\n"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"cos\nsystem\n.", "names 'os.system'"),
        (b"\x8c\x02os\x8c\x06system\x93.", "names 'os.system'"),
        (b"\x8c\x02os]\x93.", "names something without a name"),
        (GETS + b")R)R.", "calls an object of Record"),
        (b"])R.", "calls an object of list"),
        (b"]}b.", "sets the state of a list"),
        (GETS + b"}b.", "sets the state of a Global"),
        (GETS + b"]a.", "appends to a Global"),
        (b"}]a.", "appends to a dict"),
        (GETS + b")RK\x01a.", "appends to a Record"),
        (b"]K\x01K\x01s.", "sets items of a list"),
        (b"}(K\x01u.", "sets items of a dict"),
        (b"}]K\x01s.", "has a key of the type list"),
        (b"}" + GETS + b"K\x01s.", "has a key of the type Global"),
        (b"}\x8a\x09" + b"\0" * 8 + b"\x01Ns.", "has a key of more than 64 bits"),
        (b"}\x8a\x09" + b"\xff" * 7 + b"\x7f\xffNs.", "has a key of more than 64 bits"),
        (b"I" + b"9" * 5000 + b"\n.", "has the number"),
        (b"I--5\n.", "has the number"),
        (b"\x8a\xff" + b"\xff" * 255 + b".", "has a number of 255 bytes"),
        *(
            (opcode + b"\x01\x00\x00\x00\x00.", r"has the opcode b")
            for opcode in (b"i", b"o", b"P", b"Q", b"\x82", b"\x84", b"\x97", b"\x98")
        ),
        (b"N2.", "has the opcode b'2'"),
        (b"N0.", "has the opcode b'0'"),
    ],
)
def test_what_no_saved_vectors_need_is_refused(data, problem):
    with pytest.raises(ValueError, match=rf"file .*{problem}.* at byte \d"):
        read(data, "module.name")


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b".", b"N", b"a.", b"e.", b"u.", b"s.", b"b.", b"R.", b"t.", b"\x87."),
        *(b"h\x05.", b"j\x05\x00\x00\x00.", b"q\x01.", b"\x94.", b"(", b"\x93."),
        *(b"cos.", b"X\x05\x00\x00\x00a.", b"\x8c\x01\xff.", b"K", b"J\x01", b"}Ns."),
        b"\x8e" + struct.pack("<Q", 2**63) + b"a.",
        b"\x96" + struct.pack("<Q", 2**40) + b"a.",
        b"T" + struct.pack("<i", -1) + b"a.",
        b"B" + struct.pack("<I", 2**32 - 1) + b"a.",
    ],
)
def test_a_damaged_pickle_is_an_error(data):
    with pytest.raises(ValueError, match="file is no pickle, or damaged, at byte"):
        read(data)


def test_lists_that_hold_each_other_take_no_time():
    # Each list holds the one before twice: 2**200 values, if they were visited.
    chain = b"]q\x00" + b"]q\x01h\x00ah\x00a" + b"]q\x00h\x01ah\x01a" * 100
    assert isinstance(read(chain + b"."), list)
    for opcodes in (b"}b", b")R", b"\x93", b"K\x01s"):
        with pytest.raises(ValueError, match="file "):
            read(b"}" + chain + chain + opcodes + b".")


def test_deep_lists_are_read():
    assert isinstance(read(b"(" + b"]" * 90_000 + b"a" * 89_999 + b"."), list)


N = 200_000


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        *((b"}" * N, "holds"), (b"}\x94" * N, "holds"), (b"K\x01\x85" * N, "holds")),
        (b"N" + b"\x94" * N, "remembers"),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_more_objects_than_a_file_of_its_size_needs_are_refused(data, problem):
    with pytest.raises(ValueError, match=f"{problem} too many objects for its size"):
        read(data + b".", "m.n")


@pytest.mark.parametrize(
    "data",
    [
        *(b"(" * N, b"}\x94" * (N // 2), b"}K\x00K\x00s" * (N // 6)),
        *(b"J\xff\xff\xff\x7f" * (N // 5), b"X\x02\0\0\0\xc3\xa9" * (N // 7)),
        *(b"Nr\xff\xff\xff\xff", b"N" + b"\x94" * (N // 2)),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_memory_follows_the_size_of_the_file(data):
    tracemalloc.start()
    try:
        read(data + b".", "m.n")
    except ValueError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 50 * len(data) + (32 << 20)


def test_items_whose_keys_are_tuples_are_passed_over():
    """A tuple's hash may take forever."""
    data = pickle.dumps({("a", 1): 2, "b": 3}, 4)
    assert read(data) == {"b": 3}
