"""Readers of folders: vectors, models, which are trained on, and checkpoints."""

import contextlib
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from file_readers import SENTENCES, SMALL, are_same
from mutations import change_array, changed_json, mutated

from w2vfast import KeyedVectors, Word2Vec
from w2vfast.checkpoint import storage
from w2vfast.checkpoint.identity import digest_of

CHECKPOINT = {"min_count": 1, "vector_size": 4, "workers": 1, "epochs": 2, "hs": 1}


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


def described(path):
    return json.loads((path / "model.json").read_bytes())


def array(path, name):
    """Read an array with NumPy alone."""
    with open(path / f"{name}.npy", "rb") as file:
        return np.lib.format.read_array(file, allow_pickle=False)


# ---------------------------------------------------------------------------
# Vectors and models
# ---------------------------------------------------------------------------


def save_vectors(path):
    vectors = KeyedVectors(["a", "b", "c"], np.eye(3, dtype=np.float32), [3, 2, 1])
    vectors.set_vecattr("a", "kind", "noun")
    vectors.save(path)


def load_vectors(path):
    wv = KeyedVectors.load(path)
    meta = described(path)["meta"]
    if meta["kind"] == "w2vfast.KeyedVectors":
        assert wv.index_to_key == meta["words"]
        assert are_same(wv.vectors, array(path, "vectors"))
    if len(wv) > 1:
        wv.most_similar(wv.index_to_key[0])


def save_model(path):
    model = Word2Vec(SENTENCES, hs=1, progress=False, **SMALL)
    # Without times, so that a number always means the same input.
    model.history[:] = [replace(model.history[0], seconds=1.0, samples=())]
    model.save(path)


def load_and_train(path):
    model = Word2Vec.load(path)
    meta = described(path)["meta"]
    assert model.vocab.words == meta["words"]
    assert are_same(model.vocab.counts, array(path, "counts").astype(np.int64))
    hidden = 0 if model.params.exact else 1  # rows of the sentence end
    assert are_same(model.wv.vectors, array(path, "syn0")[hidden:])
    p = model.params
    if max(p.workers or 1, p.epochs) > 4 or p.vector_size * p.window > 10_000:
        return  # valid, but slow
    is_of_strings = isinstance(model.vocab.words[-1], str)
    if not is_of_strings or model.column is not None or model.tokenize is not None:
        return  # valid, but not for these sentences
    with contextlib.suppress(RuntimeError, FloatingPointError, MemoryError):
        model.train(SENTENCES, progress=False, epochs=1)
        model.wv.most_similar(model.wv.index_to_key[:1])


# ---------------------------------------------------------------------------
# Checkpoints
# ---------------------------------------------------------------------------


def save_checkpoint(path):
    with tempfile.TemporaryDirectory() as folder:
        Word2Vec(SENTENCES, checkpoint=folder, progress=False, **CHECKPOINT)
        (newest,) = Path(folder).iterdir()
        shutil.copytree(newest, path)
    found = described(path)
    meta = found["meta"]
    meta["finished"] = False
    meta["position"].update(epoch=0, seconds=1.0, samples=[])
    # Without times, so that a number always means the same input.
    meta["history"] = []
    (path / "model.json").write_text(json.dumps(found))
    reseal(path)


def reseal(path):
    """Write the digests that a checkpoint should have, as far as it can be read."""
    try:
        found = described(path)
        meta = found["meta"]
        for name in meta["digests"]:
            meta["digests"][name] = digest_of(np.load(path / f"{name}.npy"))
        meta.pop("digest", None)
        meta["digest"] = storage._digest_of_meta(meta)
    except Exception:
        return
    found.pop("fingerprints", None)
    (path / "model.json").write_text(json.dumps(found))


class CheckpointReader(FolderReader):
    """Goes on from a checkpoint whose digests mostly fit what was changed.

    From one whose digests were left alone it ends in the bytes of an unchanged one.
    """

    def __init__(self):
        super().__init__(save_checkpoint, None)
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(self.source, Path(folder) / "saved")
            self.expected = self.resumed(Path(folder))

    def write(self, rng, folder):
        super().write(rng, folder)
        self.is_resealed = rng.random() < 0.8
        if self.is_resealed:
            reseal(folder / "saved")

    def run(self, folder):
        with contextlib.suppress(FloatingPointError):
            found = self.resumed(folder)
            assert self.is_resealed or found == self.expected

    def resumed(self, folder):
        (folder / "c").mkdir()
        (folder / "saved").rename(folder / "c" / "checkpoint-000001")
        options = {"checkpoint": folder / "c", "resume": True, "progress": False}
        model = Word2Vec(SENTENCES, **options, **CHECKPOINT)
        matrices = (model.wv.vectors, model.syn1, model.syn1neg)
        return [matrix.tobytes() for matrix in matrices]


FOLDER_READERS = {
    "folder of vectors": lambda: FolderReader(save_vectors, load_vectors),
    "folder of a model": lambda: FolderReader(save_model, load_and_train),
    "checkpoint": CheckpointReader,
}
