"""Readers of one file: valid inputs, how each is read, and the reference parser of it.

A reader may refuse what its reference accepts; what it accepts, both read alike.
"""

import contextlib
import gzip
import importlib.util
import io
import lzma
import tempfile
from pathlib import Path

import numpy as np
import reference_parsers as reference
from mutations import changed_json, mutated
from recordings import a_recording

from w2vfast import (
    FrozenPhrases,
    KeyedVectors,
    LineSentence,
    Phrases,
    Recording,
    Word2Vec,
)
from w2vfast.errors import SettingsTypeError
from w2vfast.formats.dispatch import read_vectors
from w2vfast.formats.word_counts import read_counts
from w2vfast.text.vocab_file import read_vocab
from w2vfast.vectors.evaluation import word_analogies, word_pairs

SENTENCES = [["a", "b", "c", "d", "a"], ["b", "c", "</s>", "e"]] * 20
SMALL = {"vector_size": 5, "min_count": 1, "epochs": 1, "workers": 1, "window": 2}
TEXT = b"a b c d a\nb c  e\tf\r\n</s> a\n\nnew york is new york\n" * 4
QUESTIONS = b": capital\na b c d\nb a d c\n: gram1\na c b d\n"


class FileReader:
    """Reads one changed file.

    Parameters
    ----------
    name : str
        Of the file.
    seeds : list of bytes
        Valid contents.
    read : callable
        Takes a path; returns what was read, as `expected` does.
    expected : callable, optional
        A parser of `reference_parsers`: takes the content.
    """

    def __init__(self, name, seeds, read, expected=None):
        self.name, self.seeds, self.read, self.expected = name, seeds, read, expected

    def write(self, rng, folder):
        seed = rng.choice(self.seeds)
        if seed.startswith(b"{") and rng.random() < 0.7:
            content = changed_json(rng, seed)
        else:
            content = mutated(rng, seed, rng.choice(self.seeds))
        (folder / self.name).write_bytes(content)

    def run(self, folder):
        self.check(folder / self.name)

    def check(self, path):
        found = self.read(path)
        if self.expected is not None:
            assert_accepted(found, path.read_bytes(), self.expected)


def assert_accepted(found, content, parse):
    """Raise AssertionError unless a reference parser reads the same."""
    try:
        expected = parse(content)
    except reference.Refused as error:
        message = f"accepted, and the reference refuses it: {found}"
        raise AssertionError(message) from error
    assert are_same(found, expected), f"read {found}, expected {expected}"


def are_same(found, expected):
    if isinstance(expected, np.ndarray):
        one, other = (a.astype(a.dtype.newbyteorder("=")) for a in (found, expected))
        return one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(map(are_same, found, expected))
    return found == expected


# ---------------------------------------------------------------------------
# Vectors
# ---------------------------------------------------------------------------


def saved(name, kind=None):
    """Return the bytes of a small file of vectors."""
    words = ["the", "of", "月", "a\u00a0b"]
    vectors = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        KeyedVectors(words, vectors, [9, 7, 5, 3]).save(path, kind)
        return path.read_bytes()


def vectors_reader(name, expected, kind=None):
    def read(path):
        held = read_vectors(path, kind)
        assert held.counts is None or len(held.counts) == len(held.words)
        return held.words, held.vectors

    return FileReader(name, [saved(name, kind)], read, expected)


def any_reader():
    """Text, binary or without a header, compressed or not, told apart by content."""
    reader = vectors_reader("s.txt", reference.any_word2vec)
    reader.name = "any"
    reader.seeds += [saved("s.bin"), saved("s.glove")]
    reader.seeds += [gzip.compress(reader.seeds[0]), lzma.compress(reader.seeds[1])]
    return reader


def recording_reader():
    def read(path):
        found = Recording.load(path)
        return found.words, found.epochs, found.alphas, found.losses, found.frames

    with tempfile.TemporaryDirectory() as folder:
        a_recording().save(Path(folder) / "r.npz")
        seeds = [(Path(folder) / "r.npz").read_bytes()]
    return FileReader("r.npz", seeds, read, reference.recording)


# ---------------------------------------------------------------------------
# Texts
# ---------------------------------------------------------------------------


class CorpusReader(FileReader):
    """Counts the words of a text in both modes, and trains on it."""

    def __init__(self):
        super().__init__("t", [TEXT, gzip.compress(TEXT)], None)

    def check(self, path):
        for mode in ("fast", "exact"):
            with contextlib.suppress(ValueError):
                self.check_mode(path, mode)
        Phrases(LineSentence(path), min_count=1)

    def check_mode(self, path, mode):
        model = Word2Vec(mode=mode, progress=False, **SMALL)
        model.build_vocab(corpus_file=path)
        vocab = model.vocab
        found = list(vocab.words), vocab.counts.tolist(), model.corpus_total_words
        is_exact = mode == "exact"
        content = path.read_bytes()
        assert_accepted(found, content, lambda text: reference.corpus(text, is_exact))
        if len(content) % 8 == 0:  # training takes longer than reading
            model.train()


