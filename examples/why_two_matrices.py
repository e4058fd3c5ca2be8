r"""Why word2vec has two matrices: what it costs to tie them into one.

Skip-gram with negative sampling has an input vector v and an output vector u for each
word, and sigmoid(v . u) is the probability that a pair of words came from the text and
not from the noise.  Here it is trained with both by w2vfast, again with both in NumPy
(which shows that the NumPy code does the same), and in NumPy with a single matrix,
where sigmoid(v . v') is that probability.  NumPy's models see the same pairs and the
same noise in the same order.

Run
---
::

    python examples/why_two_matrices.py --small
    python examples/why_two_matrices.py
    python examples/why_two_matrices.py --corpus wiki.txt --min-count 20 \
        --pairs EN-WS-353-ALL.txt EN-SIMLEX-999.txt

``--small`` trains on a part of the poems that come with the package, the full form on
all of them, or on a text of your own, one sentence a line.  The last column is then
Spearman's correlation with scores of people; for the poems it is how often a verse that
was held out is nearer to the next verse, the other half of its couplet, than to a verse
from elsewhere.

What one should see
-------------------
With one matrix the loss of held-out text hardly falls below that of knowing nothing
(4.14 of 4.16 in the small form, 2.61 with two; 4.11 and 2.41 in the full one), for two
reasons:

- Most examples are noise, so an average product should be negative.  With two matrices
  it is: outputs point away from inputs.  With one, the sum of the products of all words
  with all words is the squared length of the sum of the vectors, never negative, and
  any two words seem to stand together with a probability of a half.
- A word rarely stands beside itself, but v . v is a squared length, which grows with
  whatever the vector has to say.  One matrix takes words for their own neighbours with
  a probability of .62 to .84, where the poems say .14 and .25, a Wikipedia .43.  Two
  matrices may say so, and come nearer: .21, .63 and .58, too high where a text is read
  often, since a word's neighbours are like the word.

The fourth row gives the one matrix a number that is added to all products.  The first
reason is gone then, and with it nearly all of the loss: 2.57, less than with two, after
few passes over little text; 2.46, more than with two, after more of them.  The second
reason stays, and grows: .58 and .94.

As word vectors one matrix is no worse: couplets .59 and .67, with two .56 and .67; with
60,000 lines of Wikipedia (``--sample 1e-3 --epochs 4``) WS-353 and SimLex-999 on the
average .36, with the number .41, with two .38 and .36.  What tying costs is
probabilities, not likeness.

Source
------
Two matrices: Mikolov et al. 2013, arXiv:1310.4546.  A word beside itself: Goldberg and
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

HELD_OUT = 20  # every so many couplets of the text
NEGATIVE, WINDOW, ALPHA = 5, 5, 0.025
BATCH = 256  # pairs, which share
NOISE = 16  # noise words (few, for small products), each counted NEGATIVE / NOISE times
CHUNK = 200_000  # words whose pairs are made and shuffled together


# --- text -------------------------------------------------------------------------


def sentences(path, lines, held_out):
    """Yield the couplets (two lines each) that are held out, or all the others."""
    read = itertools.islice(LineSentence(path), lines)
    for number, sentence in enumerate(read):
        if (number // 2 % HELD_OUT == 0) == held_out:
            yield sentence


def encode(text, row_of):
    """Return the rows of the known words and the sentence of each."""
    rows, numbers = [], []
    for number, sentence in enumerate(text):
        known = [row_of[word] for word in sentence if word in row_of]
        rows += known
        numbers += [number] * len(known)
    return np.array(rows, np.int32), np.array(numbers, np.int32)


def chunks(rows, numbers):
    """Cut a text at sentence ends."""
    start = 0
    while start < len(rows):
        last = min(start + CHUNK, len(rows)) - 1
        stop = int(np.searchsorted(numbers, numbers[last], side="right"))
        yield rows[start:stop], numbers[start:stop]
        start = stop


def window_pairs(rows, numbers, rng):
    """Return centre and context of all pairs, windows of 1 to WINDOW words."""
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
    """One matrix or two, and an offset that is added to all products.

    `inputs` and `outputs`, shape (V, D), are the same matrix if it is tied.
    """

    def __init__(self, n_words, size, rng, *, tied, with_offset=False):
        self.inputs = ((rng.random((n_words, size)) - 0.5) / size).astype(np.float32)
        self.outputs = self.inputs if tied else np.zeros_like(self.inputs)
        self.with_offset = with_offset
        self.offset = np.float32(0)

    def update(self, centres, contexts, noise, alpha):
        """Take a step on a batch of pairs: sums of gradients from the old rows."""
        inputs, outputs = self.inputs[contexts], self.outputs[centres]
        drawn = self.outputs[noise]
        products = (inputs * outputs).sum(axis=1) + self.offset
        errors = alpha * (1 - sigmoid(products))
        noise_errors = sigmoid(inputs @ drawn.T + self.offset)
        noise_errors *= -alpha * np.float32(NEGATIVE / len(noise))
        noise_errors[centres[:, None] == noise] = 0
        add_rows(
            self.inputs, contexts, errors[:, None] * outputs + noise_errors @ drawn
        )
        add_rows(self.outputs, centres, errors[:, None] * inputs)
        add_rows(self.outputs, noise, noise_errors.T @ inputs)
        if self.with_offset:
            self.offset += np.float32(0.1) * (errors.sum() + noise_errors.sum())


def sigmoid(x):
    """Return 1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def add_rows(matrix, rows, gains):
    """Add gains to rows, which may be listed more than once."""
    places = rows[:, None] * matrix.shape[1] + np.arange(matrix.shape[1])
    np.add.at(matrix.reshape(-1), places.ravel(), gains.ravel())


