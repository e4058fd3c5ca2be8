"""A mutation fuzzer: valid inputs, changed at random, for every reader.

    python tests/fuzz/fuzzer.py READER [INPUTS] [SEED] [FIRST]

Ends with status 0 if each input was read, or refused with a documented error.  Any
other error, a hang or a crash leaves the input in a folder whose name is printed first;
"python tests/fuzz/fuzzer.py READER 1 SEED NUMBER" repeats it.
"""

import contextlib
import faulthandler
import gzip
import io
import json
import lzma
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import warnings
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np

from w2vfast import KeyedVectors, LineSentence, Phrases, Word2Vec
from w2vfast.checkpoint import storage
from w2vfast.checkpoint.identity import digest_of
from w2vfast.cli.main import main
from w2vfast.formats.dispatch import read_vectors
from w2vfast.formats.word_counts import read_counts
from w2vfast.text.vocab_file import read_vocab
from w2vfast.vectors.evaluation import word_analogies, word_pairs

MB = 1 << 20
GOLDEN = Path(__file__).parents[1] / "data" / "golden"
MEMORY = 3000 * MB  # address space: threads reserve much of it
SECONDS = 60  # for 100 inputs, before they count as a hang
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
SENTENCES = [["a", "b", "c", "d", "a"], ["b", "c", "</s>", "e"]] * 20
SMALL = {"vector_size": 5, "min_count": 1, "epochs": 1, "workers": 1, "window": 2}

# ---------------------------------------------------------------------------
# Mutations
# ---------------------------------------------------------------------------


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


# ---------------------------------------------------------------------------
# Readers: each has valid inputs, and reads a changed one
# ---------------------------------------------------------------------------


def saved(name: str, kind: str | None = None) -> bytes:
    """Return the bytes of a small file of vectors."""
    words = ["the", "of", "月", "a\u00a0b"]
    vectors = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        KeyedVectors(words, vectors, [9, 7, 5, 3]).save(path, kind)
        return path.read_bytes()


def checked_vectors(path: Path, kind: str | None) -> None:
    held = read_vectors(path, kind)
    assert held.vectors.shape[:1] == (len(held.words),)
    assert np.isfinite(held.vectors).all()


class FileReader:
    """Reads one changed file."""

    def __init__(self, name, seeds, read):
        self.name, self.seeds, self.read = name, seeds, read

    def write(self, rng, folder):
        seed = rng.choice(self.seeds)
        if seed.startswith(b"{") and rng.random() < 0.7:
            content = changed_json(rng, seed)
        else:
            content = mutated(rng, seed, rng.choice(self.seeds))
        (folder / self.name).write_bytes(content)

    def run(self, folder):
        self.read(folder / self.name)


def vectors_reader(name, kind=None):
    if name != "any":
        seeds = [saved(name, kind)]
    else:
        seeds = [saved("s.txt"), saved("s.bin"), saved("s.glove")]
        seeds += [gzip.compress(seeds[0]), lzma.compress(seeds[1])]
    return FileReader(name, seeds, lambda path: checked_vectors(path, kind))


# Opcodes of pickles and calls made of them, which are spliced into saved vectors.
CALLS = b"".join(
    (
        b"cos\nsystem\n\x8c\x06touch x\x85R",
        b"cnumpy\nfromfile\n\x8c\x01x\x85R",
        b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R}b",
        bytes(range(256)),
    )
)


class PickleReader(FileReader):
    """Reads what gensim saved; Python's own unpickler must not be asked."""

    def __init__(self):
        names = ("model", "vectors", "protocol2", "protocol5", "separate")
        seeds = [(GOLDEN / "gensim" / f"{name}-4.4.0").read_bytes() for name in names]
        super().__init__("v", seeds, lambda path: checked_vectors(path, "gensim"))
        sys.addaudithook(self.refuse_calls)

    def write(self, rng, folder):
        other = CALLS if rng.random() < 0.5 else rng.choice(self.seeds)
        content = mutated(rng, rng.choice(self.seeds), other)
        (folder / self.name).write_bytes(content)
        shutil.copy(GOLDEN / "gensim" / "separate-4.4.0.vectors.npy", folder)
        (folder / "separate-4.4.0.vectors.npy").rename(folder / "v.vectors.npy")

    @staticmethod
    def refuse_calls(event, _):
        if event in ("pickle.find_class", "os.system", "subprocess.Popen"):
            message = f"the pickle was executed: {event}"
            raise RuntimeError(message)


class FolderReader:
    """Reads a folder with one or two changed files; trains a model that loads."""

    def __init__(self, make, read):
        self.source = Path(tempfile.mkdtemp()) / "saved"
        self.read = read
        make(self.source)

    def write(self, rng, folder):
        target = folder / "saved"
        shutil.copytree(self.source, target)
        described = target / "model.json"
        if rng.random() < 0.5:
            change_array(rng, target)
        if rng.random() < 0.6:
            described.write_bytes(changed_json(rng, described.read_bytes()))
            return
        files = sorted(target.iterdir())
        if rng.random() < 0.5:  # reach the checks behind the fingerprints
            text = described.read_bytes()
            described.write_bytes(text.replace(b"fingerp", b"otherwi"))
        for path in rng.choices(files, k=rng.choice((1, 1, 2))):
            other = rng.choice(files).read_bytes()
            path.write_bytes(mutated(rng, path.read_bytes(), other))

    def run(self, folder):
        self.read(folder / "saved")


