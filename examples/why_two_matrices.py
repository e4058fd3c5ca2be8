r"""Why word2vec has two matrices: what happens if they are tied into one.

Skip-gram with negative sampling has an input vector v and an output vector u per word;
sigmoid(v . u) is the probability that a pair of words is from the text and not from the
noise distribution.  This example trains three models: with two matrices in w2vfast;
with two matrices in NumPy, to show that the NumPy code is equivalent; and with a single
matrix in NumPy, where the probability is sigmoid(v . v').  The NumPy models see the
same pairs and the same negative samples in the same order.

Run
---
::

    python examples/why_two_matrices.py --small
    python examples/why_two_matrices.py
    python examples/why_two_matrices.py --corpus wiki.txt --min-count 20 \
        --pairs EN-WS-353-ALL.txt EN-SIMLEX-999.txt

``--small`` trains on a part of the poems that come with the package, the full form on
all of them, or on a text of your own, one sentence per line.  The last column of the
table is Spearman's correlation with human scores of word pairs.  For the poems, it is
how often the first verse of a held-out couplet is nearer to its second verse than to
that of another couplet.

Results
-------
With one matrix, the loss on held-out text is hardly lower than that of a model that
knows nothing: 4.14 of 4.16 in the small form, where two matrices reach 2.61, and 4.11
in the full form, where two matrices reach 2.41.  There are two reasons:

- Most training examples are negative samples, so the average product should be
  negative.  With two matrices it is: outputs point away from inputs.  With one matrix,
  the sum of the products of all words with all words is the squared length of the sum
  of the vectors, which is never negative, and any two words seem to co-occur with a
  probability of one half.
- A word rarely co-occurs with itself, but v . v is a squared length, which grows with
  whatever the vector encodes.  One matrix predicts that a word is its own neighbour
  with a probability of 0.62 to 0.84; the true value is 0.14 and 0.25 for the poems and
  0.43 for Wikipedia.  Two matrices can represent it and come closer: 0.21, 0.63 and
  0.58.  This is too high after many epochs, because the neighbours of a word are
  similar to it.

The model in the fourth row has one matrix and an offset, a number that is added to all
products.  It removes the first reason and nearly all of the loss: 2.57 in the small
form, less than with two matrices, and 2.46 in the full form, more than with two.  The
second reason remains and becomes stronger: 0.58 and 0.94.

As word vectors, one matrix is not worse: 0.59 and 0.67 for couplets, with two matrices
0.56 and 0.67.  For 60,000 lines of Wikipedia (``--sample 1e-3 --epochs 4``), the mean
correlation for WS-353 and SimLex-999 is 0.36, with the offset 0.41; the two models with
two matrices have 0.38 and 0.36.  Tying the matrices costs probabilities, not
similarity.

Source
------
Two matrices: Mikolov et al. 2013, arXiv:1310.4546.  A word next to itself: Goldberg and
Levy 2014, "word2vec explained", arXiv:1402.3722, in a footnote.  Opposite directions:
Mimno and Thompson 2017, "The strange geometry of skip-gram with negative sampling".
One matrix for inputs and outputs where it helps, in language models: Press and Wolf
2017, "Using the output embedding to improve language models".
"""

import argparse
import itertools
from pathlib import Path

import numpy as np

import w2vfast
from w2vfast import KeyedVectors, LineSentence, Word2Vec

POEMS = Path(w2vfast.__file__).parent / "data" / "tang.txt.xz"
SMALL = {"lines": 24_000, "epochs": 4, "size": 40}

HELD_OUT = 20  # every 20th couplet is held out
NEGATIVE, WINDOW, ALPHA = 5, 5, 0.025
BATCH = 256  # pairs that share their negative samples
SHARED = 16  # negative samples of a batch, each with the weight NEGATIVE / SHARED
CHUNK = 200_000  # words whose pairs are shuffled together


# --- text -------------------------------------------------------------------------


