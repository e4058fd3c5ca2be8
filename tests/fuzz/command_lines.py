"""Commands with changed flags and values, on small files."""

import os

import numpy as np
from file_readers import QUESTIONS, TEXT

from w2vfast import KeyedVectors
from w2vfast.cli.main import main

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