def save_model(path):
    model = Word2Vec(SENTENCES, hs=1, progress=False, **SMALL)
    # Without times, so that a number always means the same input.
    model.history[:] = [replace(model.history[0], seconds=1.0, samples=())]
    model.save(path)


def load_and_train(path):
    model = Word2Vec.load(path)
    p = model.params
    if max(p.workers or 1, p.epochs) > 4 or p.vector_size * p.window > 10_000:
        return  # valid, but slow
    if isinstance(model.vocab.words[-1], int):
        return  # valid, but not for these sentences
    with contextlib.suppress(RuntimeError, FloatingPointError, MemoryError):
        model.train(SENTENCES, progress=False, epochs=1)
        model.wv.most_similar(model.wv.index_to_key[:1])


CHECKPOINT = {"min_count": 1, "vector_size": 4, "workers": 1, "epochs": 2, "hs": 1}


def save_checkpoint(path):
    with tempfile.TemporaryDirectory() as folder:
        Word2Vec(SENTENCES, checkpoint=folder, progress=False, **CHECKPOINT)
        (newest,) = Path(folder).iterdir()
        shutil.copytree(newest, path)
    described = json.loads((path / "model.json").read_bytes())
    meta = described["meta"]
    meta["finished"] = False
    meta["position"].update(epoch=0, seconds=1.0, samples=[])
    # Without times, so that a number always means the same input.
    meta["history"] = []
    (path / "model.json").write_text(json.dumps(described))
    reseal(path)


def reseal(path):
    """Write the digests that a checkpoint should have, as far as it can be read."""
    try:
        described = json.loads((path / "model.json").read_bytes())
        meta = described["meta"]
        for name in meta["digests"]:
            meta["digests"][name] = digest_of(np.load(path / f"{name}.npy"))
        meta.pop("digest", None)
        meta["digest"] = storage._digest_of_meta(meta)
    except Exception:
        return
    described.pop("fingerprints", None)
    (path / "model.json").write_text(json.dumps(described))


class CheckpointReader(FolderReader):
    """Goes on from a checkpoint whose digests mostly fit what was changed."""

    def __init__(self):
        super().__init__(save_checkpoint, None)

    def write(self, rng, folder):
        super().write(rng, folder)
        if rng.random() < 0.8:
            reseal(folder / "saved")

    def run(self, folder):
        (folder / "c").mkdir()
        (folder / "saved").rename(folder / "c" / "checkpoint-000001")
        with contextlib.suppress(FloatingPointError):
            Word2Vec(
                SENTENCES,
                checkpoint=folder / "c",
                resume=True,
                progress=False,
                **CHECKPOINT,
            )


def save_vectors(path):
    vectors = KeyedVectors(["a", "b", "c"], np.eye(3, dtype=np.float32), [3, 2, 1])
    vectors.set_vecattr("a", "kind", "noun")
    vectors.save(path)


def load_vectors(path):
    wv = KeyedVectors.load(path)
    if len(wv) > 1:
        wv.most_similar(wv.index_to_key[0])


def phrase_seeds():
    phrases = Phrases(SENTENCES, min_count=1, threshold=0.1, connector_words={"b"})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.json"
        for model in (phrases, phrases.freeze()):
            model.save(path)
            yield path.read_bytes()


def use_phrases(path):
    phrases = Phrases.load(path)
    list(phrases[SENTENCES])
    if isinstance(phrases, Phrases):
        phrases.export_phrases()
        phrases.add_vocab(SENTENCES)


def read_vocabs(path):
    for exact in (False, True):
        with open(path, "rb") as file, contextlib.suppress(ValueError):
            vocab = read_vocab(file, str(path), exact=exact)
            assert len(vocab.words) == len(vocab.counts)
    read_counts(str(path))


def train_on(path):
    for mode in ("fast", "exact"):
        with contextlib.suppress(ValueError):
            Word2Vec(corpus_file=path, mode=mode, progress=False, **SMALL)
    Phrases(LineSentence(path), min_count=1)


TEXT = b"a b c d a\nb c  e\tf\r\n</s> a\n\nnew york is new york\n" * 4
QUESTIONS = b": capital\na b c d\nb a d c\n: gram1\na c b d\n"


def evaluate(path):
    words, vectors = ["a", "b", "c", "d"], np.eye(4, dtype=np.float32)
    with contextlib.suppress(ValueError):
        word_analogies(words, vectors, str(path))
    word_pairs(words, vectors, str(path), delimiter=" ")


