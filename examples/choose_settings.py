"""Choosing settings by evaluation: a grid, several seeds, and what is only noise.

Every setting is trained with several seeds and measured on something that was not
trained on.  The mean says how good a setting is, the deviation over seeds how much of
a difference is chance.  The setting that looks best was picked for looking best, so a
second measure, which had no part in the choice, says how good it is.

Run
---
::

    python examples/choose_settings.py --small
    python examples/choose_settings.py --window 2 5 10 --vector-size 50 100 200
    python examples/choose_settings.py --corpus wiki.txt --pairs EN-WS-353-ALL.txt

Without ``--corpus`` the text is the Tang poems that come with the package, and the task
needs no other data: the lines of a poem come in couplets; couplets are held out, and a
good model finds the second verse of one nearer to the first than other second verses
are.  One half of them chooses, the other confirms.  With a text of your own, word pairs
with scores of people (Spearman's correlation), analogy questions (share of right
answers) or both; the first one given chooses.

What one should see
-------------------
With a part of the poems .61 to .63, with all of them .66 to .67; chance is .5.  Seeds
differ by .0004 to .003: the larger window is better, and 100 values a character are no
better than 50.  The deviation does not tell what another text or another test would
change.

Source
------
Held-out evaluation and several seeds: Reimers and Gurevych 2017, "Reporting score
distributions makes a difference"; settings that matter: Levy, Goldberg and Dagan 2015,
"Improving distributional similarity with lessons learned from word embeddings".
"""

import argparse
import itertools
import lzma
from pathlib import Path

import numpy as np

import w2vfast
from w2vfast import LineSentence, Word2Vec
from w2vfast.vectors.evaluation import word_analogies, word_pairs

POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"
N_HELD_OUT = 2000  # couplets of each measure


def read_couplets(limit=None):
    """Return the verses of the poems, as lists of characters, two by two."""
    with lzma.open(POEMS, "rt", encoding="utf-8") as file:
        verses = [line.split() for line in itertools.islice(file, limit)]
    return list(zip(verses[::2], verses[1::2], strict=True))


def share_recognised(vectors, couplets):
    """Return how often a verse is nearer to its own second verse than to another one.

    A verse is the mean of its characters' unit vectors; all pairs of a first verse and
    another couplet's second verse count, ties as half.
    """
    sides = []
    for verses in zip(*couplets, strict=True):
        means = [vectors.get_mean_vector(verse, pre_normalize=True) for verse in verses]
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        sides.append(means / np.where(lengths > 0, lengths, 1))
    cosines = sides[0] @ sides[1].T
    own = np.diag(cosines)[:, None]
    won = np.sum(own > cosines) + (np.sum(own == cosines) - len(own)) / 2
    return won / (len(own) * (len(own) - 1))


def poem_task(limit):
    """Hold couplets out; return the verses to train on, and the two measures."""
    couplets = read_couplets(limit)
    order = np.random.default_rng(0).permutation(len(couplets))
    choose, confirm, rest = np.split(order, [N_HELD_OUT, 2 * N_HELD_OUT])

    def measure(rows):
        held_out = [couplets[row] for row in rows]
        return lambda vectors: share_recognised(vectors, held_out)

    verses = [verse for row in rest for verse in couplets[row]]
    return verses, {"choose": measure(choose), "confirm": measure(confirm)}


def file_task(corpus, pairs, analogies):
    """Return a text of one's own and the measures that files give."""
    measures = {}
    if pairs:
        measures["pairs"] = lambda vectors: (
            word_pairs(vectors.index_to_key, vectors.vectors, pairs).spearman.statistic
        )
    if analogies:
        measures["analogies"] = lambda vectors: (
            word_analogies(
                vectors.index_to_key, vectors.vectors, analogies
            ).total.accuracy
        )
    return LineSentence(corpus), measures


def evaluate(sentences, measures, settings, seeds, workers):
    """Train once a seed; return the mean and the deviation of each measure.

    Returns
    -------
    ndarray of float, shape (2, number of measures)
        The deviation is that of a sample (n - 1).
    """
    found = []
    for seed in range(1, seeds + 1):
        model = Word2Vec(
            sentences, sg=1, seed=seed, workers=workers, progress=False, **settings
        )
        found.append([measure(model.wv) for measure in measures.values()])
    return np.array([np.mean(found, axis=0), np.std(found, axis=0, ddof=1)])


def print_verdict(results):
    """Say which setting is best, and from which others chance does not part it."""
    best, (mean, deviation) = results[0]
    close = [
        settings
        for settings, (other, spread) in results[1:]
        if mean[0] - other[0] <= np.hypot(deviation[0], spread[0])
    ]
    print(f"\nbest: {best}")
    if len(mean) > 1:
        print(f"  by the measure that did not choose it: {mean[1]:.4f}")
    if close:
        print("differences below the deviation mean nothing; as good as the best are")
        print("\n".join(f"  {settings}" for settings in close))
    else:
        print("no other lies within the deviation of the difference")


def main(arguments=None):
    """Train the grid, print a table and what it does not say; return the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few poems, small grid")
    parser.add_argument("--corpus", help="text, one sentence a line")
    parser.add_argument("--pairs", help="two words and a score a line, between tabs")
    parser.add_argument("--analogies", help="questions in the C program's form")
    parser.add_argument("--window", type=int, nargs="+", default=[2, 5])
    parser.add_argument("--vector-size", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--negative", type=int, nargs="+", default=[5])
    parser.add_argument("--epochs", type=int, nargs="+", default=[10])
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--workers", type=int, help="threads; default: all CPUs")
    options = parser.parse_args(arguments)
    if options.seeds < 2:
        parser.error("--seeds must be at least 2: one run has no deviation")
    if options.corpus and not (options.pairs or options.analogies):
        parser.error("--corpus wants --pairs or --analogies to be measured by")

    if options.corpus:
        sentences, measures = file_task(
            options.corpus, options.pairs, options.analogies
        )
    else:
        sentences, measures = poem_task(limit=40_000 if options.small else None)
    names = ("window", "vector_size", "negative", "epochs")
    grid = itertools.product(*(getattr(options, name) for name in names))
    results = []
    for values in grid:
        settings = dict(zip(names, values, strict=True))
        found = evaluate(sentences, measures, settings, options.seeds, options.workers)
        results.append((settings, found))
        columns = "  ".join(
            f"{name} {mean:.4f} ± {deviation:.4f}"
            for name, mean, deviation in zip(measures, *found, strict=True)
        )
        print("  ".join(f"{key} {value}" for key, value in settings.items()), columns)
    results.sort(key=lambda result: -result[1][0, 0])
    print_verdict(results)
    return results


if __name__ == "__main__":
    main()