class Noise:
    """Draws words by count ** 0.75."""

    def __init__(self, counts):
        shares = counts**0.75 / (counts**0.75).sum()
        self.shares = shares
        self._steps = np.cumsum(shares)

    def draw(self, shape, rng):
        """Return rows of words."""
        drawn = np.searchsorted(self._steps, rng.random(shape))
        return drawn.clip(max=len(self._steps) - 1)


def kept_shares(counts, sample):
    """Return how often each word is kept where frequent words are thinned out."""
    if sample == 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio)


def train(model, rows, numbers, noise, kept, epochs, rng):
    """Train a model; the learning rate falls linearly."""
    done, total = 0, epochs * len(rows)
    for _ in range(epochs):
        for part, part_numbers in chunks(rows, numbers):
            stays = rng.random(len(part)) < kept[part]
            centres, contexts = window_pairs(part[stays], part_numbers[stays], rng)
            order = rng.permutation(len(centres))
            for start in range(0, len(order), BATCH):
                batch = order[start : start + BATCH]
                place = done + len(part) * start / len(order)
                alpha = np.float32(ALPHA * max(1 - place / total, 1e-4))
                drawn = noise.draw(NOISE, rng)
                model.update(centres[batch], contexts[batch], drawn, alpha)
            done += len(part)


# --- what is measured -------------------------------------------------------------


