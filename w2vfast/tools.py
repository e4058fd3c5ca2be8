"""The tools of the command line that work on vectors: one function for each.

A tool takes the arguments that stand after its name, prints to standard output, and
raises what the parts below it raise; `cli.main` makes a sentence and a number of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from w2vfast.classes import kmeans_classes, write_classes
from w2vfast.keyedvectors import KeyedVectors


def _parser(tool: str, meaning: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"w2vfast {tool}", description=meaning)


def _load(path: str) -> KeyedVectors:
    """Load vectors; a name that ends in .bin, compressed or not, is binary."""
    name = Path(path).name
    for suffix in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(suffix)
    return KeyedVectors.load_word2vec_format(
        path, binary=name.endswith(".bin"), unicode_errors="surrogateescape"
    )


def classes(arguments: list[str]) -> None:
    """Write a class for each word of a file of vectors."""
    parser = _parser("classes", "Put words into classes by the C program's k-means.")
    parser.add_argument("file", help="vectors; .bin is binary, anything else text")
    parser.add_argument("n_classes", type=int, metavar="N", help="number of classes")
    parser.add_argument("-o", "--output", default="/dev/stdout", help="where to write")
    options = parser.parse_args(arguments)
    vectors = _load(options.file)
    numbers = kmeans_classes(vectors.vectors, options.n_classes)
    write_classes(options.output, vectors.index_to_key, numbers)
