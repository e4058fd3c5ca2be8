"""Choose settings by evaluation: a grid of settings, several seeds, held-out data.

Each setting is trained with several seeds and measured on data that it was not trained
on.  The mean says how good a setting is; the standard deviation over the seeds says how
large a difference may be by chance.  The best setting was selected for its score, which
is therefore too optimistic; a second measure, which was not used for the selection,
says how good it is.

Run
---
::

    python examples/choose_settings.py --small
    python examples/choose_settings.py --window 2 5 10 --vector-size 50 100 200
    python examples/choose_settings.py --corpus wiki.txt --pairs EN-WS-353-ALL.txt

Without ``--corpus`` the text is the collection of Tang poems that comes with the
package, and no other data is needed.  The lines of these poems form couplets.  Some
couplets are held out; the measure is how often the first verse of a couplet is nearer
to its own second verse than to that of another couplet.  One half of the held-out
couplets selects, the other half confirms.  For a text of your own, give word pairs with
human scores (the measure is Spearman's correlation), analogy questions (the share of
correct answers), or both; the first one given selects.

Results
-------
0.61 to 0.63 with a part of the poems, 0.66 to 0.67 with all of them; 0.5 is expected by
chance.  Seeds differ by 0.0004 to 0.003, so the larger window is better, and vectors of
size 100 are no better than vectors of size 50.  The standard deviation does not include
the variation due to another text or another test.

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
N_HELD_OUT = 2000  # couplets per measure


def read_couplets(limit=None):
    """Return the couplets: pairs of verses, each a list of characters."""
    with lzma.open(POEMS, "rt", encoding="utf-8") as file:
        verses = [line.split() for line in itertools.islice(file, limit)]
    return list(zip(verses[::2], verses[1::2], strict=True))


def share_recognised(vectors, couplets):
    """Return how often a first verse is nearer to its own second verse than to another.

    The vector of a verse is the mean of its characters' unit vectors.  All pairs of a
    first verse and the second verse of another couplet are counted; ties count half.
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
    """Hold out couplets; return the verses to train on, and two measures."""
    couplets = read_couplets(limit)
    order = np.random.default_rng(0).permutation(len(couplets))
    choose, confirm, rest = np.split(order, [N_HELD_OUT, 2 * N_HELD_OUT])

    def measure(rows):
        held_out = [couplets[row] for row in rows]
        return lambda vectors: share_recognised(vectors, held_out)

    verses = [verse for row in rest for verse in couplets[row]]
    return verses, {"choose": measure(choose), "confirm": measure(confirm)}


def file_task(corpus, pairs, analogies):
    """Return the sentences of a file, and measures from other files."""
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
    """Train with each seed; return mean and standard deviation of each measure.

    Returns
    -------
    ndarray of float, shape (2, number of measures)
        Mean, and sample standard deviation (n - 1).
    """
    found = []
    for seed in range(1, seeds + 1):
        model = Word2Vec(
            sentences, sg=1, seed=seed, workers=workers, progress=False, **settings
        )
        found.append([measure(model.wv) for measure in measures.values()])
    return np.array([np.mean(found, axis=0), np.std(found, axis=0, ddof=1)])


def print_verdict(results):
    """Print the best setting, and those that may be as good."""
    best, (mean, deviation) = results[0]
    close = [
        settings
        for settings, (other, spread) in results[1:]
        if mean[0] - other[0] <= np.hypot(deviation[0], spread[0])
    ]
    print(f"\nbest: {best}")
    if len(mean) > 1:
        print(f"  by the measure that was not used to select it: {mean[1]:.4f}")
    if close:
        print("less than one standard deviation of the difference below it:")
        print("\n".join(f"  {settings}" for settings in close))
    else:
        print(
            "all others are one standard deviation of the difference below it, or more"
        )


def parse_arguments(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="use a part of the poems")
    parser.add_argument("--corpus", help="text, one sentence per line")
    parser.add_argument(
        "--pairs", help="lines of two words and a score, separated by tabs"
    )
    parser.add_argument("--analogies", help="questions in the format of the C program")
    parser.add_argument("--window", type=int, nargs="+", default=[2, 5])
    parser.add_argument("--vector-size", type=int, nargs="+", default=[50, 100])
    parser.add_argument("--negative", type=int, nargs="+", default=[5])
    parser.add_argument("--epochs", type=int, nargs="+", default=[10])
    parser.add_argument("--seeds", type=int, default=3, help="at least 2")
    parser.add_argument("--workers", type=int, help="threads; default: all CPUs")
    options = parser.parse_args(arguments)
    if options.seeds < 2:
        parser.error("--seeds must be at least 2 for a standard deviation")
    if options.corpus and not (options.pairs or options.analogies):
        parser.error("--corpus needs --pairs or --analogies for the measure")
    return options


def main(arguments=None):
    """Train all settings, print a table and the best setting; return the results."""
    options = parse_arguments(arguments)
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
