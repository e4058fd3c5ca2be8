"""Vectors and models that gensim saved: Python's own unpickler must not be asked."""

import shutil
import sys
from pathlib import Path

import numpy as np
from file_readers import FileReader
from mutations import mutated

from w2vfast import Word2Vec
from w2vfast.formats.dispatch import read_vectors

SAVED = Path(__file__).parents[1] / "data" / "golden" / "gensim"
SEPARATE = "separate-4.4.0.vectors.npy"
# Opcodes of pickles and calls made of them, which are spliced into saved vectors.
CALLS = b"".join(
    (
        b"cos\nsystem\n\x8c\x06touch x\x85R",
        b"cnumpy\nfromfile\n\x8c\x01x\x85R",
        b"\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R}b",
        bytes(range(256)),
    )
)


class GensimReader(FileReader):
    """Reads what gensim saved, and fails if a pickle is executed."""

    def __init__(self):
        names = ("model", "vectors", "protocol2", "protocol5", "separate")
        seeds = [(SAVED / f"{name}-4.4.0").read_bytes() for name in names]
        super().__init__("v", seeds, None)
        sys.addaudithook(self.refuse_calls)

    def write(self, rng, folder):
        other = CALLS if rng.random() < 0.5 else rng.choice(self.seeds)
        content = mutated(rng, rng.choice(self.seeds), other)
        (folder / self.name).write_bytes(content)
        shutil.copy(SAVED / SEPARATE, folder / f"{self.name}.vectors.npy")

    def check(self, path):
        held = read_vectors(path, "gensim")
        assert held.vectors.shape[:1] == (len(held.words),)
        assert np.isfinite(held.vectors).all()
        model = Word2Vec.load(path, kind="gensim")
        n_words = sum(word != "</s>" for word in held.words)
        assert model.wv.vectors.shape == (n_words, model.vector_size)

    @staticmethod
    def refuse_calls(event, _):
        if event in ("pickle.find_class", "os.system", "subprocess.Popen"):
            message = f"the pickle was executed: {event}"
            raise RuntimeError(message)
