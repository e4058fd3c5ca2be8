"""One training on several ranks: its loss, to compare with that of one.

    for n in 1 2 4 8; do mpiexec -n $n python benchmarks/ranks.py --corpus TEXT; done

Each rank has one worker.  Prints the loss of each epoch, for each mode.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from programs import MODES

from w2vfast import Word2Vec


def first_words(corpus: Path, n_words: int | None, folder: Path) -> Path:
    """Return a file with the first words of a text, in whole lines."""
    if n_words is None:
        return corpus
    path = folder / "first.txt"
    n_read = 0
    with corpus.open("rb") as lines, path.open("wb") as output:
        for line in lines:
            n_read += len(line.split())
            output.write(line)
            if n_read >= n_words:
                break
    return path


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--corpus", type=Path, required=True, help="text file")
    add("--words", type=int, help="use only the first N words", metavar="N")
    add("--modes", default=",".join(MODES))
    add("--size", type=int, default=100)
    add("--epochs", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Train in every mode, and print."""
    arguments = parse_arguments()
    from mpi4py import MPI  # starts MPI, which --help does not need

    comm = MPI.COMM_WORLD
    with tempfile.TemporaryDirectory() as folder:
        text = first_words(arguments.corpus, arguments.words, Path(folder))
        for mode in arguments.modes.split(","):
            options: dict[str, Any] = dict(MODES[mode])
            if options["hs"]:
                options["negative"] = 0
            model = Word2Vec(
                corpus_file=str(text),
                vector_size=arguments.size,
                epochs=arguments.epochs,
                workers=1,
                compute_loss=True,
                progress=False,
                comm=comm,
                **options,
            )
            if comm.rank == 0:
                losses = " ".join(f"{epoch.loss:.4f}" for epoch in model.history)
                print(f"{mode}, {comm.size} ranks: loss {losses}", flush=True)
        comm.Barrier()  # the text is read until now


if __name__ == "__main__":
    main()