class VocabularyReader(FileReader):
    """Reads the C program's vocabulary file, and gensim's file of counts."""

    def __init__(self):
        super().__init__("v", [b"</s> 4\na 3\nb 2\n"], None)

    def check(self, path):
        with open(path, "rb") as file, contextlib.suppress(ValueError):
            vocab = read_vocab(file, str(path), exact=True)
            assert len(vocab.words) == len(vocab.counts)
        with open(path, "rb") as file, contextlib.suppress(ValueError):
            vocab = read_vocab(file, str(path))
            found = dict(zip(vocab.words, vocab.counts.tolist(), strict=True))
            assert_accepted(found, path.read_bytes(), reference.vocabulary)
        found = read_counts(str(path))
        assert_accepted(found, path.read_bytes(), reference.word_counts)


class QuestionsReader(FileReader):
    """Reads questions, and pairs of words with scores."""

    def __init__(self):
        super().__init__("q", [QUESTIONS, b"a b 1.5\nc d 2\n"], None)

    def check(self, path):
        words, vectors = ["a", "b", "c", "d"], np.eye(4, dtype=np.float32)
        content = path.read_bytes()
        with contextlib.suppress(ValueError):
            result = word_analogies(words, vectors, str(path))
            found = [(section.name, section.questions) for section in result.sections]
            assert_accepted(found, content, reference.questions)
        result = word_pairs(words, vectors, str(path), delimiter=" ")
        assert_accepted(result.pairs, content, reference.pairs)


class ColumnReader:
    """Trains on a column of a table, of any kind of file."""

    def __init__(self):
        import pyarrow as pa
        from pyarrow import csv, feather, json, parquet

        rows = b"".join(b'{"text": "a b %d", "n": %d}\n' % (n, n) for n in range(9))
        table = json.read_json(pa.BufferReader(rows))
        writers = {".parquet": parquet.write_table, ".csv": csv.write_csv}
        writers[".arrow"] = feather.write_feather
        self.seeds = {".jsonl": rows}
        for suffix, write in writers.items():
            buffer = io.BytesIO()
            write(table, buffer)
            self.seeds[suffix] = buffer.getvalue()

    def write(self, rng, folder):
        suffix = rng.choice(sorted(self.seeds))
        seed = self.seeds[suffix]
        (folder / f"t{suffix}").write_bytes(mutated(rng, seed, seed))

    def run(self, folder):
        (path,) = folder.iterdir()
        with contextlib.suppress(SettingsTypeError):  # "the column holds integers"
            self.train(path)

    def train(self, path):
        Word2Vec(corpus_file=path, column="text", progress=False, **SMALL)


def phrases_reader():
    learned = Phrases(SENTENCES, min_count=1, threshold=0.1, connector_words={"b"})
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for model in (learned, learned.freeze()):
            model.save(Path(folder) / "p.json")
            seeds.append((Path(folder) / "p.json").read_bytes())
    return FileReader("p.json", seeds, use_phrases, reference.phrases)


def use_phrases(path):
    phrases = Phrases.load(path)
    kind = type(phrases).__name__
    settings = [kind, phrases.min_count, phrases.threshold, phrases.delimiter]
    is_frozen = isinstance(phrases, FrozenPhrases)
    entries = dict(phrases.phrasegrams if is_frozen else phrases.vocab)
    list(phrases[SENTENCES])
    if not is_frozen:
        phrases.export_phrases()
        phrases.add_vocab(SENTENCES)
    return settings, set(phrases.connector_words), entries


FILE_READERS = {
    "text": lambda: vectors_reader("v.txt", reference.any_text, "text"),
    "binary": lambda: vectors_reader("v.bin", reference.binary, "binary"),
    "headerless": lambda: vectors_reader("v", reference.headerless, "headerless"),
    "any word2vec": any_reader,
    "npz": lambda: vectors_reader("v.npz", reference.npz),
    "recording": recording_reader,
    "phrases": phrases_reader,
    "vocabulary": VocabularyReader,
    "corpus": CorpusReader,
    "questions": QuestionsReader,
}
if importlib.util.find_spec("safetensors"):
    FILE_READERS["safetensors"] = lambda: vectors_reader(
        "v.safetensors", reference.safetensors
    )
if importlib.util.find_spec("pyarrow"):
    # Without a reference: Parquet's own values have no checksum that must be there.
    FILE_READERS["parquet"] = lambda: vectors_reader("v.parquet", None)
    FILE_READERS["columns"] = ColumnReader
