"""How well models predict held-out text, with and without the factor of the noise.

    python benchmarks/prediction.py

Trains on the poems that come with the package but for every 20th verse, in four modes,
and prints of the held-out verses the mean log-probability of a prediction [nats], the
share of words that `predict_output_word` names first or among its first ten (CBOW), and
the words that `score` takes in a second of processor time.  Beside them is what uniform
words and words by their counts would give.
"""

from __future__ import annotations

import argparse
import lzma
import time
import warnings
from pathlib import Path

import numpy as np

import w2vfast
from w2vfast import Word2Vec

POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"
WINDOW = 5
PROBED = 1000  # verses whose words are predicted one by one

Verses = list[list[str]]


def split_text() -> tuple[Verses, Verses]:
    """Return the verses to train on, and those that are held out."""
    with lzma.open(POEMS, "rt", encoding="utf-8") as file:
        verses = [line.split() for line in file]
    train = [verse for number, verse in enumerate(verses) if number % 20]
    return train, verses[::20]


def predicted_words(model: Word2Vec, verses: Verses) -> np.ndarray:
    """Return the rows of the words that are predicted, once for each prediction."""
    rows = []
    for verse in verses:
        known = [model.wv.key_to_index[word] for word in verse if word in model.wv]
        for pos, row in enumerate(known):
            near = min(pos, WINDOW) + min(len(known) - 1 - pos, WINDOW)
            rows += [row] * (near if model.params.sg else min(near, 1))
    return np.array(rows)


def hits(model: Word2Vec, verses: Verses, noise: bool) -> list[float]:
    """Return the shares of words that are predicted first, and among the first ten."""
    places = []
    for verse in verses[:PROBED]:
        known = [word for word in verse if word in model.wv]
        for pos, word in enumerate(known if len(known) > 1 else []):
            context = (
                known[max(0, pos - WINDOW) : pos] + known[pos + 1 : pos + WINDOW + 1]
            )
            found = model.predict_output_word(context, 10, noise=noise)
            names = [name for name, _ in found or []]
            places.append(names.index(word) if word in names else 10)
    return [float(np.mean(np.array(places) < n)) for n in (1, 10)]


def report(name: str, model: Word2Vec, verses: Verses, noise: bool | None) -> None:
    """Print a line of the table."""
    start = time.process_time()
    scores = model.score(verses, noise=noise)
    seconds = time.process_time() - start
    nats = scores.sum() / len(predicted_words(model, verses))
    shares = [] if model.params.sg else hits(model, verses, bool(noise))
    shown = "".join(f"{share:8.1%}" for share in shares)
    speed = sum(map(len, verses)) / seconds
    print(f"{name:34}{nats:8.2f}{shown:16}{speed:10,.0f}")


def main() -> None:
    """Train and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--size", type=int, default=64)
    options = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    train, held = split_text()
    print(f"{'':34}{'nats':>8}{'first':>8}{'ten':>8}{'words/s':>10}")
    for sg, hs in ((1, 0), (1, 1), (0, 0), (0, 1)):
        model = Word2Vec(
            train,
            sg=sg,
            hs=hs,
            negative=0 if hs else 5,
            vector_size=options.size,
            window=WINDOW,
            epochs=options.epochs,
            workers=1,
            progress=False,
        )
        name = "skip-gram" if sg else "CBOW"
        if hs:
            report(f"{name}, hierarchical softmax", model, held, None)
            continue
        rows = predicted_words(model, held)
        shares = model.wv.counts / model.wv.counts.sum()
        print(f"{name + ', uniform words':34}{-np.log(len(shares)):8.2f}")
        print(f"{name + ', words by count':34}{np.log(shares[rows]).mean():8.2f}")
        report(f"{name}, negative sampling, plain", model, held, False)
        report(f"{name}, negative sampling, noise", model, held, True)


if __name__ == "__main__":
    main()