def sentences(path, lines, held_out):
    """Yield the lines of the couplets that are held out, or those of all others."""
    read = itertools.islice(LineSentence(path), lines)
    for number, sentence in enumerate(read):
        if (number // 2 % HELD_OUT == 0) == held_out:
            yield sentence


def encode(text, row_of):
    """Return the rows of the known words, and the number of the sentence of each."""
    rows, numbers = [], []
    for number, sentence in enumerate(text):
        known = [row_of[word] for word in sentence if word in row_of]
        rows += known
        numbers += [number] * len(known)
    return np.array(rows, np.int32), np.array(numbers, np.int32)


def chunks(rows, numbers):
    """Split a text into chunks at sentence ends."""
    start = 0
    while start < len(rows):
        last = min(start + CHUNK, len(rows)) - 1
        stop = int(np.searchsorted(numbers, numbers[last], side="right"))
        yield rows[start:stop], numbers[start:stop]
        start = stop


def window_pairs(rows, numbers, rng):
    """Return centres and contexts of all pairs; windows are drawn from 1 to WINDOW."""
    reach = rng.integers(1, WINDOW + 1, len(rows))
    centres, contexts = [], []
    for distance in range(1, WINDOW + 1):
        left = np.flatnonzero(numbers[distance:] == numbers[:-distance])
        for centre, context in ((left, left + distance), (left + distance, left)):
            near = reach[centre] >= distance
            centres.append(rows[centre[near]])
            contexts.append(rows[context[near]])
    return np.concatenate(centres), np.concatenate(contexts)


# --- skip-gram with negative sampling in NumPy ------------------------------------


class Model:
    """Skip-gram with one or two matrices, and an offset added to all products.

    `inputs` and `outputs`, shape (V, D), are the same array if the matrices are tied.
    """

    def __init__(self, n_words, size, rng, *, tied, with_offset=False):
        self.inputs = ((rng.random((n_words, size)) - 0.5) / size).astype(np.float32)
        self.outputs = self.inputs if tied else np.zeros_like(self.inputs)
        self.with_offset = with_offset
        self.offset = np.float32(0)

    def update(self, centres, contexts, negatives, alpha):
        """Update the rows by the sum of the gradients of a batch of pairs."""
        inputs, outputs = self.inputs[contexts], self.outputs[centres]
        drawn = self.outputs[negatives]
        products = (inputs * outputs).sum(axis=1) + self.offset
        errors = alpha * (1 - sigmoid(products))
        negative_errors = sigmoid(inputs @ drawn.T + self.offset)
        negative_errors *= -alpha * np.float32(NEGATIVE / len(negatives))
        negative_errors[centres[:, None] == negatives] = 0
        add_rows(
            self.inputs, contexts, errors[:, None] * outputs + negative_errors @ drawn
        )
        add_rows(self.outputs, centres, errors[:, None] * inputs)
        add_rows(self.outputs, negatives, negative_errors.T @ inputs)
        if self.with_offset:
            self.offset += np.float32(0.1) * (errors.sum() + negative_errors.sum())


def sigmoid(x):
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def add_rows(matrix, rows, updates):
    """Add an update to each row; a row may be listed more than once."""
    offsets = rows[:, None] * matrix.shape[1] + np.arange(matrix.shape[1])
    np.add.at(matrix.reshape(-1), offsets.ravel(), updates.ravel())


class NoiseDistribution:
    """The distribution of negative samples: word shares by count ** 0.75."""

    def __init__(self, counts):
        shares = counts**0.75 / (counts**0.75).sum()
        self.shares = shares
        self._steps = np.cumsum(shares)

    def draw(self, shape, rng):
        """Return an array of rows."""
        drawn = np.searchsorted(self._steps, rng.random(shape))
        return drawn.clip(max=len(self._steps) - 1)


def keep_probabilities(counts, sample):
    """Return the probability of keeping each word when subsampling frequent words."""
    if sample == 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio)


