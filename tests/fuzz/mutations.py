"""Random changes of bytes, of JSON and of folders of arrays."""

import json
import random
import re
from copy import deepcopy
from pathlib import Path

import numpy as np

TOKENS = (
    *(b"\n", b"\r\n", b"\0", b" ", b"\t", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    *(b"nan", b"-inf", b"1e999", b"0x1p3", b"1_0", b"-", b"+1", b"9" * 30, b"0" * 50),
    *(b"18446744073709551616", b"9223372036854775807", b"4294967296", b"-1", b"</s>"),
    *(b"{", b"}", b"[", b"]", b'"', b"null", b"true", b"[[[[", b"\\ud800", b"../x"),
    *(b"\x93NUMPY", b"PK\x03\x04", b"\x1f\x8b\x08", b"\x80\x04", b"(" * 300),
)
NUMBERS = (b"0", b"1", b"2", b"3", b"4", b"6", b"7", b"16", b"17", b"400", b"65536")
VALUES = (
    *(None, True, False, 0, 1, -1, 2, 7, 1 << 31, 1 << 63, 1e308, float("nan"), 0.5),
    *("", "x", "../x", "fast", "exact", "</s>", "\ud800", [], {}, [[]], ["a"], [0]),
)


def mutated(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Return the content after a few random changes; `other` may be spliced in."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        start = rng.randrange(len(data) + 1)
        stop = min(len(data), start + int(rng.expovariate(1 / 8)))
        numbers = list(re.finditer(rb"[0-9]+", data))
        match rng.randrange(10):
            case 0:
                data[start:stop] = rng.randbytes(stop - start)
            case 1:
                del data[start:stop]
            case 2:
                data[start:start] = data[start:stop] * rng.choice((1, 2, 100))
            case 3 | 4:
                data[start:stop] = rng.choice(TOKENS)
            case 5:
                del data[start:]
            case 6 if start < len(data):
                data[start] ^= 1 << rng.randrange(8)
            case 7 if other:
                begin = rng.randrange(len(other))
                data[start:stop] = other[begin : begin + rng.randrange(40)]
            case 8 | 9 if numbers:
                found = rng.choice(numbers)
                data[found.start() : found.end()] = rng.choice(NUMBERS)
    return bytes(data)


def changed_json(rng: random.Random, text: bytes) -> bytes:
    """Return JSON in which one or two values are replaced or removed."""
    root = [json.loads(text)]
    for _ in range(rng.choice((1, 1, 2))):
        places = list(places_in(root))
        container, key = rng.choice(places)
        if rng.random() < 0.2 and container is not root:
            del container[key]
        elif rng.random() < 0.3:
            other, other_key = rng.choice(places)
            container[key] = json.loads(json.dumps(other[other_key]))
        else:
            container[key] = deepcopy(rng.choice(VALUES))
    return json.dumps(root[0]).encode()


def places_in(container):
    """Yield container and key of every value in JSON."""
    keys = container if isinstance(container, dict) else range(len(container))
    for key in list(keys):
        yield container, key
        if isinstance(container[key], (dict, list)):
            yield from places_in(container[key])


def change_array(rng: random.Random, folder: Path) -> None:
    """Change shape, type or values of an array, and what model.json says of it."""
    path = rng.choice(sorted(folder.glob("*.npy")))
    array = np.load(path)
    match rng.randrange(6):
        case 0:
            array = array[: rng.randrange(len(array) + 1)]
        case 1:
            array = np.concatenate([array, array])
        case 2:
            array = array.astype(rng.choice(["<f8", "<i4", ">f4", "<f2", "<u8"]))
        case 3:
            array = np.asfortranarray(array[..., :-1])
        case 4:
            array = array.T
        case 5:
            array = array.copy()
            array.flat[rng.randrange(array.size)] = rng.choice([-1, 0, 1 << 30])
    np.save(path, array)
    described = json.loads((folder / "model.json").read_bytes())
    described["arrays"][path.stem] = {"dtype": array.dtype.str, "shape": array.shape}
    described.pop("fingerprints", None)
    (folder / "model.json").write_text(json.dumps(described))