STARTS = {
    "train": ["-train", "text", "-output", "out", "-size", "4", "-threads", "1"],
    "phrases": ["-train", "text", "-output", "out"],
    "convert": ["v.txt", "out.bin"],
    "info": ["v.txt"],
    "distance": ["v.txt", "a"],
    "analogy": ["v.txt", "a", "b", "c"],
    "accuracy": ["v.txt", "--questions", "questions"],
    "evaluate": ["v.txt", "--analogies", "questions"],
    "classes": ["v.txt", "2"],
}


class CommandLine:
    """Runs commands with changed flags and values on small files."""

    FLAGS = (
        *("-train", "-output", "-size", "-window", "-iter", "-negative", "-hs"),
        *("-cbow", "-min-count", "-alpha", "-sample", "-binary", "-classes"),
        *("-read-vocab", "-save-vocab", "--mode", "--objective", "--combine", "-o"),
        *("--seed", "--init-vectors", "--freeze", "--quiet", "--scoring", "--top"),
        *("--delimiter", "--connector-words", "--from", "--to", "--limit", "--spaces"),
        *("--questions", "--analogies", "--pairs", "--threshold", "-threads"),
    )
    VALUES = (
        *("text", "v.txt", "v.bin", "folder", "missing", "out", ".", "", "*.txt"),
        *("0", "1", "2", "5", "-1", "1e-3", "nan", "1e999", "x", "exact", "fast"),
        *("softmax", "sum", "npmi", "binary", "npz", "escape", "a", "b", "\udcff"),
    )
    COMMANDS = (
        *("train", "phrases", "convert", "info", "distance", "analogy", "accuracy"),
        *("evaluate", "classes", "--version", "help", "trian", ""),
    )

    def write(self, rng, folder):
        vectors = KeyedVectors(["a", "b", "c", "d"], np.eye(4, dtype=np.float32))
        for name in ("v.txt", "v.bin", "folder"):
            vectors.save(folder / name)
        (folder / "text").write_bytes(TEXT)
        (folder / "questions").write_bytes(QUESTIONS)
        command = rng.choice(self.COMMANDS)
        self.arguments = [command, *STARTS.get(command, [])]
        for _ in range(rng.randrange(5)):
            place = rng.randrange(1, len(self.arguments) + 1)
            choice = rng.choice((self.FLAGS, self.VALUES))
            if rng.random() < 0.3:
                self.arguments[place - (place == len(self.arguments)) : place] = []
            self.arguments.insert(place, rng.choice(choice))
        (folder / "arguments").write_text(repr(self.arguments))

    def run(self, folder):
        before = os.getcwd()
        os.chdir(folder)
        try:
            status = main(self.arguments)
        finally:
            os.chdir(before)
        assert status in (0, 1, 2), status


READERS = {
    "text": lambda: vectors_reader("v.txt", "text"),
    "binary": lambda: vectors_reader("v.bin", "binary"),
    "headerless": lambda: vectors_reader("v.glove", "headerless"),
    "any word2vec": lambda: vectors_reader("any"),
    "npz": lambda: vectors_reader("v.npz"),
    "safetensors": lambda: vectors_reader("v.safetensors"),
    "folder of vectors": lambda: FolderReader(save_vectors, load_vectors),
    "folder of a model": lambda: FolderReader(save_model, load_and_train),
    "checkpoint": CheckpointReader,
    "gensim": PickleReader,
    "phrases": lambda: FileReader("p.json", list(phrase_seeds()), use_phrases),
    "vocabulary": lambda: FileReader("v", [b"</s> 4\na 3\nb 2\n"], read_vocabs),
    "corpus": lambda: FileReader("t", [TEXT, gzip.compress(TEXT)], train_on),
    "questions": lambda: FileReader("q", [QUESTIONS, b"a b 1.5\nc d 2\n"], evaluate),
    "command line": CommandLine,
}


def fuzz(reader, n_inputs, seed, first):
    """Read changed inputs until one fails; each depends on its number alone."""
    scratch = Path(tempfile.mkdtemp(prefix="w2vfast-fuzz-"))
    sys.stdout.write(f"{scratch}\n")
    sys.stdout.flush()
    for number in range(first, first + n_inputs):
        folder = scratch / str(number)
        folder.mkdir()
        reader.write(random.Random(f"{seed} {number}"), folder)
        if number % 100 == first % 100:  # not each time: it starts a thread
            faulthandler.dump_traceback_later(SECONDS, exit=True)
        # The documented errors; the command line catches them itself.
        accepted = () if isinstance(reader, CommandLine) else (ValueError, OSError)
        with contextlib.suppress(accepted):
            reader.run(folder)
        shutil.rmtree(folder)
    faulthandler.cancel_dump_traceback_later()
    scratch.rmdir()


def start(name, n_inputs="2000", seed="0", first="0"):
    """Fuzz a reader as the command line says."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    reader = READERS[name]()
    sys.stdin = io.TextIOWrapper(io.BytesIO(b"a\nEXIT\n"))
    with open(os.devnull, "w") as nothing:
        sys.stderr, errors = nothing, sys.stderr
        try:
            fuzz(reader, int(n_inputs), seed, int(first))
        finally:
            sys.stderr = errors


if __name__ == "__main__":
    start(*sys.argv[1:])
