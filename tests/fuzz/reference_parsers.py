"""Small parsers in plain Python: what readers may accept of each format, and as what.

Each takes the bytes of a file and returns its content, or raises `Refused`.  They may
accept more than a reader does, but never another content.
"""

import bz2
import contextlib
import gzip
import io
import json
import lzma
import math
import re
import zipfile
from collections import Counter

import numpy as np
from text_reference import reference_encoding

BLANKS = rb"[ \t\n\r\f\v]*"
NUMBER = re.compile(
    BLANKS + rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?" + BLANKS
)
MARK = b"\xef\xbb\xbf"


class Refused(Exception):
    """The content is not of the format."""


def need(condition):
    if not condition:
        raise Refused


@contextlib.contextmanager
def refusing():
    """Take any error of Python's or NumPy's own parsers as a refusal."""
    try:
        yield
    except Exception as error:
        raise Refused from error


def plain(content):
    """Return what a file that may be compressed holds."""
    with refusing():
        if content.startswith(b"\x1f\x8b\x08"):
            return gzip.decompress(content)
        if content.startswith(b"\xfd7zXZ\0"):
            return lzma.decompress(content)
        if re.match(rb"BZh.(1AY&SY|\x17rE8P\x90)", content, re.DOTALL):
            return bz2.decompress(content)
    return content


def text_of(word):
    with refusing():
        return word.decode("utf-8")


def float32(values):
    with np.errstate(over="ignore"):
        values = np.array(values, np.float64).astype(np.float32)
    need(np.isfinite(values).all())
    return values


# ---------------------------------------------------------------------------
# word2vec files
# ---------------------------------------------------------------------------


def header(content):
    """Return the number of rows, that of values, and what follows the first line."""
    line, _, rest = content.partition(b"\n")
    found = re.fullmatch(rb"[ \t]*([0-9]+)[ \t]+([0-9]+)[ \t]*\r?", line)
    need(found)
    n_rows, dim = map(int, found.groups())
    need(dim > 0)
    return n_rows, dim, rest


def text_rows(content, dim):
    """Return words and vectors of lines; dim is None if the first line decides."""
    words, rows, ended = [], [], False
    for line in content.split(b"\n"):
        if not line.strip():
            ended = True
            continue
        need(not ended)
        word, *values = line.rstrip(b" \r\n").split(b" ")
        dim = len(values) if dim is None else dim
        need(dim > 0 and len(values) == dim and all(map(NUMBER.fullmatch, values)))
        words.append(text_of(word))
        rows.append([float(value) for value in values])
    return words, float32(np.reshape(rows, (len(words), dim or 0)))


def text(content):
    n_rows, dim, rest = header(plain(content))
    words, vectors = text_rows(rest, dim)
    need(len(words) == n_rows)
    return words, vectors


def headerless(content):
    words, vectors = text_rows(plain(content), None)
    need(words)
    return words, vectors


def binary(content):
    n_rows, dim, rest = header(plain(content))
    words, rows, newlines = [], [], []
    for _ in range(n_rows):
        word, space, rest = rest.partition(b" ")
        need(space and b"\n" not in word and len(rest) >= 4 * dim)
        words.append(text_of(word))
        rows.append(np.frombuffer(rest[: 4 * dim], "<f4"))
        newlines.append(rest[4 * dim : 4 * dim + 1] == b"\n")
        rest = rest[4 * dim + newlines[-1] :]
    need(not rest and len({*newlines[:-1]}) < 2)
    return words, float32(np.reshape(rows, (n_rows, dim)))


def any_word2vec(content, parsers=(text, headerless, binary)):
    """Return what one of the parsers accepts, the more probable first."""
    for parse in parsers:
        with contextlib.suppress(Refused):
            return parse(content)
    raise Refused


def any_text(content):
    return any_word2vec(content, (text, headerless))


# ---------------------------------------------------------------------------
# Files of arrays
# ---------------------------------------------------------------------------


def arrays_of_npz(content):
    with refusing(), np.load(io.BytesIO(content), allow_pickle=False) as found:
        wanted = {"words", "word_ends", "vectors", "counts"} & set(found.files)
        return {name: found[name] for name in wanted}


def npz(content):
    return packed(arrays_of_npz(content))