def train(model, rows, numbers, noise, keep, epochs, rng):
    """Train a model with a linearly decreasing learning rate."""
    done, total = 0, epochs * len(rows)
    for _ in range(epochs):
        for part, part_numbers in chunks(rows, numbers):
            kept = rng.random(len(part)) < keep[part]
            centres, contexts = window_pairs(part[kept], part_numbers[kept], rng)
            order = rng.permutation(len(centres))
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                progress = (done + len(part) * start / len(order)) / total
                alpha = np.float32(ALPHA * max(1 - progress, 1e-4))
                negatives = noise.draw(SHARED, rng)
                model.update(centres[batch], contexts[batch], negatives, alpha)
            done += len(part)


# --- measures ---------------------------------------------------------------------


class Measures:
    """The columns of the table.  All models get the same pairs and negative samples."""

    def __init__(self, text, held_text, noise):
        rng = np.random.default_rng(0)
        self.centres, self.contexts = window_pairs(*held_text, rng)
        self.negatives = noise.draw((len(self.centres), NEGATIVE), rng)
        self.shares = noise.shares
        self.of_text = self._of_text(text)

    def _of_text(self, text):
        """Return the true values of the columns `itself` and `any`.

        The first is the share of text pairs among all pairs of a word with itself, both
        from the text and from negative samples.  The second is an upper bound: of all
        pairs, 1 in 1 + NEGATIVE is from the text.  It is a bound for random pairs,
        because the probability is concave in the ratio of the two frequencies.
        """
        n_words = len(self.shares)
        repeats, inputs, n_pairs = np.zeros(n_words), np.zeros(n_words), 0
        for part in chunks(*text):
            centres, contexts = window_pairs(*part, np.random.default_rng(0))
            same = centres[centres == contexts]
            repeats += np.bincount(same, minlength=n_words)
            inputs += np.bincount(contexts, minlength=n_words)
            n_pairs += len(centres)
        sampled = NEGATIVE * inputs * self.shares
        with_itself = repeats / np.maximum(repeats + sampled, 1e-9)
        return float(with_itself @ self.shares), 1 / (1 + NEGATIVE)

    def loss(self, model):
        """Return the mean loss of a pair and its negative samples [nats]."""
        inputs = model.inputs[self.contexts]
        products = (inputs * model.outputs[self.centres]).sum(axis=1) + model.offset
        total = np.logaddexp(0, -products)
        for column in self.negatives.T:
            products = (inputs * model.outputs[column]).sum(axis=1) + model.offset
            total += np.logaddexp(0, products)
        return float(total.mean())

    def with_itself(self, model):
        """Return the mean predicted probability that a word co-occurs with itself."""
        products = (model.inputs * model.outputs).sum(axis=1) + model.offset
        return float(sigmoid(products) @ self.shares)

    def with_any(self, model):
        """Return the mean predicted probability that two random words co-occur."""
        rng = np.random.default_rng(0)
        left, right = rng.choice(len(self.shares), (2, 20_000), p=self.shares)
        products = (model.inputs[left] * model.outputs[right]).sum(axis=1)
        return float(sigmoid(products + model.offset).mean())


def couplets_recognised(vectors, couplets):
    """Return how often a first verse is nearer to its second verse than to another."""
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    first, second = (
        np.array([vectors[list(rows)].mean(axis=0) for rows in verses])
        for verses in zip(*couplets, strict=True)
    )
    first, second = (
        verses / np.linalg.norm(verses, axis=1, keepdims=True)
        for verses in (first, second)
    )
    cosines = first @ second.T
    own = np.diag(cosines)[:, None]
    n_others = cosines.size - len(cosines)
    return float((own > cosines).sum() / n_others)


