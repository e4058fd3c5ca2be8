"""Measure how well models predict held-out text, with and without the noise factor.

    python benchmarks/prediction.py
    python benchmarks/prediction.py --epochs 1 --size 16
    python benchmarks/prediction.py --vocab 75000 --size 100

Trains in four modes on the poems that come with the package, except every 20th verse,
which is held out.  Prints for the held-out verses the mean log-probability of a
prediction [nats]; the share of words that `predict_output_word` ranks first, and among
the first ten (CBOW only); and the words that `score` processes per second of processor
time.  For comparison, it prints the log-probability of uniform words, and of words
drawn by their counts.

The last form prints only the words that `score` processes per second of processor time,
with negative sampling, random vectors and a vocabulary of the given size.
"""

from __future__ import annotations

import argparse
import lzma
import time
import warnings

import numpy as np
from common import POEMS

from w2vfast import Word2Vec

WINDOW = 5
SCORED = 1000  # sentences of 20 words that are scored where only time counts
PROBED = 1000  # verses whose words are predicted with predict_output_word

Verses = list[list[str]]


def split_text() -> tuple[Verses, Verses]:
    """Return the verses to train on, and the held-out ones."""
    with lzma.open(POEMS, "rt", encoding="utf-8") as file:
        verses = [line.split() for line in file]
    train = [verse for number, verse in enumerate(verses) if number % 20]
    return train, verses[::20]


def predicted_words(model: Word2Vec, verses: Verses) -> np.ndarray:
    """Return the row of the predicted word, for each prediction."""
    rows = []
    for verse in verses:
        known = [model.wv.key_to_index[word] for word in verse if word in model.wv]
        for pos, row in enumerate(known):
            near = min(pos, WINDOW) + min(len(known) - 1 - pos, WINDOW)
            rows += [row] * (near if model.params.sg else min(near, 1))
    return np.array(rows)


def hits(model: Word2Vec, verses: Verses, noise: bool) -> list[float]:
    """Return the shares of words that are ranked first, and among the first ten."""
    ranks = []
    for verse in verses[:PROBED]:
        known = [word for word in verse if word in model.wv]
        for pos, word in enumerate(known if len(known) > 1 else []):
            context = (
                known[max(0, pos - WINDOW) : pos] + known[pos + 1 : pos + WINDOW + 1]
            )
            found = model.predict_output_word(context, 10, noise=noise)
            names = [name for name, _ in found or []]
            ranks.append(names.index(word) if word in names else 10)
    return [float(np.mean(np.array(ranks) < n)) for n in (1, 10)]


def report(name: str, model: Word2Vec, verses: Verses, noise: bool | None) -> None:
    """Print a row of the table."""
    start = time.process_time()
    scores = model.score(verses, noise=noise)
    seconds = time.process_time() - start
    nats = scores.sum() / len(predicted_words(model, verses))
    shares = [] if model.params.sg else hits(model, verses, bool(noise))
    shown = "".join(f"{share:8.1%}" for share in shares)
    speed = sum(map(len, verses)) / seconds
    print(f"{name:34}{nats:8.2f}{shown:16}{speed:10,.0f}")


def time_scores(vocab_size: int, size: int) -> None:
    """Print the words that `score` processes per second, with random vectors."""
    rng = np.random.default_rng(1)
    share = 1 / np.arange(3, vocab_size + 3)
    counts = {str(word): int(1e7 * part) + 1 for word, part in enumerate(share)}
    words = rng.choice(vocab_size, (SCORED, 20), p=share / share.sum()).astype(str)
    for sg in (1, 0):
        model = Word2Vec(vector_size=size, sg=sg, min_count=1, workers=1)
        model.build_vocab_from_freq(counts)
        for rows in (model.wv.vectors, model.syn1neg):
            rows[:] = rng.normal(scale=0.3, size=rows.shape)
        speeds = []
        for _ in range(5):
            start = time.process_time()
            model.score(words.tolist())
            speeds.append(words.size / (time.process_time() - start))
        name = "skip-gram" if sg else "CBOW"
        print(f"{name:12}{np.median(speeds):10,.0f} words/s")


def main() -> None:
    """Train the models and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=5, help="(5)")
    parser.add_argument("--size", type=int, default=64, help="vector size (64)")
    parser.add_argument("--vocab", type=int, metavar="V", help="time score alone")
    options = parser.parse_args()
    if options.vocab:
        time_scores(options.vocab, options.size)
        return
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