def packed(arrays):
    """Return words and vectors of named arrays."""
    need({"words", "vectors"} <= arrays.keys())
    vectors, words = arrays["vectors"], arrays["words"]
    need(vectors.ndim == 2 and np.isfinite(vectors).all())
    if "word_ends" in arrays:
        text, ends = bytes(words), arrays["word_ends"].tolist()
        need(ends == sorted(ends) and ends[-1:] in ([], [len(text)]))
        starts = [0, *ends[:-1]]
        words = [text[a:b] for a, b in zip(starts, ends, strict=False)]
        words = [word.decode("utf-8", "surrogateescape") for word in words]
    else:
        words = words.tolist()
    need(len(words) == len(vectors))
    return words, vectors


def safetensors(content):
    types = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "U8": "u1", "I64": "<i8"}
    arrays = {}
    with refusing():
        size = int.from_bytes(content[:8], "little")
        described = json.loads(content[8 : 8 + size])
        values = content[8 + size :]
        described.pop("__metadata__", None)
        for name in {"words", "word_ends", "vectors", "counts"} & described.keys():
            found = described[name]
            start, stop = found["data_offsets"]
            array = np.frombuffer(values[start:stop], types[found["dtype"]])
            arrays[name] = array.reshape(found["shape"])
    return packed(arrays)


def recording(content):
    """Return words, numbers and frames."""
    with refusing():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            need("recording.npy" in archive.namelist())
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        need(arrays["recording"] == 1)
        words, frames = packed({**arrays, "vectors": arrays["frames"][0]})[0], None
        frames, epochs = arrays["frames"], arrays["epochs"]
        need(frames.shape[:2] == (len(epochs), len(words)))
        need((np.diff(epochs) >= 0).all())
        return words, epochs, arrays["alphas"], arrays["losses"], frames


# ---------------------------------------------------------------------------
# Texts
# ---------------------------------------------------------------------------


def corpus(content, exact):
    """Return words and their counts, and how many words there are in all."""
    content = plain(content)
    if not exact:
        content = content.removeprefix(MARK)
    words, counts, _, _, n_words = reference_encoding([content], exact=exact)
    return words, counts, n_words


def word_counts(content):
    """Return the first count of each word."""
    counts = {}
    for line in plain(content).removeprefix(MARK).split(b"\n"):
        word, _, count = line.rstrip(b" \r\n").rpartition(b" ")
        if line.strip() or counts:
            need(re.fullmatch(rb"[0-9]+", count) or not line)
        if line:
            counts.setdefault(text_of(word), int(count))
    return counts


def vocabulary(content):
    """Return the count of each word; that of the sentence end may be 0."""
    counts = {b"</s>": 0}
    for number, line in enumerate(content.removeprefix(MARK).split(b"\n")):
        del number
        line = line.replace(b"\r", b"")
        if not line.strip(b" \t"):
            continue
        found = re.fullmatch(rb"([^ \t]*)[ \t]+([0-9]+)[ \t]*", line)
        need(found and (found[1] not in counts or found[1] == b"</s>"))
        counts[found[1]] = int(found[2])
    words = {w.decode("utf-8", "surrogateescape"): n for w, n in counts.items()}
    return {word: n for word, n in words.items() if n or word == "</s>"}


def lines_of(content):
    content = content.removeprefix(MARK).decode("utf-8", "surrogateescape")
    return content.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def questions(content):
    """Return the name and the number of questions of each section."""
    sections = []
    for line in lines_of(content):
        fields = line.split()
        if fields and fields[0].startswith(":"):
            sections.append([line.strip().lstrip(":").strip(), 0])
        elif fields:
            need(sections and len(fields) == 4)
            sections[-1][1] += 1
    return sections


def pairs(content):
    """Return how many pairs there are."""
    n_pairs = 0
    for line in lines_of(content):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(" ")
        number = fields[-1].strip().encode("utf-8", "surrogateescape")
        need(len(fields) == 3 and NUMBER.fullmatch(number))
        need(math.isfinite(float(number)))
        n_pairs += 1
    return n_pairs


def phrases(content):
    """Return the settings and the entries."""
    with refusing():
        found = json.loads(plain(content))
        connectors = Counter(found["connector_words"]).keys()
        settings = [found[k] for k in ("kind", "min_count", "threshold", "delimiter")]
        return settings, set(connectors), found["entries"]