def quality(options, held, row_of):
    """Return a function that scores vectors, and its name."""
    if options.pairs:
        words = sorted(row_of, key=row_of.get)

        def correlation(vectors):
            table = KeyedVectors(words, vectors)
            found = [table.evaluate_word_pairs(path)[1] for path in options.pairs]
            return float(np.mean([result[0] for result in found]))

        return correlation, "word pairs"
    if options.corpus is not None:
        return lambda _: float("nan"), "-"
    rows = [[row_of[word] for word in verse if word in row_of] for verse in held]
    couplets = list(zip(rows[::2], rows[1::2], strict=False))
    couplets = [couplet for couplet in couplets if all(couplet)]
    return lambda vectors: couplets_recognised(vectors, couplets), "couplets"


# --- the comparison ---------------------------------------------------------------


def train_w2vfast(text, options):
    """Train with the same parameters as the NumPy models."""
    return Word2Vec(
        text,
        sg=1,
        vector_size=options.size,
        window=WINDOW,
        negative=NEGATIVE,
        min_count=options.min_count,
        alpha=ALPHA,
        sample=options.sample,
        epochs=options.epochs,
        seed=options.seed,
        workers=1,
        progress=False,
    )


def compare(options):
    """Train all models; return the name of the last column, and the rows."""
    path = options.corpus or POEMS
    ours = train_w2vfast(sentences(path, options.lines, False), options)
    row_of = ours.wv.key_to_index
    text = encode(sentences(path, options.lines, False), row_of)
    held = list(sentences(path, options.lines, True))
    noise = NoiseDistribution(ours.wv.counts)
    keep = keep_probabilities(ours.wv.counts, options.sample)
    measures = Measures(text, encode(held, row_of), noise)
    measured, last_column = quality(options, held, row_of)

    def row(name, model):
        return (
            name,
            measures.loss(model),
            measures.with_itself(model),
            measures.with_any(model),
            measured(model.inputs),
        )

    def trained(**kind):
        rng = np.random.default_rng(options.seed)
        model = Model(len(row_of), options.size, rng, **kind)
        train(model, *text, noise, keep, options.epochs, rng)
        return model

    both = Model(1, 1, np.random.default_rng(0), tied=False)
    both.inputs, both.outputs = ours.wv.vectors, ours.output_vectors.vectors
    return last_column, [
        row("w2vfast, two matrices", both),
        row("NumPy, two matrices", trained(tied=False)),
        row("NumPy, one matrix", trained(tied=True)),
        row("NumPy, one and an offset", trained(tied=True, with_offset=True)),
        ("the text; knowing nothing", (1 + NEGATIVE) * np.log(2), *measures.of_text),
    ]


def table(last_column, rows):
    """Format the table."""
    lines = [f"{'':27}{'loss':>8}{'itself':>8}{'any':>8}{last_column:>12}"]
    for name, loss, *others in rows:
        cells = "".join(f"{value:8.3f}" for value in others[:2])
        last = f"{others[2]:12.3f}" if len(others) > 2 else ""
        lines.append(f"{name:27}{loss:8.3f}{cells}{last}")
    return "\n".join(lines)


def main(arguments=None):
    """Run the comparison and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--small", action="store_true", help="a part of the poems; about 15 seconds"
    )
    parser.add_argument("--corpus", help="a text of your own, one sentence a line")
    parser.add_argument(
        "--pairs", nargs="+", help="files of word pairs with scores, tab-separated"
    )
    parser.add_argument(
        "--lines", type=int, help="use only the first N lines", metavar="N"
    )
    parser.add_argument("--min-count", type=int, default=20)
    parser.add_argument("--size", type=int, default=50, help="vector size (50)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument(
        "--sample", type=float, default=0, help="subsampling threshold (0: none)"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.small:
        vars(options).update(SMALL)
    print(table(*compare(options)))
    print("""
loss:   mean loss of a pair of held-out text and its negative samples [nats]
itself: predicted probability that a word co-occurs with itself
any:    predicted probability that two random words co-occur
The last row has the loss of a model that knows nothing and the true probabilities; that
of "any" is an upper bound.""")


if __name__ == "__main__":
    main()