class Measures:
    """The columns of the table, on pairs and noise that are the same for all models."""

    def __init__(self, text, held_text, noise):
        rng = np.random.default_rng(0)
        self.centres, self.contexts = window_pairs(*held_text, rng)
        self.noise = noise.draw((len(self.centres), NEGATIVE), rng)
        self.shares = noise.shares
        self.of_text = self._of_text(text)

    def _of_text(self, text):
        """Return what the second and third column should be.

        A word beside itself comes from the text so often, from the noise so often; of
        all pairs 1 in 1 + NEGATIVE is from the text, which for pairs drawn as noise is
        a bound (the probability is concave in how much more often text has them).
        """
        n_words = len(self.shares)
        repeats, inputs, n_pairs = np.zeros(n_words), np.zeros(n_words), 0
        for part in chunks(*text):
            centres, contexts = window_pairs(*part, np.random.default_rng(0))
            same = centres[centres == contexts]
            repeats += np.bincount(same, minlength=n_words)
            inputs += np.bincount(contexts, minlength=n_words)
            n_pairs += len(centres)
        noise = NEGATIVE * inputs * self.shares
        beside_itself = repeats / np.maximum(repeats + noise, 1e-9)
        return float(beside_itself @ self.shares), 1 / (1 + NEGATIVE)

    def loss(self, model):
        """Return the mean loss of a pair [nats]."""
        inputs = model.inputs[self.contexts]
        products = (inputs * model.outputs[self.centres]).sum(axis=1) + model.offset
        total = np.logaddexp(0, -products)
        for column in self.noise.T:
            products = (inputs * model.outputs[column]).sum(axis=1) + model.offset
            total += np.logaddexp(0, products)
        return float(total.mean())

    def beside_itself(self, model):
        """Return the probability that a word has beside itself, by noise shares."""
        products = (model.inputs * model.outputs).sum(axis=1) + model.offset
        return float(sigmoid(products) @ self.shares)

    def beside_any(self, model):
        """Return the probability that two words drawn as noise stand together."""
        rng = np.random.default_rng(0)
        left, right = rng.choice(len(self.shares), (2, 20_000), p=self.shares)
        products = (model.inputs[left] * model.outputs[right]).sum(axis=1)
        return float(sigmoid(products + model.offset).mean())


def couplets_recognised(vectors, couplets):
    """Return how often a verse is nearer to the next one than to one from elsewhere."""
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
    """Return a function of vectors, and its name."""
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


def compare(options):
    """Train all models; return the last column's name and the rows of the table."""
    path = options.corpus or POEMS
    settings = {
        "sg": 1,
        "vector_size": options.size,
        "window": WINDOW,
        "negative": NEGATIVE,
        "min_count": options.min_count,
        "alpha": ALPHA,
        "sample": options.sample,
        "epochs": options.epochs,
        "seed": options.seed,
        "workers": 1,
    }
    ours = Word2Vec(sentences(path, options.lines, False), progress=False, **settings)
    row_of = ours.wv.key_to_index
    text = encode(sentences(path, options.lines, False), row_of)
    held = list(sentences(path, options.lines, True))
    noise = Noise(ours.wv.counts)
    kept = kept_shares(ours.wv.counts, options.sample)
    measures = Measures(text, encode(held, row_of), noise)
    measured, last_column = quality(options, held, row_of)

    def row(name, model):
        return (
            name,
            measures.loss(model),
            measures.beside_itself(model),
            measures.beside_any(model),
            measured(model.inputs),
        )

    def trained(**kind):
        rng = np.random.default_rng(options.seed)
        model = Model(len(row_of), options.size, rng, **kind)
        train(model, *text, noise, kept, options.epochs, rng)
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
    """Return the table as text."""
    lines = [f"{'':27}{'loss':>8}{'itself':>8}{'any':>8}{last_column:>12}"]
    for name, loss, *others in rows:
        cells = "".join(f"{value:8.3f}" for value in others[:2])
        last = f"{others[2]:12.3f}" if len(others) > 2 else ""
        lines.append(f"{name:27}{loss:8.3f}{cells}{last}")
    return "\n".join(lines)


def main(arguments=None):
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", action="store_true", help="some 15 seconds")
    parser.add_argument("--corpus", help="a text of your own, one sentence a line")
    parser.add_argument("--pairs", nargs="+", help="word pairs with scores, by tabs")
    parser.add_argument("--lines", type=int, help="of the text, from its start (all)")
    parser.add_argument("--min-count", type=int, default=20)
    parser.add_argument("--size", type=int, default=50, help="of a vector (50)")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--sample", type=float, default=0, help="thin out (0: not)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.small:
        vars(options).update(SMALL)
    print(table(*compare(options)))
    print("""
loss: of a pair of held-out text and its noise words [nats].
itself: probability that a word stands beside itself; any: beside any other word.
        The last row has what the text says, of any: at most.""")


if __name__ == "__main__":
    main()
